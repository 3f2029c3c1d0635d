"""Events about semaphores of System V."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class SemCreate(Event):
    """A set of semaphores was made."""

    story_level = "chapter"
    stands_for = "ipc/sem.c: newary()"

    semid: int
    key: int
    nsems: int


@dataclass(frozen=True, slots=True)
class SemvalSet(Event):
    """A semaphore has another value."""

    story_level = "chapter"
    stands_for = "ipc/sem.c: perform_atomic_semop()"

    semid: int
    semnum: int
    old: int
    new: int


@dataclass(frozen=True, slots=True)
class SemWait(Event):
    """A task waits until its operations can be done."""

    story_level = "chapter"
    stands_for = "ipc/sem.c: do_semtimedop()"

    pid: int
    semid: int


@dataclass(frozen=True, slots=True)
class SemWake(Event):
    """A task that waited for semaphores may go on."""

    story_level = "chapter"
    stands_for = "ipc/sem.c: wake_up_sem_queue_prepare()"

    pid: int  # who wakes
    waiter: int


@dataclass(frozen=True, slots=True)
class SemUndone(Event):
    """A task ended, and what it did to a set is undone."""

    story_level = "chapter"
    stands_for = "ipc/sem.c: exit_sem()"

    pid: int
    semid: int


@dataclass(frozen=True, slots=True)
class SemPermSet(Event):
    """A set has another owner, or other rights."""

    story_level = "chapter"
    stands_for = "ipc/sem.c: semctl_down()"

    semid: int
    uid: int
    gid: int
    mode: int


@dataclass(frozen=True, slots=True)
class SemDestroy(Event):
    """A set of semaphores is gone."""

    story_level = "chapter"
    stands_for = "ipc/sem.c: freeary()"

    semid: int
