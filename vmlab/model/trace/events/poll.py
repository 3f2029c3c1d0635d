"""Events about files that are watched."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class EpReady(Event):
    """What an epoll watches came on its list of what may be ready."""

    story_level = "step"
    stands_for = "fs/eventpoll.c: ep_poll_callback()"

    ino: int  # of the epoll
    fd: int  # by which it was told what to watch
