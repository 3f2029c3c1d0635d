"""Pipes and FIFOs: a ring of pages, each with what was written and not read yet."""

from __future__ import annotations

from vmlab.codes import because
from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import O_CLOEXEC, O_DIRECT, O_NONBLOCK
from vmlab.model.abi.poll import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
from vmlab.model.abi.signal import SIGPIPE
from vmlab.model.linux.arch.x86.include.ptrace import NO_CALL
from vmlab.model.linux.fs.eventpoll_wake import wake_up_poll
from vmlab.model.linux.fs.file import close_fd, fd_install
from vmlab.model.linux.fs.file_table import alloc_file, count_ends, fput, put_pipe_info
from vmlab.model.linux.fs.inode import alloc_inode, file_update_time, iput, touch_atime
from vmlab.model.linux.include.fs import (
    DEV_PIPEFS,
    FMODE_READ,
    FMODE_UNMET,
    FMODE_WRITE,
    S_IFIFO,
)
from vmlab.model.linux.include.page_flags import PG_UPTODATE
from vmlab.model.linux.include.pipe_fs_i import FifoOpener, PipeBuffer, PipeInodeInfo
from vmlab.model.linux.include.structs import File, Inode, Page, System, TaskStruct
from vmlab.model.linux.kernel.signal import send_sig, signal_pending
from vmlab.model.linux.lib.iov_iter import (
    IovIter,
    copy_page_from_iter,
    copy_to_iter,
    iov_iter_advance,
    iov_iter_kvec,
    iter_iov_addr,
)
from vmlab.model.linux.mm.page_alloc import alloc_page, put_page
from vmlab.model.linux.mm.truncate import remove_pages
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.hook import emit

MAX_USAGE = 16  # pages of a pipe
_PIPE_FLAGS = O_CLOEXEC | O_NONBLOCK | O_DIRECT
_WRITTEN = because("bytes_written")


def do_pipe2(task: TaskStruct, flags: int) -> tuple[int, int]:
    """Make a pipe; return (descriptor to read from, descriptor to write to).

    Args:
        task: the caller.
        flags: O_CLOEXEC, O_NONBLOCK, O_DIRECT.

    Raises:
        LinuxError: EINVAL for other flags; EMFILE.

    Emits: inode_create, file_open, fd_install.
    Source: fs/pipe.c: do_pipe2() [v5.4].
    Left out: packets (O_DIRECT), and that a pipe can have another size.
    """
    if flags & ~_PIPE_FLAGS:
        raise LinuxError(errno.EINVAL, "unknown_flags")
    system = task.system
    inode = alloc_inode(system, S_IFIFO, f"pipe:[{system.next_ino}]", DEV_PIPEFS)
    inode.i_nlink = 0
    inode.noexec = True
    inode.i_pipe = PipeInodeInfo()
    reader = alloc_file(system, inode, FMODE_READ, inode.name)
    writer = alloc_file(system, inode, FMODE_WRITE, inode.name)
    reader.f_flags = flags & O_NONBLOCK
    writer.f_flags = flags & (O_NONBLOCK | O_DIRECT)
    cloexec = bool(flags & O_CLOEXEC)
    try:
        first = fd_install(task, reader, cloexec)
    except LinuxError:
        fput(system, writer)
        raise
    try:
        return first, fd_install(task, writer, cloexec)
    except LinuxError:
        close_fd(task, first)
        raise


def fifo_open(task: TaskStruct, inode: Inode, path: str, mode: int, flags: int) -> File:
    """Open a FIFO: to read from it waits for a writer, and to write to it for a reader.

    Args:
        task: the caller.
        inode: the FIFO.
        path: by which it was found.
        mode: FMODE_* bits; who opens both ends does not wait.
        flags: O_NONBLOCK: do not wait.

    Raises:
        LinuxError: ENXIO to write to what nobody reads, with O_NONBLOCK.
        Sleeps: the other end is not open, without it.

    Emits: file_open.
    Source: fs/pipe.c: fifo_open() [v6.18].
    """
    system, pipe = task.system, _pipe(inode)
    met = stop_opening(task)
    one_end = mode & (FMODE_READ | FMODE_WRITE)
    there = pipe.writers if one_end == FMODE_READ else pipe.readers
    if not (there or met) and one_end in (FMODE_READ, FMODE_WRITE):
        if not flags & O_NONBLOCK:
            raise Sleeps(
                lambda: _opener(inode, task.pid).met,
                "fifo_without_writer" if one_end == FMODE_READ else "fifo_without_reader",
                begin=lambda: _begin_opening(task, inode, path, one_end),
                cut=lambda: _put(system, inode),
            )
        if one_end == FMODE_WRITE:
            raise LinuxError(errno.ENXIO, "pipe_without_readers")
        mode |= FMODE_UNMET
    file = alloc_file(system, inode, mode, path)
    _meet(system, inode, mode)
    return file


def _opener(inode: Inode, pid: int) -> FifoOpener:
    return next(each for each in inode.i_fifo if each.pid == pid)


def half_open(task: TaskStruct, inode: Inode) -> tuple[str, Inode]:
    """Return the path of a FIFO that a task is opening, and the FIFO. The name is vmlab's.

    Source: fs/pipe.c: wait_for_partner() [v6.18].
    """
    return _opener(inode, task.pid).path, inode


def _begin_opening(task: TaskStruct, inode: Inode, path: str, mode: int) -> None:
    # It counts as an end that is open, and whoever opens the other one does not wait.
    inode.i_fifo += (FifoOpener(task.pid, mode, path, False),)
    count_ends(inode, mode, 1)
    task.fifo = inode


def stop_opening(task: TaskStruct) -> bool:
    """Let a task wait no more for the other end of a FIFO; say whether it was opened.

    The name is vmlab's.

    Source: fs/pipe.c: wait_for_partner() [v6.18].
    """
    inode, task.fifo = task.fifo, None
    if inode is None:
        return False
    opener = _opener(inode, task.pid)
    inode.i_fifo = tuple([each for each in inode.i_fifo if each is not opener])
    count_ends(inode, opener.mode, -1)
    return opener.met


def exit_fifo(task: TaskStruct) -> None:
    """Let a task that ends open no FIFO. The name is vmlab's.

    Emits: inode_free, if it had no name left.
    Source: fs/pipe.c: fifo_open() [v6.18].
    """
    inode = task.fifo
    if inode is not None:
        stop_opening(task)
        _put(task.system, inode)


def _put(system: System, inode: Inode) -> None:
    put_pipe_info(system, inode)
    iput(system, inode)


def _meet(system: System, inode: Inode, mode: int) -> None:
    # Who waits for this end goes on, even if it is closed before.
    if inode.i_fifo:
        ends = mode & (FMODE_READ | FMODE_WRITE)
        inode.i_fifo = tuple(
            [each._replace(met=each.met or bool(ends & ~each.mode)) for each in inode.i_fifo]
        )
    if mode & FMODE_WRITE:
        for file in _open_files(system):
            if file.f_inode is inode and file.f_mode & FMODE_UNMET:
                file.f_mode &= ~FMODE_UNMET


def _open_files(system: System) -> list[File]:
    tables = [task.files for task in system.tasks.values() if task.files is not None]
    return [file for table in tables for file in table.fd.values()]


@traced
def pipe_read(system: System, file: File, to: IovIter) -> int:
    """Read what was written to a pipe; return how many bytes.

    Args:
        system: the kernel.
        file: the end to read from.
        to: where they go.

    Raises:
        LinuxError: EFAULT if what a page holds could not be stored, when it stays; EAGAIN if
            there is nothing but a writer, with O_NONBLOCK; Sleeps without it.

    Emits: copy_to_user, pagecache_remove, ep_ready.
    Source: fs/pipe.c: pipe_read() [v6.18].
    """
    inode, done, wake_writer = file.f_inode, 0, False
    pipe = _pipe(inode)
    while to.count and pipe.bufs:
        buf = pipe.bufs[0]
        chars = min(buf.length, to.count)
        frame = system.ram.look(inode.i_mapping.i_pages[buf.page].pfn)
        addr = iter_iov_addr(to)
        if copy_to_iter(system, bytes(frame[buf.offset : buf.offset + chars]), to) < chars:
            if not done:
                raise LinuxError(errno.EFAULT, "nothing_stored", addr=addr)
            break
        done += chars
        pipe.bufs[0] = buf._replace(offset=buf.offset + chars, length=buf.length - chars)
        if not pipe.bufs[0].length:
            wake_writer = wake_writer or len(pipe.bufs) == MAX_USAGE
            del pipe.bufs[0]
            remove_pages(system, inode.i_mapping, [buf.page])
        inode.i_size -= chars
    if wake_writer:
        wake_up_poll(system, inode, POLLOUT | POLLWRNORM, FMODE_WRITE)
    if done:
        touch_atime(system, inode)
    if done or not to.count or not pipe.writers:
        return done
    if file.f_flags & O_NONBLOCK:
        raise LinuxError(errno.EAGAIN, "pipe_empty_now")
    raise Sleeps(lambda: bool(pipe.bufs or not pipe.writers), "pipe_empty")


@traced
def pipe_write(task: TaskStruct, file: File, from_: IovIter) -> int:
    """Write to a pipe; return how many bytes it took.

    The last page takes what is left over of whole pages, if it has the room; a new page each
    takes the rest. A call of machine code that sleeps goes on where it was.

    Args:
        task: the caller.
        file: the end to write to.
        from_: where the bytes are.

    Raises:
        LinuxError: EPIPE if nobody could read it, with SIGPIPE, which comes after a part too;
            EFAULT if a page could not be filled, when what came before it counts; EAGAIN if there
            is no room, with O_NONBLOCK; Sleeps without it.

    Emits: signal_send, copy_from_user, mm_page_alloc, pagecache_add, pagecache_write, ep_ready.
    Source: fs/pipe.c: pipe_write() [v6.18].
    """
    inode = file.f_inode
    before = inode.i_size
    try:
        return _write(task, file, from_)
    finally:
        if inode.i_size > before:
            _wake_readers(task.system, inode)


def _write(task: TaskStruct, file: File, from_: IovIter) -> int:
    pipe, inode, system = _pipe(file.f_inode), file.f_inode, task.system
    if not from_.count:
        return 0
    done, task.written = task.written, 0
    iov_iter_advance(from_, done)
    if not done and pipe.readers:
        done = _append(system, inode, from_)
    while from_.count and pipe.readers and len(pipe.bufs) < MAX_USAGE:
        chars = _add_page(system, inode, from_)
        done += chars
        if not chars:
            if not done:
                raise LinuxError(errno.EFAULT, "nothing_read", addr=iter_iov_addr(from_))
            return done
    if not from_.count:
        return done
    if not pipe.readers:
        send_sig(task, SIGPIPE)
        if not done:
            raise LinuxError(errno.EPIPE, "pipe_without_readers")
        return done
    if file.f_flags & O_NONBLOCK and not done:
        raise LinuxError(errno.EAGAIN, "pipe_full_now")
    # Without machine code, nobody makes the call again for what is left.
    last = task.regs.orig_ax == NO_CALL or signal_pending(task)
    if file.f_flags & O_NONBLOCK or (done and last):
        return done
    task.written = done
    raise Sleeps(lambda: len(pipe.bufs) < MAX_USAGE or not pipe.readers, "pipe_full")


def wait_for_space(task: TaskStruct, file: File) -> None:
    """Wait until a page can be added to a pipe.

    Raises:
        LinuxError: EPIPE if nobody reads from it, with SIGPIPE; EAGAIN if it is full, with
            O_NONBLOCK; Sleeps without it.

    Emits: signal_send.
    Source: fs/splice.c: wait_for_space() [v6.18].
    """
    pipe = _pipe(file.f_inode)
    if not pipe.readers:
        send_sig(task, SIGPIPE)
        raise LinuxError(errno.EPIPE, "pipe_without_readers")
    if len(pipe.bufs) < MAX_USAGE:
        return
    if file.f_flags & O_NONBLOCK:
        raise LinuxError(errno.EAGAIN, "pipe_full_now")
    raise Sleeps(lambda: len(pipe.bufs) < MAX_USAGE or not pipe.readers, "pipe_full")


def splice_to_pipe(task: TaskStruct, file: File, data: bytes) -> None:
    """Add a page to a pipe that is not full.

    Emits: mm_page_alloc, pagecache_add, pagecache_write, ep_ready.
    Source: fs/splice.c: splice_to_pipe() [v6.18].
    """
    _add_page(task.system, file.f_inode, iov_iter_kvec(data))
    _wake_readers(task.system, file.f_inode)


def pipe_poll(file: File) -> int:
    """Return what can be done with an end of a pipe without sleeping, as POLL* bits.

    Source: fs/pipe.c: pipe_poll() [v6.18].
    """
    pipe, mask = _pipe(file.f_inode), 0
    if file.f_mode & FMODE_READ:
        mask |= POLLIN | POLLRDNORM if pipe.bufs else 0
        mask |= 0 if pipe.writers or file.f_mode & FMODE_UNMET else POLLHUP
    if file.f_mode & FMODE_WRITE:
        mask |= POLLOUT | POLLWRNORM if len(pipe.bufs) < MAX_USAGE else 0
        mask |= 0 if pipe.readers else POLLERR
    return mask


def _wake_readers(system: System, inode: Inode) -> None:
    wake_up_poll(system, inode, POLLIN | POLLRDNORM, FMODE_READ)


def _append(system: System, inode: Inode, from_: IovIter) -> int:
    # What is left over of whole pages, to the last page.
    pipe, chars = _pipe(inode), from_.count % PAGE_SIZE
    if not chars or not pipe.bufs:
        return 0
    last = pipe.bufs[-1]
    place = last.offset + last.length
    if place + chars > PAGE_SIZE:
        return 0
    page, addr = inode.i_mapping.i_pages[last.page], iter_iov_addr(from_)
    room = system.ram.frame(page.pfn)[place : place + chars]
    if copy_page_from_iter(system, room, from_) < chars:
        raise LinuxError(errno.EFAULT, "nothing_read", addr=addr)
    _tell(system, inode, page, place, chars)
    pipe.bufs[-1] = last._replace(length=last.length + chars)
    inode.i_size += chars
    return chars


def _add_page(system: System, inode: Inode, from_: IovIter) -> int:
    # A page that is full, or holds the end; none, if that could not be read.
    pipe, mapping = _pipe(inode), inode.i_mapping
    page = alloc_page(system, "file")
    chars = min(from_.count, PAGE_SIZE)
    if copy_page_from_iter(system, system.ram.frame(page.pfn)[:chars], from_) < chars:
        put_page(system, page)
        return 0
    index = pipe.bufs[-1].page + 1 if pipe.bufs else 0
    page.mapping, page.index, page.flags = mapping, index, PG_UPTODATE
    mapping.i_pages[index] = page
    emit(system, page_events.PagecacheAdd, inode.i_ino, index, page.pfn)
    _tell(system, inode, page, 0, chars)
    pipe.bufs.append(PipeBuffer(index, 0, chars))
    inode.i_size += chars
    return chars


def _tell(system: System, inode: Inode, page: Page, start: int, chars: int) -> None:
    file_update_time(system, inode)
    where = (inode.i_ino, page.index, page.pfn, start, chars)
    emit(system, file_events.PagecacheWrite, *where, _WRITTEN)


def _pipe(inode: Inode) -> PipeInodeInfo:
    assert inode.i_pipe is not None
    return inode.i_pipe
