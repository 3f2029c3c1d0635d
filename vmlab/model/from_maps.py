"""An address space out of the lines of /proc/PID/maps."""

from __future__ import annotations

from collections.abc import Sequence

from vmlab.errors import LinuxError, StateError
from vmlab.model.abi.maps import DELETED, MapsLine, hidden_path
from vmlab.model.abi.mman import (
    VM_ACCESS_FLAGS,
    VM_ACCOUNT,
    VM_DONTCOPY,
    VM_DONTDUMP,
    VM_DROPPABLE,
    VM_GROWSDOWN,
    VM_HUGEPAGE,
    VM_LOCKED,
    VM_LOCKONFAULT,
    VM_MAYEXEC,
    VM_MAYREAD,
    VM_MAYSHARE,
    VM_MAYWRITE,
    VM_MERGEABLE,
    VM_NOHUGEPAGE,
    VM_NORESERVE,
    VM_RAND_READ,
    VM_SEALED,
    VM_SEQ_READ,
    VM_SHARED,
    VM_WIPEONFORK,
    VM_WRITE,
)
from vmlab.model.filesystem import Filesystem, check_path
from vmlab.model.linux.arch.x86.entry.vdso import SPECIAL_FLAGS, install_special_mapping
from vmlab.model.linux.fs.file_table import alloc_file
from vmlab.model.linux.fs.inode import alloc_inode
from vmlab.model.linux.fs.proc.task_mmu import vm_flags_named
from vmlab.model.linux.include.fs import (
    DEV_SHMEM,
    EXT4_MAX_SIZE,
    FMODE_READ,
    FMODE_WRITE,
    S_IFDIR,
    S_IFREG,
    is_dev_zero,
)
from vmlab.model.linux.include.mm import VM_STACK_FLAGS, vma_pages
from vmlab.model.linux.include.structs import (
    File,
    Inode,
    MmStruct,
    System,
    TaskStruct,
    VmAreaStruct,
)
from vmlab.model.linux.mm.util import vm_acct_memory
from vmlab.model.linux.mm.vma import vm_stat_account, vma_link, vma_set_page_prot
from vmlab.model.maps_layout import set_layout
from vmlab.model.mmu.page import PAGE_SHIFT

_DIRECTORIES = 1 << 24  # letters of the paths of all directories: a deep path has very many
_LONGEST_FILE = 1 << 63  # bytes; none is so long
_MAY = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC
_MAY_SHIFT = 4  # from VM_READ to VM_MAYREAD
# The flags of smaps that can be taken over, whatever is mapped, and of memory without a file.
_OF_ANY = (
    _MAY
    | (VM_LOCKED | VM_LOCKONFAULT | VM_ACCOUNT | VM_NORESERVE | VM_SEQ_READ | VM_RAND_READ)
    | (VM_DONTCOPY | VM_DONTDUMP | VM_HUGEPAGE | VM_NOHUGEPAGE | VM_MERGEABLE | VM_SEALED)
)
_OF_ANONYMOUS = VM_GROWSDOWN | VM_WIPEONFORK | VM_DROPPABLE


Key = tuple[str, int, str]  # what tells a file from others: see MapsLine.mapped
Places = dict[Key, list[str]]  # the paths that the machine has for a file, none = it has no name


def place_files(lines: Sequence[MapsLine], fs: Filesystem, system: System) -> Places:
    """Find out, before anything is made, which files of this machine the lines map.

    A file has the paths that the lines give it. If another one has that path already, it stands
    in a folder of its own: /08:01:5/a.

    Raises:
        StateError: with the line whose path is something else, or that maps what lies past the
            end of the longest file, or that gives a file the names of two.
    """
    kinds = {path: fs.kind(path) for path in fs}
    room = _DIRECTORIES
    places: Places = {}
    owners: dict[str, Key] = {}
    for line in lines:
        key = _key(line)
        if key is None:
            continue
        if line.offset + line.end - line.start >= _LONGEST_FILE:
            raise StateError.at_line(line.number, "maps_past_longest_file", offset=line.offset)
        paths = places.setdefault(key, [])
        path = line.path
        if not path:
            continue
        if owners.setdefault(path, key) != key:
            path = hidden_path(line.dev, line.inode, path)
        if path in paths:
            continue
        there = {inode for name in (*paths, path) if (inode := system.namei.get(name))}
        if len(there) > 1:
            raise StateError.at_line(line.number, "maps_file_is_two", path=path, other=paths[0])
        if "/dev/zero" in paths or (paths and path == "/dev/zero"):
            raise StateError.at_line(line.number, "not_regular_file", path="/dev/zero")
        paths.append(path)
        if path == "/dev/zero":
            continue
        try:
            check_path(path)
        except LinuxError as failure:
            raise StateError.at_line(line.number, failure.check) from None
        ends = [at for at in range(1, len(path)) if path[at] == "/"]
        if path not in kinds:
            room -= sum(ends)
        if room < 0:
            raise StateError.at_line(line.number, "paths_too_deep", most=_DIRECTORIES)
        parents = {path[:at] for at in ends}
        if kinds.get(path, S_IFREG) != S_IFREG:
            raise StateError.at_line(line.number, "not_regular_file", path=path)
        if any(kinds.get(parent, S_IFDIR) != S_IFDIR for parent in parents):
            raise StateError.at_line(line.number, "path_below_file", path=path)
        kinds[path] = S_IFREG
        kinds.update(dict.fromkeys(parents, S_IFDIR))
    return places


def _key(line: MapsLine) -> Key | None:
    # What the kernel owns has no file, whatever inode stands there.
    return None if line.name in SPECIAL_FLAGS else line.mapped


def map_lines(
    task: TaskStruct, mm: MmStruct, fs: Filesystem, lines: Sequence[MapsLine], places: Places
) -> None:
    """Give a task an address space with these VMAs.

    Args:
        task: the task.
        mm: the address space, still empty.
        fs: the machine's files; those that are missing are made, with nothing but holes.
        lines: in order of address, checked.
        places: what `place_files` found.
    """
    task.mm = task.active_mm = mm
    files = _files(task.system, fs, lines, places)
    for line in lines:
        if line.name in SPECIAL_FLAGS:
            flags = SPECIAL_FLAGS[line.name] & ~VM_ACCESS_FLAGS | line.access
            install_special_mapping(mm, line.start, line.end, flags, line.name)
        else:
            key = _key(line)
            _link(mm, line, files[key, line.name] if key is not None else None)
    for file in files.values():
        file.f_count -= 1  # the VMAs hold it now
    set_layout(task, mm, lines)


def _files(
    system: System, fs: Filesystem, lines: Sequence[MapsLine], places: Places
) -> dict[tuple[Key, str], File]:
    # One open file for each name under which a file is mapped.
    files: dict[tuple[Key, str], File] = {}
    mapped: dict[Key, dict[str, list[MapsLine]]] = {key: {} for key in places}
    for line in lines:
        key = _key(line)
        if key is not None:
            mapped[key].setdefault(line.name, []).append(line)
    for key, names in mapped.items():
        users = [line for each in names.values() for line in each]
        size = max(line.offset + line.end - line.start for line in users)
        inode = _inode(system, fs, places[key], size) if places[key] else None
        if inode is None:
            inode = alloc_inode(system, S_IFREG, users[0].name.removesuffix(DELETED), DEV_SHMEM)
            inode.i_nlink, inode.i_size = 0, size
        for name, each in names.items():
            written = any(line.shared and _is_written(line) for line in each)
            mode = FMODE_READ | FMODE_WRITE if written else FMODE_READ
            files[key, name] = alloc_file(system, inode, mode, name)
    return files


def _inode(system: System, fs: Filesystem, paths: Sequence[str], size: int) -> Inode:
    # The file that has these paths, so long that all of it can be mapped.
    known = next((path for path in paths if path in system.namei), paths[0])
    if known not in system.namei:
        in_memory = size > EXT4_MAX_SIZE  # what the disk cannot hold
        fs.write(known, b"", disk=False if in_memory else None)
    for path in paths:
        if path not in system.namei:
            fs.link(known, path)
    inode = system.namei[known]
    if inode.i_size < size and not is_dev_zero(inode):
        fs.truncate(known, size)
    return inode


def _is_written(line: MapsLine) -> bool:
    # Is its file open for writing?
    return bool(line.access & VM_WRITE) or "sh" in line.vm_flags


def _link(mm: MmStruct, line: MapsLine, file: File | None) -> None:
    flags = line.access | _flags_told(line, file)
    if line.shared:
        flags |= VM_MAYSHARE
        if file is not None and file.f_mode & FMODE_WRITE and _is_shared(line):
            flags |= VM_SHARED
        else:
            flags &= ~VM_MAYWRITE
    pgoff = (line.offset if file is not None else line.start) >> PAGE_SHIFT
    vma = VmAreaStruct(mm, line.start, line.end, flags, pgoff)
    if file is not None:
        file.f_count += 1
        vma.vm_file = file
        vma.vm_ops = None if is_dev_zero(file.f_inode) else file.vm_ops
    elif line.name not in ("[heap]", "[stack]"):
        vma.vm_name = line.name
    vma_set_page_prot(vma)
    vma_link(mm, vma)
    vm_stat_account(mm, flags, vma_pages(vma))
    if flags & VM_ACCOUNT:
        vm_acct_memory(mm.system, vma_pages(vma))
    if flags & VM_LOCKED:
        mm.locked_vm += vma_pages(vma)


def _is_shared(line: MapsLine) -> bool:
    # A shared mapping of a file that is open for reading only is not VM_SHARED.
    return not line.vm_flags or "sh" in line.vm_flags


def _flags_told(line: MapsLine, file: File | None) -> int:
    # What smaps says besides r, w, x and s; else what the kernel gives a mapping of its kind.
    if line.vm_flags:
        usable = _OF_ANY if file is not None else _OF_ANY | _OF_ANONYMOUS
        return vm_flags_named(line.vm_flags) & usable | line.access << _MAY_SHIFT
    if line.name == "[stack]":
        return VM_STACK_FLAGS & ~VM_ACCESS_FLAGS
    return _MAY | (VM_ACCOUNT if line.access & VM_WRITE and not line.shared else 0)
