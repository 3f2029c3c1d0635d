"""read and write: bytes between files and user memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import Seek
from vmlab.model.abi.poll import POLLOUT
from vmlab.model.linux.drivers.char.random import get_random_bytes_user
from vmlab.model.linux.drivers.tty.n_tty import n_tty_read, n_tty_write
from vmlab.model.linux.fs.eventfd import eventfd_read, eventfd_write
from vmlab.model.linux.fs.ext4.file import ext4_seek_hole_data
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.fs.inode import file_update_time, touch_atime
from vmlab.model.linux.fs.pipe import (
    pipe_poll,
    pipe_read,
    pipe_write,
    splice_to_pipe,
    wait_for_space,
)
from vmlab.model.linux.fs.proc.inode import proc_read, proc_write
from vmlab.model.linux.fs.signalfd import signalfd_read
from vmlab.model.linux.fs.timerfd import timerfd_read
from vmlab.model.linux.include.fs import (
    ANON_KINDS,
    FMODE_APPEND,
    FMODE_PATH,
    FMODE_READ,
    FMODE_WRITE,
    MAX_LFS_FILESIZE,
    S_EVENTFD,
    S_IFCHR,
    S_IFDIR,
    S_IFIFO,
    S_IFREG,
    S_IFSOCK,
    S_MQUEUE,
    S_PIDFD,
    S_SIGNALFD,
    S_TIMERFD,
    is_dev_zero,
    is_proc,
    is_random,
    is_tty,
    on_disk,
    s_maxbytes,
    shmem_mapping,
)
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.linux.ipc.mqueue_file import mqueue_read_file
from vmlab.model.linux.kernel.signal import fatal_signal_pending
from vmlab.model.linux.lib.iov_iter import (
    MAX_RW_COUNT,
    IovIter,
    copy_folio_from_iter_atomic,
    copy_from_iter,
    copy_to_iter,
    fault_in_iov_iter_readable,
    import_iovec,
    import_ubuf,
    iov_iter_advance,
    iov_iter_kvec,
    iter_iov_addr,
    iter_iov_len,
)
from vmlab.model.linux.lib.usercopy import access_ok, load_from_user, store_number
from vmlab.model.linux.mm.filemap import mapping_seek_hole_data
from vmlab.model.linux.mm.filemap_read import filemap_get_pages
from vmlab.model.linux.mm.filemap_write import write_pages
from vmlab.model.linux.mm.page_alloc import OutOfMemory
from vmlab.model.linux.mm.shmem import shmem_write_begin
from vmlab.model.linux.mm.shmem_swap import shmem_file_read
from vmlab.model.linux.net.messages import sock_read_iter, sock_sendmsg
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

_LOFF_T = 8  # bytes of an offset in memory
_ANON_READERS: Mapping[str, Callable[[TaskStruct, File, IovIter], int]] = {
    S_EVENTFD: eventfd_read,
    S_TIMERFD: timerfd_read,
    S_SIGNALFD: signalfd_read,
    S_MQUEUE: mqueue_read_file,
}
_CAN = {FMODE_READ: tuple(_ANON_READERS), FMODE_WRITE: (S_EVENTFD,)}
_LONGS = 1 << 64  # numbers that a register holds


@traced
def ksys_lseek(task: TaskStruct, fd: int, offset: int, whence: int) -> int:
    """Move to another place in a file; return it.

    Args:
        task: the caller.
        fd: descriptor.
        offset: bytes.
        whence: SEEK_*.

    Raises:
        LinuxError: EBADF, EINVAL, ESPIPE, ENXIO.

    Emits: file_pos.
    Source: fs/read_write.c: ksys_lseek() [v6.18].
    """
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    if whence not in list(Seek):
        raise LinuxError(errno.EINVAL, "whence_unknown", whence=whence)
    kind = file.f_inode.i_kind
    if kind in (S_IFIFO, S_IFSOCK) or is_tty(file.f_inode):
        raise LinuxError(errno.ESPIPE, "pipe_has_no_offsets")
    if kind == S_PIDFD:
        raise LinuxError(errno.ESPIPE, "pidfd_has_no_bytes")
    if kind == S_IFCHR or kind in ANON_KINDS:
        return 0
    if kind == S_IFDIR:
        return _offset_dir_llseek(task, file, offset, whence)
    return _file_llseek(task, file, offset, whence)


def _file_llseek(task: TaskStruct, file: File, offset: int, whence: int) -> int:
    # Source: mm/shmem.c: shmem_file_llseek(); fs/ext4/file.c: ext4_llseek() [v6.18].
    inode = file.f_inode
    match whence:
        case Seek.SEEK_CUR:
            offset += file.f_pos
        case Seek.SEEK_END:
            offset += inode.i_size
        case Seek.SEEK_DATA | Seek.SEEK_HOLE if on_disk(inode):
            offset = ext4_seek_hole_data(inode, offset, whence)
        case Seek.SEEK_DATA | Seek.SEEK_HOLE:
            if offset < 0:
                raise LinuxError(errno.ENXIO, "offset_negative")
            offset = mapping_seek_hole_data(inode.i_mapping, offset, inode.i_size, whence)
    return vfs_setpos(task, file, offset)


def _offset_dir_llseek(task: TaskStruct, file: File, offset: int, whence: int) -> int:
    # Source: fs/libfs.c: offset_dir_llseek() [v6.18].
    if whence not in (Seek.SEEK_SET, Seek.SEEK_CUR):
        raise LinuxError(errno.EINVAL, "whence_unknown", whence=whence)
    return vfs_setpos(task, file, offset + (file.f_pos if whence == Seek.SEEK_CUR else 0))


def vfs_setpos(task: TaskStruct, file: File, offset: int) -> int:
    """Move an open file to a place; return it.

    Raises:
        LinuxError: EINVAL if it is negative, or past the largest offset.

    Emits: file_pos.
    Source: fs/read_write.c: vfs_setpos() [v6.18].
    """
    if offset < 0:
        raise LinuxError(errno.EINVAL, "offset_negative")
    if offset > s_maxbytes(file.f_inode):
        raise LinuxError(errno.EINVAL, "end_past_largest_offset")
    old, file.f_pos = file.f_pos, offset
    if offset != old:
        emit(task, file_events.FilePos, file.number, old, offset)
    return offset


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
    file = _file_for(task, fd, FMODE_READ, offset)
    _check_buffer(task, buf, count)
    to = import_ubuf(task, buf, count)
    _rw_verify_area(file, offset, count)
    return _read_iter(task, file, to, offset)


@traced
def vfs_readv(task: TaskStruct, fd: int, iov: int, nr_segs: int, offset: int | None) -> int:
    """Read from a file into pieces of user memory; return the bytes that came there.

    Args:
        task: the caller.
        fd: descriptor.
        iov: bytes: where the struct iovec are.
        nr_segs: how many there are.
        offset: bytes; None = the file's own position, which moves on.

    Raises:
        LinuxError: as vfs_read; EINVAL and EFAULT for pieces that cannot be.

    Source: fs/read_write.c: vfs_readv() [v6.18].
    """
    file = _file_for(task, fd, FMODE_READ, offset)
    to = import_iovec(task, iov, nr_segs)
    if not to.count:
        return 0
    _rw_verify_area(file, offset, to.count)
    return _read_iter(task, file, to, offset)


def _read_iter(task: TaskStruct, file: File, to: IovIter, offset: int | None) -> int:
    # Source: mm/shmem.c: shmem_file_read_iter(); mm/filemap.c: filemap_read() [v6.18].
    system, inode, count = task.system, file.f_inode, to.count
    if inode.i_kind == S_IFDIR:
        raise LinuxError(errno.EISDIR, "is_directory", path=file.f_path)
    if is_tty(inode):
        return n_tty_read(system, file, to)
    if is_random(inode):
        return get_random_bytes_user(system, to)
    if inode.i_kind == S_IFCHR and not is_dev_zero(inode):
        return 0
    if inode.i_kind == S_IFIFO:
        return pipe_read(system, file, to)
    if inode.i_kind == S_IFSOCK:
        return sock_read_iter(task, file, to)
    if inode.i_kind in _ANON_READERS:
        return _ANON_READERS[inode.i_kind](task, file, to)
    pos = file.f_pos if offset is None else offset
    done, there, data = 0, 0, b""
    while done < count and not (done and fatal_signal_pending(system)):
        step = min(count - done, PAGE_SIZE - (pos + done) % PAGE_SIZE)
        if is_dev_zero(inode):
            data = bytes(step)
        elif is_proc(inode):
            data = proc_read(task, inode, pos + done, step)
        else:
            there = _bring_in(system, file, pos + done, count - done, there)
            data = shmem_file_read(system, inode.i_mapping, pos + done, step)
        if not data:
            break
        copied = copy_to_iter(system, data, to)
        done += copied
        if copied < len(data):
            break
    if there:
        file.f_ra = file.f_ra._replace(prev_pos=pos + done)
    if not done and data:
        raise LinuxError(errno.EFAULT, "nothing_stored", addr=iter_iov_addr(to))
    if count:
        touch_atime(system, inode)
    if offset is None:
        file.f_pos += done
    return done


def _bring_in(system: System, file: File, pos: int, count: int, there: int) -> int:
    # The page at a place of a file of the disk, unless it is before the page up to which all are
    # there. Returns up to where they are now.
    inode = file.f_inode
    if on_disk(inode) and pos < inode.i_size and pos // PAGE_SIZE >= there:
        return filemap_get_pages(system, file, pos, count)
    return there


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
        LinuxError: EBADF, EINVAL, ESPIPE, EFAULT if not one byte could be read, ENOSPC, EPERM if
            the file is sealed against it; EPIPE for a pipe that nobody is left to read from, EAGAIN
            for a full one (Linux would sleep).

    Source: fs/read_write.c: vfs_write() [v5.4].
    """
    file = _file_for(task, fd, FMODE_WRITE, offset)
    _check_buffer(task, buf, count)
    from_ = import_ubuf(task, buf, count)
    _rw_verify_area(file, offset, count)
    return _write_iter(task, file, from_, offset)


@traced
def vfs_writev(task: TaskStruct, fd: int, iov: int, nr_segs: int, offset: int | None) -> int:
    """Write pieces of user memory to a file; return the bytes that were written.

    Args:
        task: the caller.
        fd: descriptor.
        iov: bytes: where the struct iovec are.
        nr_segs: how many there are.
        offset: bytes; None = the file's own position, which moves on.

    Raises:
        LinuxError: as vfs_write; EINVAL and EFAULT for pieces that cannot be.

    Source: fs/read_write.c: vfs_writev() [v6.18].
    """
    file = _file_for(task, fd, FMODE_WRITE, offset)
    from_ = import_iovec(task, iov, nr_segs)
    if not from_.count:
        return 0
    _rw_verify_area(file, offset, from_.count)
    return _write_iter(task, file, from_, offset)


def _write_iter(task: TaskStruct, file: File, from_: IovIter, offset: int | None) -> int:
    # Source: mm/filemap.c: generic_perform_write() [v6.18].
    system, inode, count = task.system, file.f_inode, from_.count
    if is_tty(inode):
        return n_tty_write(system, from_)
    if inode.i_kind == S_IFSOCK:
        return sock_sendmsg(task, file, from_, 0)
    if inode.i_kind == S_EVENTFD:
        return _write_pieces(task, file, from_)
    if inode.i_kind == S_IFCHR or not count:
        return count
    if inode.i_kind == S_IFIFO:
        return pipe_write(task, file, from_)
    pos = file.f_pos if offset is None else offset
    if is_proc(inode):
        done = proc_write(task, inode, pos, copy_from_iter(system, from_))
        if offset is None:
            file.f_pos += done
        return done
    if file.f_mode & FMODE_APPEND:
        pos = inode.i_size  # for pwrite too
    if inode.i_kind == S_IFREG:
        count = _generic_write_checks(inode, pos, count)
    file_update_time(system, inode)
    done = 0
    while done < count and not (done and fatal_signal_pending(system)):
        step = min(count - done, PAGE_SIZE - (pos + done) % PAGE_SIZE)
        try:
            if shmem_mapping(inode):
                shmem_write_begin(inode, pos + done, step)
            # The page cache is made ready before user memory is read, and is locked meanwhile.
            write_pages(system, inode.i_mapping, pos + done, b"")
            data = copy_folio_from_iter_atomic(system, from_, step)
            write_pages(system, inode.i_mapping, pos + done, data)
        except OutOfMemory as failure:
            if not done:
                code = errno.ENOMEM if on_disk(inode) else errno.ENOSPC
                raise LinuxError(code, failure.reason) from None
            break
        except LinuxError:
            if not done:
                raise
            break
        iov_iter_advance(from_, len(data))
        done += len(data)
        if not data and fault_in_iov_iter_readable(system, from_, step) == step:
            break
    if not done and count:
        raise LinuxError(errno.EFAULT, "nothing_read", addr=iter_iov_addr(from_))
    if offset is None and inode.i_kind == S_IFREG:
        file.f_pos = pos + done
    return done


def _write_pieces(task: TaskStruct, file: File, from_: IovIter) -> int:
    # A call for each piece, as long as it goes well. Source: fs/read_write.c:
    # do_loop_readv_writev() [v6.18].
    done = 0
    while True:
        size = iter_iov_len(from_) if from_.count else 0
        addr = iter_iov_addr(from_) if from_.pieces else 0
        try:
            done += eventfd_write(task, file, addr, size)
        except LinuxError:
            if not done:
                raise
            return done
        iov_iter_advance(from_, size)
        if not from_.count:
            return done


def _generic_write_checks(inode: Inode, pos: int, count: int) -> int:
    # How much can be written there. Source: fs/read_write.c: generic_write_checks_count() [v6.18].
    if pos >= s_maxbytes(inode):
        raise LinuxError(errno.EFBIG, "end_past_largest_offset")
    return min(count, s_maxbytes(inode) - pos)


def _file_for(task: TaskStruct, fd: int, mode: int, offset: int | None) -> File:
    if offset is not None and offset < 0:
        raise LinuxError(errno.EINVAL, "offset_negative")
    file = fget(task, fd)
    kind = file.f_inode.i_kind
    streams = kind in (S_IFIFO, S_IFSOCK, *ANON_KINDS) or is_tty(file.f_inode)
    if offset is not None and streams and not file.f_mode & FMODE_PATH:
        raise LinuxError(errno.ESPIPE, "pipe_has_no_offsets")
    if not file.f_mode & mode:
        raise LinuxError(errno.EBADF, "fd_wrong_mode", fd=fd)
    if kind == S_PIDFD:
        raise LinuxError(errno.EINVAL, "pidfd_has_no_bytes")
    if kind in (*ANON_KINDS, S_MQUEUE) and kind not in _CAN[mode]:
        raise LinuxError(errno.EINVAL, "cannot_be_moved_so")
    return file


def _check_buffer(task: TaskStruct, buf: int, count: int) -> None:
    if not access_ok(task, buf, count):
        raise LinuxError(errno.EFAULT, "buffer_outside_user_space")


def _rw_verify_area(file: File, offset: int | None, count: int) -> None:
    if (file.f_pos if offset is None else offset) + count > MAX_LFS_FILESIZE:
        raise LinuxError(errno.EINVAL, "end_past_largest_offset")


@traced
def do_sendfile(task: TaskStruct, out_fd: int, in_fd: int, offset: int, count: int) -> int:
    """Write to a file what another one holds; return how many bytes.

    Args:
        task: the caller.
        out_fd: descriptor to write to.
        in_fd: descriptor to read from.
        offset: bytes: where it stands where to read, which is moved; 0 = at the file's position.
        count: bytes.

    Raises:
        LinuxError: EBADF; EINVAL for what cannot be read so, or is written to at its end; ESPIPE
            for a place in a pipe; EFAULT; and what a write raises.
        Sleeps: the pipe is full.

    Emits: copy_from_user, copy_to_user, and what a read and a write emit.
    Source: fs/read_write.c: do_sendfile() [v6.18]; fs/splice.c: splice_direct_to_actor(),
        splice_file_to_pipe() [v6.18].
    Left out: that a pipe gets the pages of the file themselves.
    """
    place = _load_offset(task, offset) if offset else None
    file = _file_for(task, in_fd, FMODE_READ, place)
    out = _file_for(task, out_fd, FMODE_WRITE, None)
    inode, pipe = file.f_inode, out.f_inode.i_kind == S_IFIFO
    if inode.i_kind != S_IFREG and not is_dev_zero(inode):
        raise LinuxError(errno.EINVAL, "not_sent_from", path=file.f_path)
    if out.f_mode & FMODE_APPEND and not pipe:
        raise LinuxError(errno.EINVAL, "not_sent_to_end", path=out.f_path)
    count = min(count, MAX_RW_COUNT)
    pos = file.f_pos if place is None else place
    if pipe and count:
        wait_for_space(task, out)
    done = _send(task, file, pos, out, None, count)
    if place is None:
        file.f_pos = pos + done
    else:
        store_number(task, offset, pos + done, _LOFF_T)
    return done


@traced
def do_copy_file_range(
    task: TaskStruct, fd_in: int, off_in: int, fd_out: int, off_out: int, length: int, flags: int
) -> int:
    """Copy a part of a file to another, or within it; return how many bytes.

    Args:
        task: the caller.
        fd_in: descriptor to read from.
        off_in: bytes: where it stands where to read, which is moved; 0 = at the file's position.
        fd_out: descriptor to write to.
        off_out: the same of where to write.
        length: bytes.
        flags: 0.

    Raises:
        LinuxError: EBADF; EFAULT; EINVAL for flags; as generic_copy_file_checks; and what a write
            raises.

    Emits: copy_from_user, copy_to_user, and what a read and a write emit.
    Source: fs/read_write.c: SYSCALL_DEFINE6(copy_file_range), vfs_copy_file_range() [v6.18].
    """
    file, out = fget(task, fd_in), fget(task, fd_out)
    for fd, each in ((fd_in, file), (fd_out, out)):
        if each.f_mode & FMODE_PATH:
            raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    pos_in = _load_offset(task, off_in) if off_in else file.f_pos
    pos_out = _load_offset(task, off_out) if off_out else out.f_pos
    if flags:
        raise LinuxError(errno.EINVAL, "unknown_flags")
    generic_file_rw_checks(fd_in, file, fd_out, out)
    length = generic_copy_file_checks(file, pos_in, out, pos_out, length)
    if pos_in < 0 or pos_out < 0:
        raise LinuxError(errno.EINVAL, "offset_negative")
    done = _send(task, file, pos_in, out, pos_out, min(length, MAX_RW_COUNT))
    if not done:
        return 0
    for copied, offset, pos in ((file, off_in, pos_in), (out, off_out, pos_out)):
        if offset:
            store_number(task, offset, pos + done, _LOFF_T)
        else:
            copied.f_pos = pos + done
    return done


def generic_file_rw_checks(fd_in: int, file: File, fd_out: int, out: File) -> None:
    """Check that there is a file to read from, and one to write to.

    Raises:
        LinuxError: EISDIR; EINVAL for what is no regular file; EBADF for what was not opened so,
            or is written to at its end.

    Source: fs/read_write.c: generic_file_rw_checks() [v6.18].
    """
    for each in (file, out):
        if each.f_inode.i_kind == S_IFDIR:
            raise LinuxError(errno.EISDIR, "is_directory", path=each.f_path)
    for each in (file, out):
        if each.f_inode.i_kind not in (S_IFREG, S_PIDFD):
            raise LinuxError(errno.EINVAL, "not_regular_file", path=each.f_path)
    for fd, each, mode in ((fd_in, file, FMODE_READ), (fd_out, out, FMODE_WRITE)):
        if not each.f_mode & mode:
            raise LinuxError(errno.EBADF, "fd_wrong_mode", fd=fd)
    if out.f_mode & FMODE_APPEND:
        raise LinuxError(errno.EBADF, "not_sent_to_end", path=out.f_path)


def generic_copy_file_checks(file: File, pos_in: int, out: File, pos_out: int, length: int) -> int:
    """Say how many bytes of a file can be copied to another.

    Raises:
        LinuxError: EXDEV from one file system to another; EOVERFLOW and EFBIG past the largest
            place; EINVAL for parts of one file that overlap.

    Source: fs/read_write.c: generic_copy_file_checks(), generic_write_check_limits() [v6.18].
    """
    source, target = file.f_inode, out.f_inode
    if source.dev != target.dev:
        raise LinuxError(errno.EXDEV, "on_another_mount", path=file.f_path)
    if max(pos_in % _LONGS, pos_out % _LONGS) + length >= _LONGS:
        raise LinuxError(errno.EOVERFLOW, "end_past_largest_offset")
    length = min(length, source.i_size - pos_in) if pos_in < source.i_size else 0
    length = _generic_write_checks(target, pos_out, length)
    if source is target and pos_in - length < pos_out < pos_in + length:
        raise LinuxError(errno.EINVAL, "old_and_new_overlap")
    return length


def _load_offset(task: TaskStruct, addr: int) -> int:
    return int.from_bytes(load_from_user(task, addr, _LOFF_T), "little", signed=True)


def _send(
    task: TaskStruct, file: File, pos: int, out: File, out_pos: int | None, count: int
) -> int:
    # A page of the file at a time, and one page of a pipe for each.
    system, inode, done, there = task.system, file.f_inode, 0, 0
    while done < count:
        step = min(count - done, PAGE_SIZE - (pos + done) % PAGE_SIZE)
        if is_dev_zero(inode):
            data = bytes(step)
        else:
            there = _bring_in(system, file, pos + done, count - done, there)
            data = shmem_file_read(system, inode.i_mapping, pos + done, step)
        if not data:
            break
        if out.f_inode.i_kind == S_IFIFO:
            splice_to_pipe(task, out, data)
            done += len(data)
            if not pipe_poll(out) & POLLOUT:
                break
            continue
        place = None if out_pos is None else out_pos + done
        try:
            written = _write_iter(task, out, iov_iter_kvec(data), place)
        except LinuxError:
            if not done:
                raise
            break
        done += written
        if written < len(data):
            break
    return done
