"""Snapshots of one machine after another, each made of the one before and of what changed since.

It is the very snapshot that `capture` would take, in a time that depends on the changes and not
on the machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import partial
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from vmlab.model.linux.include.structs import (
    AddressSpace,
    AnonVma,
    File,
    Inode,
    MmStruct,
    Page,
    System,
    VmAreaStruct,
)
from vmlab.model.linux.lib.registry import Registry
from vmlab.model.mmu.tlb import TlbEntry
from vmlab.state import capture as frozen
from vmlab.state import capture_hardware
from vmlab.state.capture import capture, share
from vmlab.state.capture_system import system_state
from vmlab.state.follow_mm import Changed, Space
from vmlab.state.rows import Rows, frames, rows
from vmlab.state.snapshot import AnonVmaState, FileState, InodeState, MmState, PageState, Snapshot
from vmlab.state.snapshot_hardware import TlbEntryState, TlbState
from vmlab.state.watch import WatchedRegistry, watch, watched

T = TypeVar("T")
_PFN, _FILE, _INO, _ANON_VMA = map(attrgetter, ("pfn", "file", "ino", "anon_vma"))
_FIRST = itemgetter(0)


def _itself(value: int) -> int:
    return value


class Follower:
    """Takes snapshots of a kernel.

    Args:
        system: the kernel, between two calls. One follower at a time may watch it.
        snap: the state it is in.
    """

    def __init__(self, system: System, snap: Snapshot) -> None:
        self.system = system
        self.last = snap
        # What was changed since the last snapshot.
        self._pages: set[Page] = set()
        self._pfns: set[int] = set()  # of frames that came or went
        self._vmas: set[VmAreaStruct] = set()
        self._files: set[File] = set()
        self._inodes: set[Inode] = set()
        self._inos: set[int] = set()
        self._cached: dict[AddressSpace, set[int]] = {}
        self._mapped: set[AddressSpace] = set()
        self._anon_vmas: set[AnonVma] = set()
        self._anon_numbers: set[int] = set()
        self._tied: set[AnonVma] = set()
        self._paths: set[str] = set()
        self._page, self._vma = watched(Page, self._pages), watched(VmAreaStruct, self._vmas)
        self._file, self._inode = watched(File, self._files), watched(Inode, self._inodes)
        self._anon_vma = watched(AnonVma, self._anon_vmas)
        # What is held by VMAs, with how many of them; and by descriptors and address spaces.
        self._held: Counter[int] = Counter()
        self._opened: dict[int, File] = {}
        self._by_number: dict[int, File] = {}
        self._numbers: set[int] = set()  # of files that more or fewer VMAs hold
        self._tlb: dict[int, tuple[TlbEntry, TlbEntryState]] = {}
        self._spaces: dict[MmStruct, Space] = {}
        self._watch_all()

    def _watch_all(self) -> None:
        system = self.system
        for page in system.mem_map.values():
            page.__class__ = self._page
        for inode in system.inodes.values():
            self._watch_inode(inode)
        watch(system.vdso_mapping.i_pages, partial(self._tell_cached, system.vdso_mapping))
        for anon_vma in system.anon_vmas.values():
            self._watch_anon_vma(anon_vma)
        known = {mm.mm: rows(mm.mmap) for mm in self.last.mms}
        for mm in system.mms.values():
            self._spaces[mm] = space = Space(mm, known[mm.number])
            for vma in space.frozen:
                vma.__class__ = self._vma
                if vma.vm_file is not None:
                    self._hold(vma.vm_file)
        self._opened = frozen.holders(system)
        for file in (*self._opened.values(), *self._by_number.values()):
            file.__class__ = self._file
        watch(system.mem_map, self._pfns.add)
        watch(system.inodes, self._inos.add)
        watch(system.anon_vmas, self._anon_numbers.add)
        watch(system.namei, self._paths.add)
        self._set_ram_aside()

    def _watch_inode(self, inode: Inode) -> None:
        mapping = inode.i_mapping
        inode.__class__ = self._inode
        watch(mapping.i_pages, partial(self._tell_cached, mapping))
        watch(mapping.i_mmap, lambda _: self._mapped.add(mapping))

    def _tell_cached(self, mapping: AddressSpace, index: int) -> None:
        self._cached.setdefault(mapping, set()).add(index)

    def _watch_anon_vma(self, anon_vma: AnonVma) -> None:
        anon_vma.__class__ = self._anon_vma
        watch(anon_vma.rb_root, partial(self._tell_tied, anon_vma))

    def _tell_tied(self, anon_vma: AnonVma, avc: Any) -> None:
        self._tied.add(anon_vma)
        self._vmas.add(avc.vma)

    def _set_ram_aside(self) -> None:
        # Nobody holds the bytes of a frame between two calls but the TLB.
        system = self.system
        for mm in system.mms.values():
            mm.pte_tables.clear()
        held = {entry.pfn for entry in system.tlb.entries.values()}
        system.ram.set_aside(frames(self.last.ram), held)

    @property
    def listening(self) -> bool:
        """Say whether it is still told of changes: another follower of the kernel ends that."""
        mem_map = self.system.mem_map
        return isinstance(mem_map, WatchedRegistry) and mem_map.tell == self._pfns.add

    def stop(self) -> None:
        """Be told no more of what comes and goes; what did not change is told of once more."""
        system = self.system
        for registry in (system.mem_map, system.inodes, system.anon_vmas, system.namei):
            registry.__class__ = Registry

    def take(self, *, in_call: bool = False) -> Snapshot:
        """Return the state the kernel is in.

        Args:
            in_call: a call is under way.
        """
        system, last = self.system, self.last
        renamed = self._renamed()
        self._vmas.update(renamed)
        moved = self._moved()
        mms = self._mms()
        # Whoever has lost or got a tie is told of by the tie, so the VMAs come first.
        self._tied.update(avc.anon_vma for vma in moved for avc in vma.anon_vma_chain)
        self._mapped.update(
            vma.vm_file.f_inode.i_mapping for vma in moved if vma.vm_file is not None
        )
        ram = capture_hardware.frames_since(system, frames(last.ram), self._pfns)
        pages, free = self._frames_in_use()
        vdso = self._i_pages(system.vdso_mapping, rows(last.system.vdso_pages))
        values = system_state(system, free, self._namei(), vdso)
        snap = Snapshot(
            geometry=last.geometry,
            ram_bytes=last.ram_bytes,
            current=frozen.current(system),
            zero_pfn=system.zero_pfn,
            tasks=_same(frozen.tasks(system), last.tasks),
            mms=last.mms if mms == last.mms else mms,
            pages=pages,
            files=self._files_held(),
            inodes=self._inode_rows(),
            anon_vmas=self._anon_vma_rows(),
            fds=_same(frozen.fds(system), last.fds),
            tlb=self._tlb_state(),
            ram=ram,
            system=last.system if values == last.system else values,
        )
        self.last = snap
        if not in_call:
            self._set_ram_aside()
        return snap

    # VMAs

    def _renamed(self) -> set[VmAreaStruct]:
        # VMAs of a file whose path names something else now, or that got another path.
        found: set[VmAreaStruct] = set()
        for file in self._by_number.values() if self._paths else ():
            if file.f_path in self._paths:
                found.update(file.f_inode.i_mapping.i_mmap)
        for file in self._files:
            old = rows(self.last.files).find(file.number, _FILE)
            if old is not None and old.path != file.f_path:
                found.update(file.f_inode.i_mapping.i_mmap)
        return found

    def _moved(self) -> list[VmAreaStruct]:
        # VMAs that begin elsewhere, or of which it is not known where they began.
        moved = []
        for vma in self._vmas:
            space = self._spaces.get(vma.vm_mm)
            old = space.frozen.get(vma) if space is not None else None
            if old is None or old.vm_start != vma.vm_start:
                moved.append(vma)
        return moved

    def _mms(self) -> tuple[MmState, ...]:
        system = self.system
        told: dict[MmStruct, list[VmAreaStruct]] = {}
        for vma in self._vmas:
            told.setdefault(vma.vm_mm, []).append(vma)
            vma.__class__ = self._vma
        self._vmas.clear()
        for mm in [mm for mm in self._spaces if mm.number not in system.mms]:
            for old in self._spaces.pop(mm).frozen.values():
                self._release(old.vm_file)
        known = {mm.mm: mm for mm in self.last.mms}
        return tuple(
            self._mm(mm, told.get(mm, ()), known.get(mm.number)) for mm in system.mms.values()
        )

    def _mm(self, mm: MmStruct, told: Collection[VmAreaStruct], old: MmState | None) -> MmState:
        space = self._spaces.get(mm)
        if space is None:
            space = self._spaces[mm] = Space(mm, Rows(map(frozen.vma_state, mm)))
            changed: list[Changed] = [(vma, None, state) for vma, state in space.frozen.items()]
        else:
            changed = space.update(told)
        for vma, before, after in changed:
            if before is not None:
                self._release(before.vm_file)
            if after is not None:
                vma.__class__ = self._vma
                if vma.vm_file is not None:
                    self._hold(vma.vm_file)
        state = frozen.mm_state(mm, space.rows)
        return old if old == state else state

    # Frames

    def _frames_in_use(self) -> tuple[Rows[PageState], Rows[int]]:
        system, mem_map = self.system, self.system.mem_map
        changes: dict[int, PageState | None] = {}
        for pfn in self._pfns.union(page.pfn for page in self._pages):
            page = mem_map.get(pfn)
            changes[pfn] = frozen.page_state(page) if page is not None else None
            if page is not None:
                page.__class__ = self._page
        free = rows(self.last.system.free_frames).edited(
            {pfn: None if pfn in mem_map else pfn for pfn in self._pfns}, _itself
        )
        if len(free) != len(system.free_frames):  # changed by hand
            free = Rows(sorted(system.free_frames))
        self._pages.clear()
        self._pfns.clear()
        return rows(self.last.pages).edited(changes, _PFN), free

    # Files

    def _hold(self, file: File) -> None:
        self._held[file.number] += 1
        self._by_number[file.number] = file
        self._numbers.add(file.number)

    def _release(self, number: int) -> None:
        self._held[number] -= 1
        self._numbers.add(number)

    def _files_held(self) -> Rows[FileState]:
        opened = frozen.holders(self.system)
        numbers = self._numbers.union(file.number for file in self._files)
        numbers |= opened.keys() ^ self._opened.keys()
        for number in self._numbers:
            if self._held[number] <= 0:
                self._by_number.pop(number, None)
                del self._held[number]
        held = {number: self._by_number.get(number) or opened.get(number) for number in numbers}
        changes: dict[int, FileState | None] = dict.fromkeys(numbers)
        for number, file in held.items():
            if file is not None:
                changes[number] = frozen.file_state(file)
                file.__class__ = self._file
        self._files.clear()
        self._numbers.clear()
        self._opened = opened
        return rows(self.last.files).edited(changes, _FILE)

    def _inode_rows(self) -> Rows[InodeState]:
        inodes, last = self.system.inodes, rows(self.last.inodes)
        inos = self._inos.union(inode.i_ino for inode in self._inodes)
        inos.update(mapping.host.i_ino for mapping in (*self._cached, *self._mapped))
        changes: dict[int, InodeState | None] = {}
        for ino in inos:
            inode, old = inodes.get(ino), last.find(ino, _INO)
            changes[ino] = self._inode_state(inode, old) if inode is not None else None
        self._inodes.clear()
        self._inos.clear()
        self._cached.clear()
        self._mapped.clear()
        return last.edited(changes, _INO)

    def _inode_state(self, inode: Inode, old: InodeState | None) -> InodeState:
        mapping = inode.i_mapping
        if old is None:
            self._watch_inode(inode)
            i_pages = frozen.i_pages(mapping)
        else:
            inode.__class__ = self._inode
            i_pages = self._i_pages(mapping, rows(old.i_pages))
        i_mmap = rows(old.i_mmap) if old is not None else Rows()
        if old is None or mapping in self._mapped:
            i_mmap = i_mmap.replaced(frozen.i_mmap(mapping))
            for vma in mapping.i_mmap:  # one may not be in a list yet
                vma.__class__ = self._vma
        return frozen.inode_state(inode, i_pages, i_mmap)

    def _i_pages(self, mapping: AddressSpace, old: Rows[tuple[int, int]]) -> Rows[tuple[int, int]]:
        pages = mapping.i_pages
        return old.edited(
            {
                index: (index, pages[index].pfn) if index in pages else None
                for index in self._cached.get(mapping, ())
            },
            _FIRST,
        )

    def _namei(self) -> Rows[tuple[str, int]]:
        namei = self.system.namei
        changes = {
            path: (path, namei[path].i_ino) if path in namei else None for path in self._paths
        }
        self._paths.clear()
        return rows(self.last.system.paths).edited(changes, _FIRST)

    # What ties frames to VMAs

    def _anon_vma_rows(self) -> Rows[AnonVmaState]:
        anon_vmas, last = self.system.anon_vmas, rows(self.last.anon_vmas)
        numbers = self._anon_numbers.union(each.number for each in (*self._anon_vmas, *self._tied))
        changes: dict[int, AnonVmaState | None] = {}
        for number in numbers:
            anon_vma, old = anon_vmas.get(number), last.find(number, _ANON_VMA)
            changes[number] = self._anon_vma_state(anon_vma, old) if anon_vma is not None else None
        self._anon_vmas.clear()
        self._anon_numbers.clear()
        self._tied.clear()
        return last.edited(changes, _ANON_VMA)

    def _anon_vma_state(self, anon_vma: AnonVma, old: AnonVmaState | None) -> AnonVmaState:
        vmas = rows(old.vmas) if old is not None else Rows()
        if old is None or anon_vma in self._tied:
            vmas = vmas.replaced(frozen.ties(anon_vma))
            for avc in anon_vma.rb_root:  # one may not be in a list yet
                avc.vma.__class__ = self._vma
        if old is None:
            self._watch_anon_vma(anon_vma)
        anon_vma.__class__ = self._anon_vma
        return frozen.anon_vma_state(anon_vma, vmas)

    # The hardware

    def _tlb_state(self) -> TlbState:
        known, now = self._tlb, {}
        for key, entry in self.system.tlb.entries.items():
            found = known.get(key)
            if found is None or found[0] is not entry:
                found = entry, capture_hardware.tlb_entry(key, entry)
            now[key] = found
        self._tlb = now
        state = capture_hardware.tlb_state(self.system, (found for _, found in now.values()))
        return self.last.tlb if state == self.last.tlb else state


def _same(new: tuple[T, ...], old: tuple[T, ...]) -> tuple[T, ...]:
    # What is equal, as the objects that were there before.
    if new == old:
        return old
    known = {value: value for value in old}
    return tuple(known.get(value, value) for value in new)


def following(system: System, follower: Follower) -> Follower:
    """Return a follower of a kernel: the one there is, or a new one if it follows another kernel
    or is not told of changes any more."""
    if follower.system is system and follower.listening:
        return follower
    return Follower(system, share(capture(system), follower.last))
