"""Making open files and giving them up."""

from __future__ import annotations

from vmlab.model.abi.poll import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
from vmlab.model.linux.fs.eventpoll_wake import eventpoll_release, wake_up_poll
from vmlab.model.linux.fs.ext4.file import ext4_file_vm_ops, ext4_release_file
from vmlab.model.linux.fs.inode import iput
from vmlab.model.linux.fs.locks import locks_remove_file
from vmlab.model.linux.include.fs import FMODE_READ, FMODE_WRITE, on_disk
from vmlab.model.linux.include.sock import Sock
from vmlab.model.linux.include.structs import File, Inode, System
from vmlab.model.linux.mm.truncate import remove_pages
from vmlab.model.linux.net.sock_file import sock_close
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

_ENDED = POLLERR | POLLHUP


def alloc_file(system: System, inode: Inode, mode: int, path: str) -> File:
    """Open an inode.

    Emits: file_open.
    Source: fs/file_table.c: alloc_file() [v5.4].
    """
    file = File(system.next_file, inode, mode, path)
    if on_disk(inode):
        file.vm_ops = ext4_file_vm_ops
    system.next_file += 1
    inode.i_count += 1
    inode.i_writecount += bool(mode & FMODE_WRITE)
    count_ends(inode, mode, 1)
    emit(system, file_events.FileOpen, file.number, inode.i_ino, path)
    return file


def fput(system: System, file: File) -> None:
    """Drop one hold on an open file; the last one closes it.

    Emits: file_close, and what iput and ext4_release_file emit.
    Source: fs/file_table.c: fput() [v5.4].
    """
    file.f_count -= 1
    if file.f_count == 0:
        eventpoll_release(system, file)
        locks_remove_file(file)
        file.f_inode.i_count -= 1
        file.f_inode.i_writecount -= bool(file.f_mode & FMODE_WRITE)
        count_ends(file.f_inode, file.f_mode, -1)
        if file.f_inode.i_pipe is not None:
            pipe_wake_all(system, file.f_inode)
        if isinstance(file.f_inode.i_private, Sock):
            for sent in sock_close(system, file.f_inode):
                fput(system, sent)
        if on_disk(file.f_inode):
            ext4_release_file(system, file.f_inode)
        emit(system, file_events.FileClose, file.number, file.f_inode.i_ino)
        put_pipe_info(system, file.f_inode)
        iput(system, file.f_inode)


def count_ends(inode: Inode, mode: int, number: int) -> None:
    """Count the open files of a pipe, if it is one.

    Args:
        inode: the file.
        mode: FMODE_* bits of one of them.
        number: 1 = it was opened, -1 = closed.

    Source: fs/pipe.c: fifo_open(), pipe_release() [v5.4].
    """
    pipe = inode.i_pipe
    if pipe is not None:
        pipe.readers += number * bool(mode & FMODE_READ)
        pipe.writers += number * bool(mode & FMODE_WRITE)


def pipe_wake_all(system: System, inode: Inode) -> None:
    """Tell those that watch a pipe that one of its ends is closed for good, if it is.

    Emits: ep_ready.
    Source: fs/pipe.c: pipe_release() [v6.18].
    """
    pipe = inode.i_pipe
    assert pipe is not None
    if bool(pipe.readers) != bool(pipe.writers):
        wake_up_poll(system, inode, POLLIN | POLLRDNORM | _ENDED, FMODE_READ)
        wake_up_poll(system, inode, POLLOUT | POLLWRNORM | _ENDED, FMODE_WRITE)


def put_pipe_info(system: System, inode: Inode) -> None:
    """Let go what waits in a FIFO that nobody has open any more.

    Emits: pagecache_remove, mm_page_free.
    Source: fs/pipe.c: put_pipe_info() [v6.18].
    """
    pipe = inode.i_pipe
    if pipe is not None and pipe.bufs and not (inode.i_count or inode.i_fifo):
        pipe.bufs.clear()
        remove_pages(system, inode.i_mapping, sorted(inode.i_mapping.i_pages))
        inode.i_size = 0
