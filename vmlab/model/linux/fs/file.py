"""Descriptors: tables of open files."""

from __future__ import annotations

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import CLOSE_RANGE_CLOEXEC, CLOSE_RANGE_UNSHARE, O_CLOEXEC
from vmlab.model.abi.resource import Rlimit
from vmlab.model.linux.fs.file_table import fput
from vmlab.model.linux.fs.locks import locks_remove_posix
from vmlab.model.linux.include.fs import SYSCTL_NR_OPEN
from vmlab.model.linux.include.structs import File, FilesStruct, TaskStruct
from vmlab.model.linux.ipc.mqueue_file import mqueue_flush_file
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit


def fget(task: TaskStruct, fd: int) -> File:
    """Return the open file of a descriptor.

    Raises:
        LinuxError: EBADF.

    Source: fs/file.c: fget() [v5.4].
    """
    file = task.files.fd.get(fd) if task.files is not None else None
    if file is None:
        raise LinuxError(errno.EBADF, "fd_not_open", fd=fd)
    return file


def get_unused_fd_flags(task: TaskStruct, lowest: int = 0) -> int:
    """Return the lowest free descriptor that is not below `lowest`.

    Raises:
        LinuxError: EMFILE at RLIMIT_NOFILE.

    Source: fs/file.c: get_unused_fd_flags() [v5.4].
    """
    assert task.files is not None
    fd = lowest
    while fd in task.files.fd:
        fd += 1
    if fd >= min(task.rlim[Rlimit.RLIMIT_NOFILE].rlim_cur, SYSCTL_NR_OPEN):
        raise LinuxError(errno.EMFILE, "nofile_limit")
    return fd


def fd_install(task: TaskStruct, file: File, cloexec: bool) -> int:
    """Give a file the lowest free descriptor.

    Raises:
        LinuxError: EMFILE at RLIMIT_NOFILE; the file is given up.

    Emits: fd_install.
    Source: fs/file.c: fd_install() [v5.4].
    """
    files = task.files
    assert files is not None
    try:
        fd = get_unused_fd_flags(task)
    except LinuxError:
        fput(task.system, file)
        raise
    files.fd[fd] = file
    emit(task, file_events.FdInstall, task.pid, fd, file.number, because("fd_lowest_free"))
    if cloexec:
        files.cloexec.add(fd)
    return fd


def close_fd(task: TaskStruct, fd: int) -> None:
    """Close a descriptor.

    Raises:
        LinuxError: EBADF.

    Emits: fd_close, and what fput emits.
    Source: fs/file.c: __close_fd() [v5.4].
    """
    file = fget(task, fd)
    assert task.files is not None
    del task.files.fd[fd]
    task.files.cloexec.discard(fd)
    emit(task, file_events.FdClose, task.pid, fd, file.number, because("fd_closed"))
    locks_remove_posix(file, task.files)
    mqueue_flush_file(file.f_inode, task.tgid)
    fput(task.system, file)


def do_dup(task: TaskStruct, fd: int) -> int:
    """Let the lowest free descriptor mean the open file of `fd` too; return it.

    Raises:
        LinuxError: EBADF, EMFILE.

    Emits: fd_install.
    Source: fs/file.c: SYSCALL_DEFINE1(dup) [v6.18].
    """
    file = fget(task, fd)
    file.f_count += 1
    return fd_install(task, file, False)


def do_dup3(task: TaskStruct, old: int, new: int, flags: int) -> int:
    """Let descriptor `new` mean the open file of `old`; both must differ.

    Args:
        task: the caller.
        old: descriptor.
        new: descriptor; what it meant is given up.
        flags: O_CLOEXEC.

    Raises:
        LinuxError: EINVAL for other flags, and if both are the same; EBADF.

    Emits: fd_close, fd_install.
    Source: fs/file.c: ksys_dup3() [v6.18].
    """
    if flags & ~O_CLOEXEC:
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if old == new:
        raise LinuxError(errno.EINVAL, "fds_same", fd=old)
    do_dup2(task, old, new)
    if flags:
        assert task.files is not None
        task.files.cloexec.add(new)
    return new


def do_close_range(task: TaskStruct, fd: int, max_fd: int, flags: int) -> None:
    """Close the descriptors of a range, or let execve close them.

    Args:
        task: the caller.
        fd: the first.
        max_fd: the last.
        flags: CLOSE_RANGE_CLOEXEC leaves it to execve; CLOSE_RANGE_UNSHARE gives the caller a
            table of its own first.

    Raises:
        LinuxError: EINVAL for other flags, and for a range that ends before it begins.

    Emits: fd_close, fd_cloexec, and what fput emits.
    Source: fs/file.c: SYSCALL_DEFINE3(close_range) [v6.18].
    """
    if flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC):
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if fd > max_fd:
        raise LinuxError(errno.EINVAL, "range_backwards")
    if flags & CLOSE_RANGE_UNSHARE:
        unshare_files(task)
    assert task.files is not None
    for each in sorted(task.files.fd):
        if fd <= each <= max_fd:
            if flags & CLOSE_RANGE_CLOEXEC:
                set_close_on_exec(task, each, True)
            else:
                close_fd(task, each)


def do_dup2(task: TaskStruct, old: int, new: int) -> int:
    """Let descriptor `new` mean the open file of `old`.

    Raises:
        LinuxError: EBADF.

    Emits: fd_close, fd_install.
    Source: fs/file.c: ksys_dup3() [v5.4].
    """
    file = fget(task, old)
    assert task.files is not None
    if new == old:
        return new
    if not 0 <= new < min(task.rlim[Rlimit.RLIMIT_NOFILE].rlim_cur, SYSCTL_NR_OPEN):
        raise LinuxError(errno.EBADF, "fd_out_of_range", fd=new)
    if new in task.files.fd:
        close_fd(task, new)
    file.f_count += 1
    task.files.fd[new] = file
    emit(task, file_events.FdInstall, task.pid, new, file.number, because("fd_duplicate", fd=old))
    return new


def f_dupfd(task: TaskStruct, fd: int, lowest: int, cloexec: bool) -> int:
    """Let one more descriptor mean the open file of `fd`; return it.

    Args:
        task: the caller.
        fd: descriptor.
        lowest: the new one is the lowest free one from here on.
        cloexec: execve closes it.

    Raises:
        LinuxError: EBADF; EINVAL if `lowest` is beyond RLIMIT_NOFILE, EMFILE if no descriptor is
            left below that.

    Emits: fd_install.
    Source: fs/file.c: f_dupfd() [v6.18].
    """
    file = fget(task, fd)
    assert task.files is not None
    if lowest >= task.rlim[Rlimit.RLIMIT_NOFILE].rlim_cur:
        raise LinuxError(errno.EINVAL, "fd_out_of_range", fd=lowest)
    new = get_unused_fd_flags(task, lowest)
    file.f_count += 1
    task.files.fd[new] = file
    emit(task, file_events.FdInstall, task.pid, new, file.number, because("fd_duplicate", fd=fd))
    if cloexec:
        task.files.cloexec.add(new)
    return new


def get_close_on_exec(task: TaskStruct, fd: int) -> bool:
    """Say whether execve closes a descriptor.

    Source: fs/file.c: get_close_on_exec() [v5.4].
    """
    return task.files is not None and fd in task.files.cloexec


def set_close_on_exec(task: TaskStruct, fd: int, cloexec: bool) -> None:
    """Let execve close a descriptor, or leave it open.

    Emits: fd_cloexec.
    Source: fs/file.c: set_close_on_exec() [v5.4].
    """
    assert task.files is not None
    if cloexec == get_close_on_exec(task, fd):
        return
    if cloexec:
        task.files.cloexec.add(fd)
    else:
        task.files.cloexec.discard(fd)
    emit(task, file_events.FdCloexec, task.pid, fd, cloexec)


def unshare_files(task: TaskStruct) -> None:
    """Give a task a descriptor table of its own.

    Source: kernel/fork.c: unshare_files() [v5.4].
    """
    files = task.files
    if files is None or files.count == 1:
        return
    system = task.system
    own = FilesStruct(system.next_files)
    system.next_files += 1
    own.fd, own.cloexec = dict(files.fd), set(files.cloexec)
    for file in own.fd.values():
        file.f_count += 1
    files.count -= 1
    task.files = own


def do_close_on_exec(task: TaskStruct) -> None:
    """Close the descriptors that are marked so.

    Emits: fd_close.
    Source: fs/file.c: do_close_on_exec() [v5.4].
    """
    files = task.files
    if files is not None:
        for fd in sorted(files.cloexec):
            file = files.fd.pop(fd)
            emit(task, file_events.FdClose, task.pid, fd, file.number, because("fd_cloexec"))
            locks_remove_posix(file, files)
            mqueue_flush_file(file.f_inode, task.tgid)
            fput(task.system, file)
        files.cloexec.clear()
