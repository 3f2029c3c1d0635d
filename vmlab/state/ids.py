"""Names of objects in pictures: the same object has the same id in every picture and step.

A picture that shows an object twice gives the second showing the id of a *part*,
`<object>.<part>`, because ids in one picture are unique; `object_id` leads back.
"""

from __future__ import annotations

import re
from functools import lru_cache

# What each kind of id is made of: d is a decimal number, x a hexadecimal one.
KINDS = {
    "mm": "d",  # mm_struct
    "vma": "dx",  # mm_struct, vm_start
    "gap": "dx",  # mm_struct, first free address: what lies between two VMAs
    "pte": "dx",  # mm_struct, address of the page
    "pfn": "d",  # frame number
    "task": "d",  # pid
    "file": "d",
    "ino": "d",
    "anon_vma": "d",
    "tlb": "dx",  # ASID, virtual page number
    "step": "d",  # step of a recording
}
_ID = re.compile(rf"({'|'.join(sorted(KINDS, key=len, reverse=True))})_([0-9a-f_]+)")


def mm_id(mm: int) -> str:
    """Return the id of an mm_struct."""
    return f"mm_{mm}"


def vma_id(mm: int, vm_start: int) -> str:
    """Return the id of a VMA.

    >>> vma_id(1, 0x401000)
    'vma_1_401000'
    """
    return f"vma_{mm}_{vm_start:x}"


def gap_id(mm: int, start: int) -> str:
    """Return the id of the free range that begins at `start`."""
    return f"gap_{mm}_{start:x}"


def pte_id(mm: int, addr: int) -> str:
    """Return the id of the page-table entry of the page at `addr`."""
    return f"pte_{mm}_{addr:x}"


def entry_id(table: int, index: int) -> str:
    """Return the id of an entry of a page table above the last level: a part of the table.

    >>> entry_id(9, 255)
    'pfn_9.e255'
    """
    return part(pfn_id(table), f"e{index}")


def pfn_id(pfn: int) -> str:
    """Return the id of a frame."""
    return f"pfn_{pfn}"


def task_id(pid: int) -> str:
    """Return the id of a task."""
    return f"task_{pid}"


def file_id(file: int) -> str:
    """Return the id of a struct file."""
    return f"file_{file}"


def ino_id(ino: int) -> str:
    """Return the id of an inode."""
    return f"ino_{ino}"


def anon_vma_id(anon_vma: int) -> str:
    """Return the id of an anon_vma."""
    return f"anon_vma_{anon_vma}"


def tlb_id(asid: int, vpn: int) -> str:
    """Return the id of a TLB entry."""
    return f"tlb_{asid}_{vpn:x}"


def step_id(step: int) -> str:
    """Return the id of a step of a recording."""
    return f"step_{step}"


def part(object_id: str, name: str) -> str:
    """Return the id of a further showing, or of a part, of an object.

    >>> part("vma_1_401000", "region")
    'vma_1_401000.region'
    """
    return f"{object_id}.{name}"


def object_id(element_id: str) -> str:
    """Return the object that an element of a picture shows.

    >>> object_id("vma_1_401000.region")
    'vma_1_401000'
    """
    return element_id.partition(".")[0]


@lru_cache(maxsize=4096)  # every picture asks of every object what is marked
def parse(element_id: str) -> tuple[str, tuple[int, ...]] | None:
    """Take an id apart: kind and numbers; None if it names no object.

    >>> parse("vma_1_401000.region")
    ('vma', (1, 4198400))
    >>> parse("more_vmas") is None
    True
    """
    found = _ID.fullmatch(object_id(element_id))
    if found is None:
        return None
    kind, numbers = found[1], found[2].split("_")
    shape = KINDS[kind]
    if len(numbers) != len(shape):
        return None
    try:
        bases = (10 if letter == "d" else 16 for letter in shape)
        return kind, tuple(int(text, base) for text, base in zip(numbers, bases, strict=True))
    except ValueError:
        return None
