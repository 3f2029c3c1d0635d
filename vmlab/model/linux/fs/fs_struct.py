"""The working directory of a task, and what else it has to do with paths."""

from __future__ import annotations

from vmlab.model.abi.clone import CLONE_FS
from vmlab.model.linux.fs.inode import iput
from vmlab.model.linux.include.structs import FsStruct, Inode, System, TaskStruct
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit


def init_fs(task: TaskStruct) -> None:
    """Give a task the root as its working directory.

    Source: fs/fs_struct.c: copy_fs_struct() [v5.4].
    """
    task.fs = _alloc_fs(task.system, task.system.namei["/"])


def copy_fs(parent: TaskStruct, child: TaskStruct, flags: int) -> None:
    """Give a child its working directory: the parent's own, or a copy.

    Args:
        parent: the task that calls.
        child: the new task.
        flags: CLONE_FS lets both share it.

    Source: kernel/fork.c: copy_fs() [v5.4].
    """
    fs = parent.fs
    if fs is None:
        return
    if flags & CLONE_FS:
        fs.users += 1
        child.fs = fs
        return
    child.fs = _alloc_fs(parent.system, fs.pwd)
    child.fs.umask = fs.umask


def _alloc_fs(system: System, pwd: Inode) -> FsStruct:
    fs = FsStruct(system.next_fs, pwd)
    system.next_fs += 1
    pwd.i_count += 1
    return fs


def set_fs_pwd(task: TaskStruct, inode: Inode) -> None:
    """Change the working directory.

    Emits: fs_pwd; inode_free, if the old one had no name left.
    Source: fs/fs_struct.c: set_fs_pwd() [v5.4].
    """
    fs = task.fs
    assert fs is not None
    inode.i_count += 1
    old, fs.pwd = fs.pwd, inode
    emit(task, process_events.FsPwd, task.pid, inode.name)
    _put(task.system, old)


def exit_fs(task: TaskStruct) -> None:
    """Let a task that ends give its working directory up.

    Emits: inode_free, if the directory had no name left.
    Source: fs/fs_struct.c: exit_fs() [v5.4].
    """
    fs = task.fs
    task.fs = None
    if fs is not None:
        fs.users -= 1
        if not fs.users:
            _put(task.system, fs.pwd)


def _put(system: System, pwd: Inode) -> None:
    pwd.i_count -= 1
    iput(system, pwd)
