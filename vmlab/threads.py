"""One call at a time: those of another thread wait until it is over, and so does an interrupt.

The model itself also runs where there are no threads.
"""

from __future__ import annotations

import os

# Of Python's module signal only the half in C: the other half makes an enumeration of each answer,
# which costs more than most calls.
from _signal import (  # type: ignore[import-not-found]
    SIGINT,
    default_int_handler,
    getsignal,
    signal,
)
from threading import RLock, get_ident, main_thread
from types import FrameType, TracebackType
from weakref import WeakSet

from vmlab.model.trace.hook import Turn, turns

_PATIENCE = 0.2  # seconds a turn is waited for before an interrupt is looked for


class Interrupts:
    """SIGINT, kept back in the main thread while something is done; no other thread gets it.

    Attributes:
        held: how many times it is held.
        noted: whether one came.
        cuts: whether it is one that ends what is done: it raises KeyboardInterrupt.
    """

    def __init__(self) -> None:
        self.main = main_thread().ident
        self.held = 0
        self.noted = False
        self.cuts = False
        self._before: object = None

    def hold(self) -> None:
        """Keep what comes from now on."""
        if get_ident() != self.main:
            return
        if not self.held:
            before = getsignal(SIGINT)
            if callable(before):  # else it does nothing, or ends Python
                self.noted = False
                self._before = before
                signal(SIGINT, self._note)
                self.cuts = before is default_int_handler
            else:
                self._before = None
        self.held += 1

    def release(self) -> None:
        """Let what came come now."""
        if get_ident() != self.main:
            return
        self.held -= 1
        before = self._before
        if self.held or not callable(before):
            return
        self._before = None
        signal(SIGINT, before)
        if self.noted:
            self.noted = False
            before(SIGINT, None)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.noted = True


interrupts = Interrupts()


class ThreadsTurn(Turn):
    """A turn that one thread has at a time, and that no interrupt divides."""

    __slots__ = ("__weakref__", "_lock", "_owner")

    def __init__(self) -> None:
        super().__init__()
        self._own()
        _all.add(self)

    def _own(self) -> None:
        self.alone = self._lock = RLock()  # what is done may be part of something else that is done
        self._owner = 0
        self._depth = 0

    def after_fork(self) -> None:
        """Forget the thread that had the turn, if it is not in this new process."""
        if self._owner != get_ident():
            self._own()

    def __enter__(self) -> None:
        interrupts.hold()
        while not (self._lock.acquire(False) or self._lock.acquire(timeout=_PATIENCE)):
            interrupts.release()
            interrupts.hold()
        self._owner = get_ident()
        super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            super().__exit__(kind, value, traceback)
            if self.cut and not self._depth:  # of what was cut there is no answer
                interrupts.noted = False
                raise KeyboardInterrupt
        finally:
            self._lock.release()
            interrupts.release()

    def _cut_here(self, asked: int) -> bool:
        return self.is_waited_for() and interrupts.cuts

    def is_waited_for(self) -> bool:
        """Say whether an interrupt waits until what is done is over."""
        return interrupts.noted and get_ident() == interrupts.main


_all: WeakSet[ThreadsTurn] = WeakSet()


class Undivided:
    """Lets an interrupt come at the end of a block."""

    def __repr__(self) -> str:
        return "<Undivided>"

    def __enter__(self) -> None:
        interrupts.hold()

    def __exit__(self, *_: object) -> None:
        interrupts.release()


_undivided = Undivided()


def undivided() -> Undivided:
    """Return what lets an interrupt come at the end of a block."""
    return _undivided


def _in_child() -> None:
    interrupts.main = get_ident()
    for turn in _all:
        turn.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
turns.make = ThreadsTurn
turns.undivided = undivided
