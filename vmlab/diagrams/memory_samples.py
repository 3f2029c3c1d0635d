"""The memory of a real process over time: what it had of each kind whenever somebody looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from vmlab.diagrams.drawing import Drawing
from vmlab.diagrams.palette import FAINT, INK, SOFT, TONES
from vmlab.diagrams.regions import size
from vmlab.model.mmu.page import KiB
from vmlab.words.language import N_, say, say_n

WIDTH, HEIGHT = 560, 220  # points: of the picture, and of the area
LEFT, RIGHT, TOP = 80, 540, 24
KINDS = (  # from the bottom to the top, with the tone of each
    ("anon", "anon", N_("anonymous")),
    ("file", "file", N_("files")),
    ("shmem", "shared", N_("shared")),
    ("swap", "lent", N_("swapped")),
)
_LINES = 4  # across the area


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process had at one moment; sizes are KiB."""

    time: float  # seconds since the first
    anon: int
    file: int
    shmem: int
    swap: int
    pss: int | None  # None = the kernel did not let it be read

    @property
    def kinds(self) -> tuple[int, ...]:
        """Return the sizes in the order of `KINDS`."""
        return self.anon, self.file, self.shmem, self.swap

    @property
    def rss(self) -> int:
        """Return what was in memory."""
        return self.anon + self.file + self.shmem


def memory_samples_svg(samples: Sequence[Sample], title: str) -> str:
    """Draw how the memory of a process changed.

    Args:
        samples: at least one, in order of time.
        title: whose memory it is.
    """
    picture = Drawing("memory_samples", WIDTH)
    most = _round_up(max(max(sum(each.kinds), each.pss or 0) for each in samples))
    span = max(samples[-1].time, 1.0)
    bottom = TOP + HEIGHT

    def place(time: float, kib: float) -> tuple[float, float]:
        return LEFT + (RIGHT - LEFT) * time / span, bottom - HEIGHT * kib / most

    picture.text(4, 12, title, bold=True)
    picture.text(WIDTH - 4, 12, _now(samples[-1]), anchor="end")
    for turn in range(_LINES + 1):
        height = most * turn / _LINES
        (left, y), (right, _) = place(0, height), place(span, height)
        picture.line(((left, y), (right, y)), FAINT.light, 0.5)
        picture.text(LEFT - 6, y + 3, size(int(height * KiB)), anchor="end", colour=SOFT.light)
    times = [each.time for each in samples]
    tops = [[0, *accumulate(each.kinds)] for each in samples]
    if len(samples) == 1:
        times, tops = [0, span], tops * 2
    for turn, (name, tone, words) in enumerate(KINDS):
        if any(each.kinds[turn] for each in samples):
            lower = [place(at, row[turn]) for at, row in zip(times, tops, strict=True)]
            upper = [place(at, row[turn + 1]) for at, row in zip(times, tops, strict=True)]
            last = size(samples[-1].kinds[turn] * KiB)
            fill, line = TONES[tone].fill.light, TONES[tone].line.light
            with picture.object(f"memory_samples.{name}", f"{say(words)}: {last}"):
                picture.area((*upper, *reversed(lower)), fill, line)
    shares = [place(each.time, each.pss) for each in samples if each.pss is not None]
    if shares:
        with picture.object("memory_samples.pss", f"PSS: {size((samples[-1].pss or 0) * KiB)}"):
            picture.line(shares if len(shares) > 1 else shares * 2, INK.light, 1.5, "4,2")
    picture.text(LEFT, bottom + 14, "0 s", colour=SOFT.light)
    picture.text(RIGHT, bottom + 14, f"{samples[-1].time:.0f} s", anchor="end", colour=SOFT.light)
    _legend(picture, samples, bottom + 30)
    return picture.svg(bottom + 40)


def _round_up(kib: int) -> int:
    # The end of the axis: a power of two, or three quarters of one.
    end = 64
    while end < kib:
        end *= 2
    return end * 3 // 4 if end * 3 // 4 >= kib else end


def _now(sample: Sample) -> str:
    rss = size(sample.rss * KiB)
    if sample.pss is None:
        return say("RSS {rss}", rss=rss)
    return say("RSS {rss}, PSS {pss}", rss=rss, pss=size(sample.pss * KiB))


def _legend(picture: Drawing, samples: Sequence[Sample], y: float) -> None:
    left = float(LEFT)
    for turn, (_, tone, words) in enumerate(KINDS):
        if any(each.kinds[turn] for each in samples):
            fill, line = TONES[tone].fill.light, TONES[tone].line.light
            picture.box(left, y - 8, left + 9, y + 1, fill=fill, line=line)
            picture.text(left + 13, y, say(words), colour=SOFT.light)
            left += 90
    if any(each.pss is not None for each in samples):
        picture.line(((left, y - 3), (left + 14, y - 3)), INK.light, 1.5, "4,2")
        picture.text(left + 18, y, "PSS", colour=SOFT.light)


def memory_samples_text(samples: Sequence[Sample], title: str) -> str:
    """Say the picture in words: its beginning, its highest point, its end."""
    first, last = samples[0], samples[-1]
    highest = max(samples, key=lambda each: each.rss)
    moments = say_n(len(samples), "{n} look", "{n} looks")
    said = [f"{title}, {moments}"]
    for sample in dict.fromkeys((first, highest, last)):
        said.append(f"  {sample.time:.0f} s: {_now(sample)}")
    return "\n".join(said)
