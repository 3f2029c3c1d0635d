"""Files as a process sees them: descriptors, read and write, pipes, truncation."""

from __future__ import annotations

from vmlab import errno
from vmlab.errors import LinuxError
from vmlab.model.events import file as events
from vmlab.model.kernel.file_table import fput
from vmlab.model.kernel.filemap import do_truncate, read_pages, write_pages
from vmlab.model.kernel.fs import (
    DEV_PIPEFS,
    DEV_ROOT,
    FMODE_PATH,
    FMODE_READ,
    FMODE_WRITE,
    S_IFCHR,
    S_IFDIR,
    S_IFIFO,
    S_IFREG,
    File,
    is_dev_zero,
)
from vmlab.model.kernel.mman import VM_NORESERVE, Open, Rlimit
from vmlab.model.kernel.namei import getname, path_walk
from vmlab.model.kernel.page_alloc import OutOfMemory
from vmlab.model.kernel.sched import TaskStruct
from vmlab.model.kernel.shmem import alloc_file, alloc_inode, shmem_file_setup
from vmlab.model.kernel.uaccess import (
    access_ok,
    copy_from_user_inatomic,
    copy_to_user,
    fault_in_readable,
)
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace import emit, traced

_MAX_RW_COUNT = 0x7FFFF000
_PIPE_SIZE = 65536  # bytes


def fget(task: TaskStruct, fd: int) -> File:
    """Return the open file of a descriptor.

    Raises:
        LinuxError: EBADF.

    Source: fs/file.c: fget() [v5.4].
    """
    file = task.files.fd.get(fd) if task.files is not None else None
    if file is None:
        raise LinuxError(errno.EBADF, f"descriptor {fd} is not open")
    return file


def fd_install(task: TaskStruct, file: File, cloexec: bool) -> int:
    """Give a file the lowest free descriptor.

    Raises:
        LinuxError: EMFILE at RLIMIT_NOFILE.

    Emits: fd_install.
    Source: fs/file.c: get_unused_fd_flags(), fd_install() [v5.4].
    """
    files = task.files
    assert files is not None
    fd = 0
    while fd in files.fd:
        fd += 1
    if fd >= task.rlim[Rlimit.RLIMIT_NOFILE]:
        fput(task.system, file)
        raise LinuxError(errno.EMFILE, "RLIMIT_NOFILE is reached")
    files.fd[fd] = file
    emit(task, events.FdInstall, task.pid, fd, file.number, "it is the lowest free one")
    if cloexec:
        files.cloexec.add(fd)
    return fd


@traced
def do_sys_open(task: TaskStruct, path: str, flags: int) -> int:
    """Open a file by its path; return the descriptor.

    Raises:
        LinuxError: ENOENT, EEXIST, EISDIR, ENOTDIR, ENAMETOOLONG, EMFILE.

    Source: fs/open.c: do_sys_open() [v5.4].
    """
    system = task.system
    path, inode = path_walk(system, getname(path))
    if inode is None:
        if not flags & Open.O_CREAT:
            raise LinuxError(errno.ENOENT, f"there is no {path!r}")
        inode = alloc_inode(system, S_IFREG, path, DEV_ROOT)
        system.namei[path] = inode
    elif flags & Open.O_CREAT and flags & Open.O_EXCL:
        raise LinuxError(errno.EEXIST, f"{path!r} exists")
    mode = {0: FMODE_READ, 1: FMODE_WRITE}.get(flags & 3, FMODE_READ | FMODE_WRITE)
    if flags & Open.O_PATH:
        mode = FMODE_PATH
    elif inode.i_kind == S_IFDIR and mode & FMODE_WRITE:
        raise LinuxError(errno.EISDIR, f"{path!r} is a directory")
    elif flags & Open.O_DIRECTORY and inode.i_kind != S_IFDIR:
        raise LinuxError(errno.ENOTDIR, f"{path!r} is no directory")
    if flags & Open.O_TRUNC and inode.i_kind == S_IFREG and mode & FMODE_WRITE:
        do_truncate(system, inode.i_mapping, 0)
    file = alloc_file(system, inode, mode, path)
    return fd_install(task, file, bool(flags & Open.O_CLOEXEC))


def do_memfd_create(task: TaskStruct, name: str, cloexec: bool) -> int:
    """Make a nameless file in memory; return the descriptor.

    Raises:
        LinuxError: EMFILE.

    Source: mm/memfd.c: SYSCALL_DEFINE2(memfd_create) [v5.4].
    """
    file = shmem_file_setup(task.system, f"/memfd:{name}", 0, VM_NORESERVE)
    return fd_install(task, file, cloexec)


def do_pipe(task: TaskStruct) -> tuple[int, int]:
    """Make a pipe; return (descriptor to read from, descriptor to write to).

    Raises:
        LinuxError: EMFILE.

    Source: fs/pipe.c: do_pipe2() [v5.4].
    """
    system = task.system
    inode = alloc_inode(system, S_IFIFO, f"pipe:[{system.next_ino}]", DEV_PIPEFS)
    inode.i_nlink = 0
    inode.noexec = True
    reader = alloc_file(system, inode, FMODE_READ, inode.name)
    writer = alloc_file(system, inode, FMODE_WRITE, inode.name)
    return fd_install(task, reader, False), fd_install(task, writer, False)


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
    emit(task, events.FdClose, task.pid, fd, file.number, "it was closed")
    fput(task.system, file)


def do_dup2(task: TaskStruct, old: int, new: int) -> int:
    """Let descriptor `new` mean the open file of `old`.

    Raises:
        LinuxError: EBADF.

    Emits: fd_close, fd_install.
    Source: fs/file.c: ksys_dup3() [v5.4].
    """
    file = fget(task, old)
    assert task.files is not None
    if not 0 <= new < task.rlim[Rlimit.RLIMIT_NOFILE]:
        raise LinuxError(errno.EBADF, f"descriptor {new} is out of range")
    if new != old:
        if new in task.files.fd:
            close_fd(task, new)
        file.f_count += 1
        task.files.fd[new] = file
        emit(task, events.FdInstall, task.pid, new, file.number, f"descriptor {old} means the same")
    return new


@traced
def do_sys_ftruncate(task: TaskStruct, fd: int, length: int) -> None:
    """Give an open file another length.

    Raises:
        LinuxError: EINVAL for a negative length, EBADF, EINVAL for what is no regular file open
            for writing.

    Emits: pte_clear, tlb_flush, pagecache_remove.
    Source: fs/open.c: do_sys_ftruncate() [v5.4].
    """
    if length < 0 or length >= 1 << 63:
        raise LinuxError(errno.EINVAL, "a negative length")
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, f"descriptor {fd} is O_PATH")
    if file.f_inode.i_kind != S_IFREG or not file.f_mode & FMODE_WRITE:
        raise LinuxError(errno.EINVAL, f"descriptor {fd} is no file open for writing")
    do_truncate(task.system, file.f_inode.i_mapping, length)


@traced
def vfs_read(task: TaskStruct, fd: int, buf: int, count: int, offset: int | None) -> int:
    """Read from a file into user memory; return the bytes that came there.

    Args:
        task: the caller.
        fd: descriptor.
        buf: bytes: where to.
        count: bytes.
        offset: bytes; None = the file's own position, which moves on.

    Raises:
        LinuxError: EBADF, EINVAL, ESPIPE, EISDIR, EFAULT if not one byte could be stored.

    Source: fs/read_write.c: vfs_read() [v5.4].
    """
    file = _checked(task, fd, FMODE_READ, buf, count, offset)
    system, inode = task.system, file.f_inode
    count = min(count, _MAX_RW_COUNT)
    if inode.i_kind == S_IFDIR:
        raise LinuxError(errno.EISDIR, f"descriptor {fd} is a directory")
    if inode.i_kind == S_IFCHR and not is_dev_zero(inode):
        return 0
    pos = file.f_pos if offset is None else offset
    if inode.i_kind == S_IFIFO:
        pos = 0
        if not inode.i_size:
            raise LinuxError(errno.EAGAIN, "the pipe is empty; Linux would sleep here")
    done = 0
    while done < count:
        step = min(count - done, PAGE_SIZE - (pos + done) % PAGE_SIZE)
        if is_dev_zero(inode):
            data = bytes(step)
        else:
            data = read_pages(system, inode.i_mapping, pos + done, step)
        if not data:
            break
        left = copy_to_user(system, buf + done, data)
        done += len(data) - left
        if left:
            break
    else:
        left = 0
    if not done and count and left_any(inode.i_size, pos, inode.i_kind):
        raise LinuxError(errno.EFAULT, f"nothing could be stored at {buf:#x}")
    if inode.i_kind == S_IFIFO:
        _drain(task, file, done)
    elif offset is None:
        file.f_pos += done
    return done


def left_any(size: int, pos: int, kind: str) -> bool:
    """Say whether a file had bytes to read at a position.

    Source: mm/filemap.c: generic_file_buffered_read() [v5.4].
    """
    return kind == S_IFCHR or pos < size


def _drain(task: TaskStruct, file: File, count: int) -> None:
    # A pipe keeps what was not read, from its first byte on.
    inode = file.f_inode
    rest = read_pages(task.system, inode.i_mapping, count, inode.i_size - count)
    do_truncate(task.system, inode.i_mapping, 0)
    if rest:
        write_pages(task.system, inode.i_mapping, 0, rest)


@traced
def vfs_write(task: TaskStruct, fd: int, buf: int, count: int, offset: int | None) -> int:
    """Write from user memory to a file; return the bytes that were written.

    Args:
        task: the caller.
        fd: descriptor.
        buf: bytes: where from.
        count: bytes.
        offset: bytes; None = the file's own position, which moves on.

    Raises:
        LinuxError: EBADF, EINVAL, ESPIPE, EFAULT if not one byte could be read, ENOSPC.

    Source: fs/read_write.c: vfs_write() [v5.4].
    """
    file = _checked(task, fd, FMODE_WRITE, buf, count, offset)
    system, inode = task.system, file.f_inode
    count = min(count, _MAX_RW_COUNT)
    if inode.i_kind == S_IFCHR:
        return count
    pos = file.f_pos if offset is None else offset
    if inode.i_kind == S_IFIFO:
        pos = inode.i_size
        count = min(count, _PIPE_SIZE - pos)
    done = 0
    while done < count:
        step = min(count - done, PAGE_SIZE - (pos + done) % PAGE_SIZE)
        try:
            # The page cache is made ready before user memory is read, and is locked meanwhile.
            write_pages(system, inode.i_mapping, pos + done, b"")
            data = copy_from_user_inatomic(system, buf + done, step)
            write_pages(system, inode.i_mapping, pos + done, data)
        except OutOfMemory as failure:
            if not done:
                raise LinuxError(errno.ENOSPC, str(failure)) from None
            break
        done += len(data)
        if not data and fault_in_readable(system, buf + done, step) == step:
            break
    if not done and count:
        raise LinuxError(errno.EFAULT, f"nothing could be read at {buf:#x}")
    if offset is None and inode.i_kind == S_IFREG:
        file.f_pos += done
    return done


def _checked(
    task: TaskStruct, fd: int, mode: int, buf: int, count: int, offset: int | None
) -> File:
    if offset is not None and (offset < 0 or offset >= 1 << 63):
        raise LinuxError(errno.EINVAL, "a negative offset")
    file = fget(task, fd)
    if offset is not None and file.f_inode.i_kind == S_IFIFO and not file.f_mode & FMODE_PATH:
        raise LinuxError(errno.ESPIPE, "a pipe has no offsets")
    if not file.f_mode & mode:
        raise LinuxError(errno.EBADF, f"descriptor {fd} is not open for this")
    if not access_ok(task, buf, count):
        raise LinuxError(errno.EFAULT, "the buffer leaves user space")
    if (file.f_pos if offset is None else offset) + count >= 1 << 63:
        raise LinuxError(errno.EINVAL, "the end lies past the largest offset")
    return file
