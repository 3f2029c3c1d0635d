"""Pipes."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.linux.fs.file import close_fd, fd_install
from vmlab.model.linux.fs.file_table import alloc_file, fput
from vmlab.model.linux.fs.inode import alloc_inode
from vmlab.model.linux.include.fs import DEV_PIPEFS, FMODE_READ, FMODE_WRITE, S_IFIFO
from vmlab.model.linux.include.structs import TaskStruct


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
    try:
        first = fd_install(task, reader, False)
    except LinuxError:
        fput(system, writer)
        raise
    try:
        return first, fd_install(task, writer, False)
    except LinuxError:
        close_fd(task, first)
        raise
