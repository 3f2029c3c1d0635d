"""What changed between two states, in the terms of the kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from vmlab.model.mmu.pte import pte_flags, pte_pfn
from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.state.views import geometry, mapped
from vmlab.words.language import say

_HEX = frozenset(
    (
        *("regs", "mmap_base", "mmap_legacy_base", "task_size", "mm_rb"),
        *("flags", "def_flags", "personality"),
    )
)
_ADDRESSES = ("vm_", "start_", "end_", "arg_", "env_", "rb_", "brk", "vdso")


@dataclass(frozen=True, slots=True)
class Change:
    """One object that came, went, or is different."""

    kind: str  # 'vma', 'pte', 'page', 'frame', 'mm' ..., or what there is once: 'tlb', 'system' ...
    key: tuple[int, ...]  # its numbers: (mm, vm_start), (mm, addr), (pfn,), (pid,) ...
    before: Any  # None = it was not there
    after: Any  # None = it is gone

    def __str__(self) -> str:
        return say("{subject}: {what}", subject=_subject(self), what=_what(self))


@dataclass(frozen=True, slots=True)
class Diff:
    """All changes from one state to another."""

    vmas: tuple[Change, ...]
    ptes: tuple[Change, ...]  # last-level entries; the bytes they stand in are in `ram`
    pages: tuple[Change, ...]
    mms: tuple[Change, ...]  # without their VMAs
    tasks: tuple[Change, ...]
    files: tuple[Change, ...]
    inodes: tuple[Change, ...]
    anon_vmas: tuple[Change, ...]
    fds: tuple[Change, ...]
    ram: tuple[Change, ...]  # bytes of frames
    values: tuple[Change, ...]  # what there is once: the TLB, the running task, the next numbers

    def __bool__(self) -> bool:
        return any(getattr(self, part.name) for part in fields(self))

    def __iter__(self) -> Iterator[Change]:
        for part in fields(self):
            yield from getattr(self, part.name)

    def __str__(self) -> str:
        shown = (change for change in self if change.kind not in ("frame", "system"))
        return "\n".join(map(str, shown)) or say("Nothing changed.")


_LISTS: dict[str, Callable[[Any], int]] = {
    "pages": lambda page: page.pfn,
    "tasks": lambda task: task.pid,
    "files": lambda file: file.file,
    "inodes": lambda inode: inode.ino,
    "anon_vmas": lambda anon_vma: anon_vma.anon_vma,
    "fds": lambda table: table.files,
}
_KINDS = {"pages": "page", "tasks": "task", "files": "file", "inodes": "inode"}
_KINDS |= {"anon_vmas": "anon_vma", "fds": "fds"}
_VALUES = ("geometry", "ram_bytes", "current", "zero_pfn", "tlb", "system")


def diff(before: Snapshot, after: Snapshot) -> Diff:
    """Return the changes that lead from one state of a machine to another."""
    lists = {
        name: _changes(
            _KINDS[name],
            {(key(item),): item for item in getattr(before, name)},
            {(key(item),): item for item in getattr(after, name)},
        )
        for name, key in _LISTS.items()
    }
    ram = _changes(
        "frame",
        {(pfn,): data for pfn, data in before.ram.items()},
        {(pfn,): data for pfn, data in after.ram.items()},
    )
    return Diff(
        **lists,
        vmas=_changes("vma", _vmas(before), _vmas(after)),
        ptes=_changes("pte", _ptes(before), _ptes(after)) if ram else (),
        mms=_changes("mm", _bare(before), _bare(after)),
        ram=ram,
        values=tuple(
            Change(name, (), getattr(before, name), getattr(after, name))
            for name in _VALUES
            if getattr(before, name) != getattr(after, name)
        ),
    )


def _changes(
    kind: str, before: Mapping[tuple[int, ...], Any], after: Mapping[tuple[int, ...], Any]
) -> tuple[Change, ...]:
    keys = sorted({*before, *after})
    pairs = ((key, before.get(key), after.get(key)) for key in keys)
    return tuple(Change(kind, key, old, new) for key, old, new in pairs if old != new)


def _vmas(snap: Snapshot) -> dict[tuple[int, ...], VmaState]:
    return {(mm.mm, vma.vm_start): vma for mm in snap.mms for vma in mm.mmap}


def _bare(snap: Snapshot) -> dict[tuple[int, ...], MmState]:
    return {(mm.mm,): replace(mm, mmap=()) for mm in snap.mms}


def _ptes(snap: Snapshot) -> dict[tuple[int, ...], int]:
    if geometry(snap).page_size != 1 << snap.geometry.page_shift:
        return {}
    return {(mm.mm, page.addr): page.pte for mm in snap.mms for page in mapped(snap, mm)}


# In words


def _subject(change: Change) -> str:
    match change.kind, change.key:
        case "vma", (mm, start):
            vma = change.after or change.before
            return say("VMA {start:#x}-{end:#x} of mm {mm}", start=start, end=vma.vm_end, mm=mm)
        case "pte", (mm, addr):
            return say("PTE of {addr:#x} in mm {mm}", addr=addr, mm=mm)
        case "page" | "frame", (pfn,):
            return say("frame {pfn}", pfn=pfn)
        case "fds", (number,):
            return say("descriptor table {number}", number=number)
        case "task", (pid,):
            return say("task {pid}", pid=pid)
        case "file", (number,):
            return say("file {number}", number=number)
        case kind, key:
            return " ".join((kind, *map(str, key)))  # a name of the kernel


def _what(change: Change) -> str:
    before, after = change.before, change.after
    if change.kind == "pte":
        return f"{_pte(before)} -> {_pte(after)}"
    if change.kind == "page" and before is None:
        return say("taken ({kind})", kind=after.kind)
    if change.kind == "page" and after is None:
        return say("freed ({kind})", kind=before.kind)
    if before is None:
        return say("new")
    if after is None:
        return say("gone")
    if change.kind == "frame":
        return say("different contents")
    if change.kind == "tlb":
        return _tlb(before, after)
    if isinstance(before, int):
        return f"{before} -> {after}"
    return ", ".join(
        f"{part.name} {_value(part.name, old)} -> {_value(part.name, new)}"
        for part in fields(before)
        if (old := getattr(before, part.name)) != (new := getattr(after, part.name))
    )


def _pte(entry: int | None) -> str:
    if entry is None:
        return say("empty")
    bits = (pte_flags(entry).name or "").replace("|", " ")
    if not bits:
        return say("frame {pfn} (no bits)", pfn=pte_pfn(entry))
    return say("frame {pfn} ({bits})", pfn=pte_pfn(entry), bits=bits)


def _tlb(before: Any, after: Any) -> str:
    old = {(entry.asid, entry.vpn): entry for entry in before.entries}
    new = {(entry.asid, entry.vpn): entry for entry in after.entries}
    words = [say("{vpn:#x} forgotten", vpn=key[1]) for key in old if key not in new]
    words += [say("{vpn:#x} known", vpn=key[1]) for key in new if old.get(key) != new[key]]
    for name in ("hits", "misses", "flushes"):
        if getattr(before, name) != getattr(after, name):
            words.append(f"{name} {getattr(before, name)} -> {getattr(after, name)}")
    return ", ".join(words) or say("a different order")


def _value(name: str, value: Any) -> str:
    if isinstance(value, int) and (name in _HEX or name.startswith(_ADDRESSES)):
        return f"{value:#x}"
    if is_dataclass(value):
        return f"({', '.join(_parts(value))})"
    if isinstance(value, tuple) and any(map(is_dataclass, value)):
        return f"({', '.join(_value(name, each) for each in value)})"
    return str(value) if value is not None else say("none")


def _parts(value: Any) -> Iterator[str]:
    for part in fields(value):
        yield f"{part.name} {_value(part.name, getattr(value, part.name))}"
