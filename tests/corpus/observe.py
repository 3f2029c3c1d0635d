"""Look at a process from outside, through /proc as the model shows it, as the recordings do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Protocol

from tests.corpus.format import SKIPPED_NAMES, SMAPS_FIELDS, STATUS_FIELDS, SWAP_FIELDS
from vmlab.model.linux.fs.proc.task_mmu import PagemapEntry, vma_name
from vmlab.model.linux.include.page_flags import PG_LAZYFREE, PG_SWAPCACHE
from vmlab.model.linux.include.structs import System
from vmlab.model.linux.mm.pgtable import present_ptes
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.process import Process

USER_END = 0x7FFFFFFFF000  # above it, the pagemap says nothing


class Observed(Protocol):
    """What has the texts of /proc: a process of the model, or of the kernel of this machine."""

    def smaps(self) -> str:
        """Return /proc/PID/smaps."""

    def status(self) -> str:
        """Return /proc/PID/status."""


_lines: dict[str, tuple[str, bool]] = {}  # line of /proc -> as recorded, and whether it is skipped


def short_line(line: str, *, path: bool = False) -> tuple[str, bool]:
    """Return a line of maps without device and inode, and whether its name is a skipped one.

    Args:
        line: as /proc/PID/maps has it.
        path: keep the whole path, not only its last component.
    """
    columns = line.split(None, 5)
    name = columns[5] if len(columns) > 5 else ""
    short = f"{columns[0]} {columns[1]} {int(columns[2], 16):x}"
    shown = name.rsplit("/", 1)[-1] if name.startswith("/") and not path else name
    return f"{short} {shown}" if shown else short, name in SKIPPED_NAMES


def shortened(line: str) -> tuple[str, bool]:
    """Return what `short_line` returns, remembered: most lines come again and again."""
    entry = _lines.get(line)
    if entry is None:
        if len(_lines) > 100_000:
            _lines.clear()
        entry = _lines[line] = short_line(line)
    return entry


def short_maps(text: str) -> list[str]:
    """Return the lines of maps as an answer has them: without the skipped ones."""
    entries = map(shortened, text.splitlines())
    return [line for line, skipped in entries if not skipped]


def fingerprint(process: Process) -> list[object]:
    """Return what the maps are made from: equal fingerprints, equal maps; cheaper than the text."""
    mm = process.mm
    parts: list[object] = [
        (
            *(vma.vm_start, vma.vm_end, vma.vm_flags, vma.vm_pgoff),
            vma.vm_file and (vma.vm_file, vma_name(vma)),
        )
        for vma in mm
    ]
    parts.append((mm.brk, mm.start_brk, mm.start_stack))
    return parts


def full_maps(text: str, *, path: bool = False) -> list[str]:
    """Return all lines of maps, shortened."""
    return [short_line(line, path=path)[0] for line in text.splitlines()]


def page_kind(entry: PagemapEntry) -> str:
    """Return the letters for a page: '-', 'Z', 'G', 'S', or 'A' or 'F', with 'x' if exclusive."""
    if entry.present:
        if entry.zero:
            return "Z"
        return ("F" if entry.file else "A") + ("x" if entry.exclusive else "")
    if entry.swap is not None:
        return "S"
    return "G" if entry.guard else "-"


def kernel_flags(system: System, entry: PagemapEntry) -> str:
    """Return what /proc/kpageflags says of a page besides: 'c' in the swap cache, 'l' lazyfree."""
    if not entry.present or entry.zero:
        return ""
    flags = system.mem_map[entry.pfn].flags
    return ("c" if flags & PG_SWAPCACHE else "") + ("l" if flags & PG_LAZYFREE else "")


def page_entry(process: Process, addr: int) -> PagemapEntry | None:
    """Return the pagemap entry of an address; None for addresses the pagemap does not cover."""
    return process.pagemap(addr)[0] if addr < USER_END else None


def transition(
    before: PagemapEntry | None, after: PagemapEntry | None, flags: tuple[str, str] = ("", "")
) -> str:
    """Say how an access changed a page: kind before, '>', kind after, same frame or other.

    Args:
        before: the page before the access.
        after: the page after it.
        flags: the `kernel_flags` of both.
    """
    text = (page_kind(before) if before else "-") + flags[0] + ">"
    text += (page_kind(after) if after else "-") + flags[1]
    if before and after and before.present and after.present:
        text += "=" if before.pfn == after.pfn else "!"
    return text


def page_entries(process: Process) -> list[tuple[int, PagemapEntry]]:
    """Return address and pagemap entry of every page that is present or a guard."""
    mm = process.mm
    # Asking for each page of a terabyte takes long: the model says which are worth asking for.
    asked: list[list[int]] = []
    for vma in mm:
        if vma.vm_name not in SKIPPED_NAMES:
            for addr, _ in present_ptes(mm, vma.vm_start, min(vma.vm_end, USER_END)):
                if asked and addr == asked[-1][-1] + PAGE_SIZE:
                    asked[-1].append(addr)
                else:
                    asked.append([addr])
    found = []
    for run in asked:
        found += zip(run, process.pagemap(run[0], len(run)), strict=True)
    return found


def runs(
    entries: Iterable[tuple[int, PagemapEntry]],
    ids: dict[int, int],
    places: dict[int, int],
    flags: Callable[[PagemapEntry], str] | None = None,
) -> list[list[str]]:
    """Return the pages of a process as a snapshot has them.

    Args:
        entries: address and entry of each page that is present or a guard, in order.
        ids: frame -> number by first appearance, taken on from process to process.
        places: the same of places in swap.
        flags: the letters that follow.
    """
    result: list[tuple[int, list[str]]] = []
    last = -1
    for addr, entry in entries:
        kind = page_kind(entry)
        if kind == "S":
            assert entry.swap is not None
            kind = f"S{places.setdefault(entry.swap, len(places))}"
        elif kind not in ("Z", "G"):
            number = ids.setdefault(entry.pfn, len(ids))
            kind = f"{kind[0]}{number}{kind[1:]}" + (flags(entry) if flags else "")
        if addr == last + 0x1000:
            result[-1][1].append(kind)
        else:
            result.append((addr, [kind]))
        last = addr
    return [[f"{addr:x}", " ".join(kinds)] for addr, kinds in result]


_ENTRY = re.compile(
    r"^(?P<line>([0-9a-f]+)-.*)\n"
    + "".join(rf"(?:.*\n)*?{name}: +(\d+) kB\n" for name in SMAPS_FIELDS)
    + r"(?:.*\n)*?VmFlags: (.*)\n",
    re.MULTILINE,
)


def smaps(process: Observed, *, skip: bool = True) -> list[list[Any]]:
    """Return the rows of smaps: start, `SMAPS_FIELDS` in kB, VmFlags."""
    text = process.smaps()
    rows = []
    begin = 0
    while begin < len(text):
        end = text.index("\n", text.index("\nVmFlags: ", begin) + 1) + 1
        line, row = _row(text[begin:end])
        begin = end
        if not (skip and shortened(line)[1]):
            rows.append(list(row))
    return rows


@lru_cache(maxsize=1 << 14)  # most entries come again and again
def _row(entry: str) -> tuple[str, tuple[Any, ...]]:
    found = _ENTRY.fullmatch(entry)
    assert found is not None, entry
    line, start, *numbers, flags = found.groups()
    return line, (start, *map(int, numbers), flags.rstrip())


def smaps_swap(process: Observed) -> list[list[Any]]:
    """Return start and `SWAP_FIELDS` in kB of the VMAs that have one of them."""
    rows = []
    for entry in process.smaps().split("\nVmFlags: ")[:-1]:
        lines = entry.split("\n")
        place = next(number for number, line in enumerate(lines) if "-" in line.split()[0])
        values = dict(line.split(":", 1) for line in lines[place + 1 :])
        row = [int(values[name].split()[0]) for name in SWAP_FIELDS]
        if any(row):
            rows.append([lines[place].split("-")[0], *row])
    return rows


def status(process: Observed, names: frozenset[str] = STATUS_FIELDS) -> dict[str, int]:
    """Return the sizes of status, in kB."""
    pairs = (line.split(":", 1) for line in process.status().removesuffix("\n").split("\n"))
    return {name: int(value.split()[0]) for name, value in pairs if name in names}
