"""What every event has."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """One step of the kernel or of the hardware: integers and strings only.

    Field names mean the same in every event: `mm` is the number of an mm_struct, `vma` and
    `other` the vm_start of a VMA in bytes, `addr` a virtual address in bytes, `pfn` and
    `new_pfn` frame numbers, `pid` and `child` process numbers, `reason` words.
    """

    name: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super(Event, cls).__init_subclass__()
        cls.name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    def sentence(self) -> str:
        """Say what happened, and why, in one plain English sentence."""
        raise NotImplementedError

    def values(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def count(number: int, noun: str) -> str:
    """Say a number of things.

    >>> count(1, "page"), count(2, "page")
    ('1 page', '2 pages')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
