"""An address space out of the lines of /proc/PID/maps."""

from __future__ import annotations

from collections.abc import Sequence

from vmlab.errors import LinuxError, StateError
from vmlab.model.abi.maps import DELETED, MapsLine
from vmlab.model.abi.mman import (
    VM_ACCESS_FLAGS,
    VM_ACCOUNT,
    VM_EXEC,
    VM_GROWSDOWN,
    VM_MAYEXEC,
    VM_MAYREAD,
    VM_MAYSHARE,
    VM_MAYWRITE,
    VM_NORESERVE,
    VM_SHARED,
    VM_WRITE,
)
from vmlab.model.filesystem import Filesystem, check_path
from vmlab.model.linux.arch.x86.entry.vdso import SPECIAL_FLAGS, install_special_mapping
from vmlab.model.linux.arch.x86.mm.mmap import arch_pick_mmap_layout
from vmlab.model.linux.fs.file_table import alloc_file
from vmlab.model.linux.include.fs import FMODE_READ, FMODE_WRITE, S_IFDIR, S_IFREG, is_dev_zero
from vmlab.model.linux.include.mm import VM_STACK_FLAGS, vma_pages
from vmlab.model.linux.include.structs import File, MmStruct, TaskStruct, VmAreaStruct, shmem_vm_ops
from vmlab.model.linux.mm.pgtable import vm_get_page_prot
from vmlab.model.linux.mm.shmem import shmem_file_setup
from vmlab.model.linux.mm.vma import vm_stat_account, vma_link
from vmlab.model.mmu.page import PAGE_SHIFT

_DIRECTORIES = 1 << 24  # letters of the paths of all directories: a deep path has very many
_LONGEST_FILE = 1 << 63  # bytes; none is so long
_MAY = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC


def check_files(lines: Sequence[MapsLine], fs: Filesystem) -> None:
    """Find out, before anything is made, whether the lines can map files of this machine.

    Raises:
        StateError: with the line whose path is something else, or that maps what lies past the
            end of the longest file.
    """
    kinds = {path: fs.kind(path) for path in fs}
    room = _DIRECTORIES
    for line in lines:
        path = line.path
        if _maps_file(line) and line.offset + line.end - line.start >= _LONGEST_FILE:
            raise StateError.at_line(line.number, "maps_past_longest_file", offset=line.offset)
        if not path or path == "/dev/zero":
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


def _maps_file(line: MapsLine) -> bool:
    # What the kernel owns has no file, whatever inode stands there.
    return line.mapped is not None and line.name not in SPECIAL_FLAGS


def map_lines(task: TaskStruct, mm: MmStruct, fs: Filesystem, lines: Sequence[MapsLine]) -> None:
    """Give a task an address space with these VMAs.

    Args:
        task: the task.
        mm: the address space, still empty.
        fs: the machine's files; those that are missing are made, with nothing but holes.
        lines: in order of address, checked.
    """
    task.mm = task.active_mm = mm
    files = _files(task, fs, lines)
    for line in lines:
        if line.name in SPECIAL_FLAGS:
            flags = SPECIAL_FLAGS[line.name] & ~VM_ACCESS_FLAGS | line.access
            install_special_mapping(mm, line.start, line.end, flags, line.name)
        else:
            _link(mm, line, files[line.mapped] if line.mapped is not None else None)
    for file in files.values():
        file.f_count -= 1  # the VMAs hold it now
    _set_layout(task, mm, lines)


def _files(
    task: TaskStruct, fs: Filesystem, lines: Sequence[MapsLine]
) -> dict[tuple[int, str] | None, File]:
    # One open file for each file that the lines name, long enough for all of them.
    system = task.system
    files: dict[tuple[int, str] | None, File] = {}
    mapped: dict[tuple[int, str] | None, list[MapsLine]] = {}
    for line in lines:
        if _maps_file(line):
            mapped.setdefault(line.mapped, []).append(line)
    for key, users in mapped.items():
        size = max(line.offset + line.end - line.start for line in users)
        path = users[0].path
        if not path:
            name = users[0].name.removesuffix(DELETED)
            files[key] = file = shmem_file_setup(system, name, size, VM_NORESERVE)
            file.f_path = users[0].name
            continue
        if path not in fs:
            fs.write(path, b"")
        inode = system.namei[path]
        if inode.i_size < size and not is_dev_zero(inode):
            fs.truncate(path, size)
        written = any(line.shared and line.access & VM_WRITE for line in users)
        mode = FMODE_READ | FMODE_WRITE if written else FMODE_READ
        files[key] = alloc_file(system, inode, mode, path)
    return files


def _link(mm: MmStruct, line: MapsLine, file: File | None) -> None:
    flags = line.access | _MAY
    if line.shared:
        flags |= VM_MAYSHARE
        if file is not None and file.f_mode & FMODE_WRITE:
            flags |= VM_SHARED
        else:
            flags &= ~VM_MAYWRITE
    elif line.access & VM_WRITE:
        flags |= VM_ACCOUNT
    if line.name == "[stack]":
        flags |= VM_STACK_FLAGS & ~VM_ACCESS_FLAGS
    pgoff = (line.offset if file is not None else line.start) >> PAGE_SHIFT
    vma = VmAreaStruct(mm, line.start, line.end, flags, pgoff)
    if file is not None:
        file.f_count += 1
        vma.vm_file = file
        vma.vm_ops = None if is_dev_zero(file.f_inode) else shmem_vm_ops
    elif line.name not in ("[heap]", "[stack]"):
        vma.vm_name = line.name
    vma.vm_page_prot = vm_get_page_prot(flags)
    vma_link(mm, vma)
    vm_stat_account(mm, flags, vma_pages(vma))


def _set_layout(task: TaskStruct, mm: MmStruct, lines: Sequence[MapsLine]) -> None:
    # What mm_struct says of the parts of the program, as far as the lines tell.
    path = next((line.path for line in lines if line.path), "")
    program = [line for line in lines if path and line.path == path]
    if program:
        task.set_task_comm(program[0].path.rsplit("/", 1)[-1])
        code = [line for line in program if line.access & VM_EXEC]
        data = [line for line in program if line.access & VM_WRITE]
        if code:
            mm.start_code, mm.end_code = code[0].start, code[-1].end
            task.rip = mm.start_code
        if data:
            mm.start_data, mm.end_data = data[0].start, data[-1].end
    heap = [line for line in lines if line.name == "[heap]"]
    if heap:
        mm.start_brk, mm.brk = heap[0].start, heap[-1].end
    else:
        mm.start_brk = mm.brk = program[-1].end if program else mm.system.mmap_min_addr
    arch_pick_mmap_layout(mm, task)
    stack = next((vma for vma in mm if vma.vm_flags & VM_GROWSDOWN), None)
    if stack is not None:
        mm.start_stack = mm.arg_start = task.rsp = stack.vm_end - 8
        mm.mmap_base = max(mm.mmap_base - mm.system.default_map_window + stack.vm_end, 0)
        for vma in mm:
            if mm.brk <= vma.vm_start < stack.vm_start:
                mm.mmap_base = vma.vm_end
