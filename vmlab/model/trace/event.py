"""What every event has."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

Level = Literal["chapter", "step", "mechanics"]


@dataclass(frozen=True, slots=True)
class Event:
    """One step of the kernel or of the hardware: values and codes only, no words.

    Field names mean the same in every event: `mm` is the number of an mm_struct, `vma` and
    `other` the vm_start of a VMA in bytes, `addr` a virtual address in bytes, `pfn` and
    `new_pfn` frame numbers, `pid` and `child` process numbers, `reason` a `vmlab.codes.Reason`.
    """

    name: ClassVar[str]
    # A chapter begins a part of the story; mechanics are what a beginner can skip.
    story_level: ClassVar[Level]
    stands_for: ClassVar[str]  # the tracepoint of Linux, or the function in which it happens

    def __init_subclass__(cls) -> None:
        super(Event, cls).__init_subclass__()
        cls.name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    def values(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}
