"""The VMAs of one address space from one snapshot to the next."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from operator import attrgetter

from vmlab.model.linux.fs.proc.task_mmu import vma_name
from vmlab.model.linux.include.structs import MmStruct, VmAreaStruct
from vmlab.state.capture import vma_state
from vmlab.state.rows import Rows
from vmlab.state.snapshot import VmaState

START = attrgetter("vm_start")
_END = 1 << 64  # above every address

Changed = tuple[VmAreaStruct, VmaState | None, VmaState | None]  # with what it was and what it is


class _DisorderError(Exception):
    # The list is not what the old one and the changes tell.
    pass


class Space:
    """What the last snapshot says of the VMAs of an address space.

    Args:
        mm: the address space.
        known: its VMAs as they are now, frozen.
    """

    def __init__(self, mm: MmStruct, known: Rows[VmaState]) -> None:
        self.mm = mm
        self.rows = known
        self.frozen: dict[VmAreaStruct, VmaState] = dict(zip(mm, known, strict=True))
        self._by_start = {state.vm_start: vma for vma, state in self.frozen.items()}
        self._head = mm.mmap
        self._layout = self._names_follow()

    def update(self, told: Collection[VmAreaStruct]) -> list[Changed]:
        """Look at what changed; `rows` are as the VMAs are now.

        Args:
            told: VMAs of this address space that were changed since, whether they are in its
                list or not.

        Returns the VMAs that came, went or are different.
        """
        mm = self.mm
        if self._layout != self._names_follow():
            self._layout = self._names_follow()
            told = {*told, *(vma for vma, old in self.frozen.items() if old.name != vma_name(vma))}
        if not told and mm.mmap is self._head:
            return []
        try:
            changed = self._changed(told)
            edits: dict[int, VmaState | None] = {}
            for _, old, _ in changed:
                if old is not None:
                    edits[old.vm_start] = None
            edits |= {new.vm_start: new for _, _, new in changed if new is not None}
            rows = self.rows.edited(edits, START)
            gone = sum(new is None for _, _, new in changed)
            came = sum(old is None for _, old, _ in changed)
            if len(rows) != len(self.rows) + came - gone:
                raise _DisorderError
        except _DisorderError:
            changed = self._all_changed()
            rows = self.rows.replaced([vma_state(vma) for vma in mm])
        for vma, old, _ in changed:
            if old is not None:
                del self.frozen[vma]
                self._by_start.pop(old.vm_start, None)
        for vma, _, new in changed:
            if new is not None:
                self.frozen[vma] = new
                self._by_start[new.vm_start] = vma
        self.rows, self._head = rows, mm.mmap
        return changed

    def _names_follow(self) -> tuple[int, ...]:
        # What [heap] and [stack] are told by.
        return self.mm.start_brk, self.mm.brk, self.mm.start_stack

    def _changed(self, told: Collection[VmAreaStruct]) -> list[Changed]:
        # A VMA that was not told of has the neighbours it had. So the list leads along the old one
        # up to the next VMA that was, and what the list leaves out from there on is gone.
        old, frozen = self.rows, self.frozen
        new: list[VmAreaStruct] = []
        gone: list[VmAreaStruct] = []
        stay: list[VmAreaStruct] = []

        def follow(vma: VmAreaStruct | None, low: int) -> int:
            while vma is not None and vma not in frozen:
                new.append(vma)
                vma = vma.vm_next
            high = frozen[vma].vm_start if vma is not None else _END
            if high <= low:
                raise _DisorderError
            gone.extend(self._by_start[state.vm_start] for state in old.between(low, high, START))
            return high

        at = follow(self.mm.mmap, -1)
        for start, vma in sorted(self._places(told), key=lambda place: place[0]):
            if start >= at:
                stay.append(vma)
                at = follow(vma.vm_next, start)
        kept = dict.fromkeys((*stay, *self._parents((*told, *new))))
        for vma in gone:
            kept.pop(vma, None)
        return [
            *((vma, frozen[vma], None) for vma in gone),
            *((vma, None, vma_state(vma)) for vma in new),
            *((vma, frozen[vma], vma_state(vma)) for vma in kept),
        ]

    def _places(self, told: Collection[VmAreaStruct]) -> Iterator[tuple[int, VmAreaStruct]]:
        for vma in told:
            if vma in self.frozen:
                yield self.frozen[vma].vm_start, vma

    def _parents(self, told: Collection[VmAreaStruct]) -> Iterator[VmAreaStruct]:
        # A VMA says where its children in the tree begin.
        for vma in told:
            if vma.rb_parent in self.frozen:
                yield vma.rb_parent

    def _all_changed(self) -> list[Changed]:
        return [
            *((vma, old, None) for vma, old in self.frozen.items()),
            *((vma, None, vma_state(vma)) for vma in self.mm),
        ]
