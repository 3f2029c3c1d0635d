"""A living process in a notebook: its pictures are drawn once a second, until it ends."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from vmlab.diagrams.dot import clean
from vmlab.diagrams.memory_samples import Sample, memory_samples_svg, memory_samples_text
from vmlab.diagrams.regions import owner
from vmlab.diagrams.unseen import why_not_drawn
from vmlab.errors import HostError, VmlabError
from vmlab.host.observed import observed
from vmlab.host.pictures import NAMES, drawn, title
from vmlab.host.proc import read_process
from vmlab.host.reading import Reading
from vmlab.model.abi.maps_text import find_count
from vmlab.record.marks import NO_MARKS, Mark, Marks
from vmlab.state import views
from vmlab.state.ids import vma_id
from vmlab.state.observed import Observed
from vmlab.state.rows import differences
from vmlab.widgets.diagram_view import DiagramView
from vmlab.words.language import N_, say

OVER_TIME = "memory_over_time"
_TAB = N_("Memory over time")
_FEW = ("status", "smaps_rollup")  # what tells how much memory a process has
SAMPLES = 1200  # kept; of more, those before are thinned out


def watch(pid: int | None = None, *, every: float = 1.0) -> Watch:
    """Draw a living process again and again: its memory over time, and where that is.

    It ends with the process, when the view is closed, by `stop()`, and when the kernel of the
    notebook is interrupted while it draws. While no page shows it, it rests.

    Args:
        pid: the number of the process; None = the Python that runs this.
        every: seconds from one look to the next.

    Raises:
        HostError: there is no such process, or the kernel does not let it be read.
    """
    return Watch(os.getpid() if pid is None else pid, every)


class Watch(DiagramView):
    """The view of a living process. Where no event loop runs, `look()` looks again."""

    from_page = frozenset(("tab", "_view_count"))

    def __init__(self, pid: int, every: float) -> None:
        self._pid, self._every = pid, every
        self._samples: list[Sample] = []
        self._began = time.monotonic()
        self._before: Observed | None = None
        self._turn: asyncio.TimerHandle | None = None
        self._stopped = False
        self._hidden = False  # a page may say so in the middle of a look
        snap = observed([read_process(pid)])
        self._title = clean(owner(snap, snap.mms[0]))
        self._names = (OVER_TIME, *(name for name in NAMES if not why_not_drawn(name, snap)))
        tabs = tuple(say(_TAB) if name == OVER_TIME else title(name) for name in self._names)
        super().__init__(tabs=tabs, tab=tabs[0], label=tabs[0])
        self._view_count = 0  # from now on the page counts
        self.observe(self._chosen, "tab")
        self.observe(self._counted, "_view_count")
        self.look()
        self._go_on()

    def __repr__(self) -> str:
        return f"Watch({self._pid})"

    @property
    def running(self) -> bool:
        """Say whether it will look again."""
        return self._turn is not None

    def look(self) -> None:
        """Look at the process now, and draw it.

        Raises:
            HostError: it has ended, or may not be read any more.
        """
        reading = read_process(self._pid, names=_FEW)
        if "VmSize" not in reading.status:
            raise HostError(say("process {pid} has ended", pid=self._pid))
        self._samples.append(_sample(reading, time.monotonic() - self._began))
        if len(self._samples) > SAMPLES:
            del self._samples[1:-1:2]
        self._draw()

    def stop(self) -> None:
        """Look no more; the last picture stays."""
        self._stopped = True
        self._pause()

    def _pause(self) -> None:
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None

    def close(self) -> None:
        """Look no more, and take the view away."""
        self.stop()
        super().close()

    def _go_on(self) -> None:
        if self._stopped or self._hidden:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no notebook: nothing would ever come to its turn
            return
        self._turn = loop.call_later(self._every, self._again)

    def _again(self) -> None:
        self._turn = None
        try:
            self.look()
        except KeyboardInterrupt:
            self.headline = say("Interrupted: it looks no more.")
        except (VmlabError, OSError) as problem:
            self.headline = self.hint = str(problem)
        else:
            self._go_on()

    def _counted(self, change: dict[str, Any]) -> None:
        self._hidden = not change["new"]
        if self._hidden:
            self._pause()
        elif not self.running:
            self._go_on()

    def _chosen(self, change: dict[str, Any]) -> None:
        self._before = None
        try:
            self._draw()
        except (VmlabError, OSError) as problem:
            self.headline = self.hint = str(problem)

    def _draw(self) -> None:
        name = self._names[self.tabs.index(self.tab)]
        marks = NO_MARKS
        if name == OVER_TIME:
            svg = memory_samples_svg(self._samples, self._title)
            words = memory_samples_text(self._samples, self._title)
        else:
            snap = observed([read_process(self._pid)])
            marks = changes(self._before, snap)
            drawing, words = drawn(snap, name, before=self._before, marks=marks)
            svg, self._before = drawing(), snap
        with self.hold_sync():
            self.svg, self.description, self.label = svg, words, self.tab
            self.highlight = tuple(sorted(marks))


def _sample(reading: Reading, at: float) -> Sample:
    rows = reading.text("smaps_rollup").splitlines()
    rollup = dict(filter(None, map(find_count, rows)))
    return Sample(
        at,
        reading.number("RssAnon"),
        reading.number("RssFile"),
        reading.number("RssShmem"),
        reading.number("VmSwap"),
        rollup.get("Pss"),
    )


def changes(before: Observed | None, now: Observed) -> Marks:
    """Return what became of the regions of processes: which are new, and which changed."""
    kinds: dict[str, Mark] = {}
    for mm in now.mms if before is not None else ():
        old = views.find_mm(before, mm.mm) if before is not None else None
        for was, vma in differences(old.mmap if old is not None else (), mm.mmap, views.START):
            if vma is not None:
                kinds[vma_id(mm.mm, vma.vm_start)] = "changed" if was is not None else "new"
    return Marks(kinds)
