"""A program that runs while its page can still be heard: in slices, on the kernel's own loop.

Between two slices messages of the page come in, so that a press of "stop" stops it. Jupyter may
hear them in another thread: that one waits until a slice is over. Where no loop runs, as in a test,
it runs to its end at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from threading import RLock
from time import monotonic

from vmlab.model.machine_code import Stop

SLICE = 0.04  # seconds after which messages are let in
_PAUSE = 0.01  # seconds in which they come


class Running:
    """Runs one program at a time.

    Args:
        show: is called after each slice but the last one.
        end: is called with the stop at the end; None = it was stopped by the reader.
        failed: is called with what was raised after the first slice, when nobody else hears it.
    """

    def __init__(
        self,
        show: Callable[[], None],
        end: Callable[[Stop | None], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._lock = RLock()  # a slice may stop the program itself
        self._show, self._end, self._failed = show, end, failed
        self._pieces: Iterator[Stop | None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return "<Running>" if self.is_on else "<Running nothing>"

    @property
    def is_on(self) -> bool:
        """Whether a program runs."""
        return self._pieces is not None

    def start(self, pieces: Iterator[Stop | None]) -> None:
        """Run a program; what takes no longer than a slice is over when this returns.

        Args:
            pieces: None after each piece of it, the stop at its end.
        """
        with self._lock:
            self.stop()
            self._pieces = pieces
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                self._finish(next(stop for stop in pieces if stop is not None))
            else:
                self._slice(loop, pieces)

    def stop(self) -> None:
        """Let it run no further."""
        with self._lock:
            if self._pieces is not None:
                self._finish(None)

    def _slice(self, loop: asyncio.AbstractEventLoop, pieces: Iterator[Stop | None]) -> None:
        end = monotonic() + SLICE
        try:
            for stop in pieces:
                if stop is not None:
                    self._finish(stop)
                    return
                if monotonic() >= end:
                    break
        except BaseException:
            self._pieces = None
            raise
        self._timer = loop.call_later(_PAUSE, self._next, loop, pieces)
        self._show()

    def _next(self, loop: asyncio.AbstractEventLoop, pieces: Iterator[Stop | None]) -> None:
        with self._lock:
            if self._pieces is not pieces:  # it was stopped before the lock was free
                return
            try:
                self._slice(loop, pieces)
            except Exception as failure:
                self._failed(failure)

    def _finish(self, stop: Stop | None) -> None:
        self._pieces = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._end(stop)
