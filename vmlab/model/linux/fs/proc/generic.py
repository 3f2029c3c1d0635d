"""The tree of /proc: which names there are, and the inodes that are made when one is looked for."""

from __future__ import annotations

from collections.abc import Iterator

from vmlab.model.linux.fs.inode import alloc_inode, iput
from vmlab.model.linux.include.fs import DEV_PROC, S_IFDIR, S_IFREG
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

PROC = "/proc"
SELF = "self"
_RO, _RW, _WO, _OWN, _DIR, _FD_DIR = 0o444, 0o644, 0o200, 0o600, 0o555, 0o500
_PID_FILES = {  # of /proc/PID, and who may do what with them (fs/proc/base.c: tgid_base_stuff)
    **dict.fromkeys(("maps", "smaps", "smaps_rollup", "status", "statm", "stat", "cmdline"), _RO),
    "comm": _RW,
    "environ": 0o400,
    "auxv": 0o400,
    "pagemap": 0o400,
    "clear_refs": _WO,
    "mem": _OWN,
}
_LINKS = ("exe", "cwd", "root")
_FD = "fd"
_FILES = {"meminfo": _RO, "cpuinfo": _RO}
_SYS_FILES = {
    **dict.fromkeys(("overcommit_memory", "overcommit_ratio", "overcommit_kbytes"), _RW),
    "max_map_count": _RW,
}
_FOLDERS = {"sys": ("vm",), "sys/vm": tuple(_SYS_FILES)}


def proc_mount(system: System) -> None:
    """Make /proc, if there is nothing of that name.

    Emits: inode_create.
    Source: fs/proc/root.c: proc_fill_super() [v6.18].
    """
    if PROC not in system.namei:
        _make(system, PROC, S_IFDIR, _DIR)


def in_proc(system: System, names: list[str]) -> bool:
    """Say whether a path, part by part, leads into /proc.

    Source: fs/namei.c: traverse_mounts() [v6.18].
    """
    if names[:1] != [PROC[1:]]:
        return False
    inode = system.namei.get(PROC)
    return inode is not None and inode.dev == DEV_PROC


def proc_lookup(system: System, names: list[str]) -> Inode | None:
    """Return what a path in /proc names, links followed; None = nothing.

    Args:
        system: the kernel.
        names: the parts of the path, 'proc' first; 'self' is the caller.

    Emits: inode_create.
    Source: fs/proc/root.c: proc_root_lookup() [v6.18]; fs/proc/base.c: proc_pident_lookup()
        [v6.18].
    """
    names = [*names]
    if names[1:2] == [SELF] and system.current is not None:
        names[1] = str(system.current.tgid)
    path = "/" + "/".join(names)
    if len(names) == 1:
        return system.namei.get(path)
    task = _task(system, names[1])
    if task is None:
        inner = "/".join(names[1:])
        if inner in _FOLDERS:
            return _make(system, path, S_IFDIR, _DIR)
        mode = _FILES.get(inner) or _SYS_FILES.get(inner.removeprefix("sys/vm/"))
        known = inner in _FILES or (inner.startswith("sys/vm/") and mode is not None)
        return _make(system, path, S_IFREG, mode or 0) if known else None
    match names[2:]:
        case []:
            return _make(system, path, S_IFDIR, _DIR)
        case ["fd"]:
            return _make(system, path, S_IFDIR, _FD_DIR)
        case [name] if name in _PID_FILES:
            return _make(system, path, S_IFREG, _PID_FILES[name])
        case _:
            target = _target(task, names[2:])
            return target.f_inode if isinstance(target, File) else target


def proc_readlink(system: System, names: list[str]) -> str | None:
    """Return where a link of /proc leads, as text; None = it is no link.

    Args:
        system: the kernel.
        names: the parts of its path, 'proc' first.

    Source: fs/proc/base.c: proc_pid_readlink() [v6.18]; fs/proc/self.c: proc_self_get_link()
        [v6.18].
    """
    current = system.current
    if names[1:] == [SELF]:
        return str(current.tgid) if current is not None else None
    if names[1:2] == [SELF] and current is not None:
        names = [names[0], str(current.tgid), *names[2:]]
    task = _task(system, names[1]) if len(names) > 1 else None
    target = _target(task, names[2:]) if task is not None else None
    if isinstance(target, File):
        has_path = target.f_path.startswith("/")
        gone = has_path and system.namei.get(target.f_path) is not target.f_inode
        has_mark = target.f_path.endswith(" (deleted)")
        return target.f_path + (" (deleted)" if gone and not has_mark else "")
    return target.name if target is not None else None


def proc_readdir(system: System, folder: Inode) -> list[tuple[str, Inode]]:
    """Return what is in a directory of /proc, in order.

    Emits: inode_create.
    Source: fs/proc/base.c: proc_pid_readdir(), proc_pident_readdir(), proc_readfd_common() [v6.18].
    """
    names = folder.name[1:].split("/")
    found = ((name, proc_lookup(system, [*names, name])) for name in _inside(system, names))
    return [(name, inode) for name, inode in found if inode is not None]


def is_link(folder: Inode, name: str) -> bool:
    """Say whether a name in a directory of /proc is a link.

    Source: fs/proc/base.c: proc_pident_instantiate() [v6.18]; fs/proc/fd.c: proc_fd_instantiate()
        [v6.18].
    """
    if folder.dev != DEV_PROC:
        return False
    return name in (SELF, *_LINKS) or (folder.name.endswith(f"/{_FD}") and name.isdigit())


def proc_flush_pid(system: System, pid: int) -> None:
    """Take the names of a process away that is no more.

    Emits: inode_unlink, inode_free.
    Source: fs/proc/base.c: proc_flush_pid() [v6.18].
    """
    top = f"{PROC}/{pid}"
    if top not in system.namei:
        return
    for path in [each for each in system.namei if each == top or each.startswith(f"{top}/")]:
        inode = system.namei.pop(path)
        inode.i_nlink -= 1
        emit(system, file_events.InodeUnlink, inode.i_ino, path)
        iput(system, inode)


def task_of(inode: Inode, system: System) -> TaskStruct | None:
    """Return the process that a file of /proc is about; None if it is gone, or it is about none.

    Source: fs/proc/internal.h: get_proc_task() [v6.18].
    """
    return _task(system, inode.name.split("/")[2])


def _inside(system: System, names: list[str]) -> Iterator[str]:
    if len(names) == 1:
        yield from ("sys", *_FILES, SELF)
        yield from (str(task.pid) for task in system.tasks.values() if task.pid == task.tgid)
        return
    task = _task(system, names[1])
    if task is None:
        yield from _FOLDERS["/".join(names[1:])]
    elif names[2:] == [_FD]:
        yield from (str(fd) for fd in sorted(task.files.fd if task.files is not None else ()))
    else:
        yield from (_FD, *_PID_FILES, *_LINKS)


def _task(system: System, name: str) -> TaskStruct | None:
    is_number = name.isascii() and name.isdigit() and not name.startswith("0")
    return system.tasks.get(int(name)) if is_number else None


def _target(task: TaskStruct, names: list[str]) -> File | Inode | None:
    # Where a link of a process leads.
    match names:
        case ["exe"] if task.mm is not None:
            return task.mm.exe_file
        case ["cwd"] if task.fs is not None:
            return task.fs.pwd
        case ["root"]:
            return task.system.namei["/"]
        case ["fd", name] if name.isascii() and name.isdigit() and task.files is not None:
            return task.files.fd.get(int(name))
    return None


def _make(system: System, path: str, kind: str, mode: int) -> Inode:
    inode = system.namei.get(path)
    if inode is None:
        above = path.rpartition("/")[0]
        if above and above not in system.namei:
            _make(system, above, S_IFDIR, _DIR)
        inode = system.namei[path] = alloc_inode(system, kind, path, DEV_PROC)
        inode.i_mode = mode
    return inode
