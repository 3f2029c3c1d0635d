"""What takes the memory of a real process: its regions by name, those that take most first.

A bar is as long as PSS: full is memory that only this process has, hollow its share of what others
have too. Dashed is what was swapped out. All regions of one name, as those of a file, are one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmlab.diagrams.dot import clean
from vmlab.diagrams.drawing import Drawing
from vmlab.diagrams.palette import FAINT, SOFT, TONES
from vmlab.diagrams.regions import REGION_TONES, owner, size
from vmlab.diagrams.rows import elided
from vmlab.model.mmu.page import KiB
from vmlab.state import views
from vmlab.state.ids import mm_id, vma_id
from vmlab.state.observed import Counts, Observed
from vmlab.state.snapshot import MmState
from vmlab.words.columns import cut
from vmlab.words.language import N_, say, say_n

WIDTH = 560  # points
LEFT, RIGHT = 150, 400  # where bars begin and end
ROW, BAR = 16, 10
NAME = 23  # letters
ROWS = 18  # of one process; of several, that many together
LISTED = 40  # in words
LEGEND = N_("full: private   hollow: its share of what others have too   dashed: swapped out")


@dataclass(frozen=True, slots=True)
class Use:
    """What one name takes."""

    name: str
    kind: str  # as `views.kind` has it
    start: int  # of its region that takes most
    regions: int
    private: int  # bytes, as the following
    shared: int
    swapped: int
    pss: int  # where a page that n processes have counts for 1/n

    @property
    def rss(self) -> int:
        """Return what is in memory."""
        return self.private + self.shared

    @property
    def all(self) -> int:
        """Return what counts for the process: its share of memory, and what was swapped out."""
        return self.pss + self.swapped

    def __add__(self, other: Use) -> Use:
        more = other.all > self.all
        return Use(
            self.name,
            self.kind,
            other.start if more else self.start,
            self.regions + other.regions,
            self.private + other.private,
            self.shared + other.shared,
            self.swapped + other.swapped,
            self.pss + other.pss,
        )


def uses(snap: Observed, mm: MmState) -> list[Use]:
    """Return what takes the memory of a process, by name, those that take most first."""
    layout = views.layout(mm)
    counts = snap.seen[mm.mm].counts
    found: dict[str, Use] = {}
    for vma in mm.mmap:
        kind = views.kind(layout, vma)
        name = views.short_name(layout, vma)
        if vma.vm_file and kind != "shared":
            name = vma.name.rpartition("/")[2] or vma.name
        elif kind == "anon" and not vma.name:
            name = ""
        use = _use(name, kind, vma.vm_start, counts.get(vma.vm_start, {}))
        found[name] = found[name] + use if name in found else use
    return sorted(found.values(), key=lambda use: (-use.all, use.name))


def _use(name: str, kind: str, start: int, counts: Counts) -> Use:
    def total(*names: str) -> int:
        return sum(counts.get(each, 0) for each in names) * KiB

    return Use(
        name,
        kind,
        start,
        1,
        total("Private_Clean", "Private_Dirty", "Private_Hugetlb"),
        total("Shared_Clean", "Shared_Dirty", "Shared_Hugetlb"),
        total("Swap"),
        total("Pss" if "Pss" in counts else "Rss"),
    )


def called(use: Use) -> str:
    """Say what takes it."""
    name = clean(use.name) or say("anonymous, without a name")
    if use.regions == 1:
        return name
    return say_n(use.regions, "{name} ({n} region)", "{name} ({n} regions)", name=name)


def total_words(found: Sequence[Use]) -> str:
    """Say how much a process takes in all."""
    values = {
        "rss": size(sum(use.rss for use in found)),
        "pss": size(sum(use.pss for use in found)),
        "private": size(sum(use.private for use in found)),
    }
    swapped = sum(use.swapped for use in found)
    if swapped:
        return say(
            "RSS {rss}, PSS {pss}, private {private}, swapped {swap}", swap=size(swapped), **values
        )
    return say("RSS {rss}, PSS {pss}, private {private}", **values)


def memory_use_svg(snap: Observed, *, mms: Sequence[int] | None = None) -> str:
    """Draw what takes the memory of some processes.

    Args:
        snap: what is known of them, with the counts of smaps.
        mms: numbers of mm_structs; None = all there are.
    """
    picture = Drawing("memory_use", WIDTH)
    spaces = [mm for mm in snap.mms if mms is None or mm.mm in mms]
    rows = max(ROWS // max(len(spaces), 1), 3)
    top = 14.0
    for mm in spaces:
        top = _process(picture, snap, mm, rows, top) + 10
    picture.text(4, top, say(LEGEND), colour=SOFT.light)
    return picture.svg(top + 8)


def _process(picture: Drawing, snap: Observed, mm: MmState, rows: int, top: float) -> float:
    found = [use for use in uses(snap, mm) if use.all]
    with picture.object(mm_id(mm.mm), owner(snap, mm)):
        picture.text(4, top, owner(snap, mm), bold=True)
        picture.text(WIDTH - 4, top, total_words(found), anchor="end")
    most = max((use.all for use in found), default=1)
    everything = sum(use.all for use in found) or 1
    for use in found[:rows]:
        top += ROW
        with picture.object(vma_id(mm.mm, use.start), _words(use)):
            # All of the row can be pointed at, between the words too.
            picture.box(0, top - BAR, WIDTH, top + 3, fill="transparent", line="none")
            picture.text(LEFT - 6, top, cut(_short(use), NAME), anchor="end")
            _bars(picture, use, top, (RIGHT - LEFT) / most)
            said = f"{size(use.all):>9} {_percent(use.all, everything):>5}"
            picture.text(WIDTH - 4, top, said, anchor="end")
    if found[rows:]:
        top += ROW
        picture.text(LEFT, top, _more(found[rows:]), colour=SOFT.light, italic=True)
    return top + ROW


def _more(rest: Sequence[Use]) -> str:
    all_ = size(sum(use.all for use in rest))
    return elided(say_n(len(rest), "{n} more: {size}", "{n} more: {size}", size=all_))


def _short(use: Use) -> str:
    return clean(use.name) or say("anonymous")


def _bars(picture: Drawing, use: Use, top: float, scale: float) -> None:
    tone = TONES[REGION_TONES[use.kind]]
    left = float(LEFT)
    low, high = top - BAR + 1, top + 1
    parts = (
        (use.private, tone.line.light, tone.line.light, ""),
        (max(use.pss - use.private, 0), tone.fill.light, tone.line.light, ""),
        (use.swapped, "none", FAINT.light, "3,2"),
    )
    for length, fill, line, dashes in parts:
        if length:
            right = left + max(length * scale, 0.5)
            picture.box(left, low, right, high, fill=fill, line=line, dashes=dashes)
            left = right


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    return f"{share:.0f}%" if share >= 1 else "<1%"


def _words(use: Use) -> str:
    values = {
        "what": called(use),
        "private": size(use.private),
        "shared": size(use.shared),
        "pss": size(use.pss),
    }
    if use.swapped:
        return say(
            "{what}: private {private}, shared {shared}, PSS {pss}, swapped {swap}",
            swap=size(use.swapped),
            **values,
        )
    return say("{what}: private {private}, shared {shared}, PSS {pss}", **values)


def memory_use_text(snap: Observed, *, mms: Sequence[int] | None = None) -> str:
    """Say the picture in words: what each name takes."""
    said = []
    for mm in snap.mms:
        if mms is None or mm.mm in mms:
            found = [use for use in uses(snap, mm) if use.all]
            said.append(f"{owner(snap, mm)}: {total_words(found)}")
            said += (f"  {_words(use)}" for use in found[:LISTED])
            if found[LISTED:]:
                said.append(f"  {_more(found[LISTED:])}")
    return "\n".join(said)
