"""Events about shared memory of System V."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class ShmCreate(Event):
    """A segment was made."""

    story_level = "chapter"
    stands_for = "ipc/shm.c: newseg()"

    shmid: int
    key: int
    ino: int
    nr_bytes: int


@dataclass(frozen=True, slots=True)
class ShmNattch(Event):
    """A segment got or lost a VMA."""

    story_level = "chapter"
    stands_for = "ipc/shm.c: shm_open()"

    shmid: int
    nattch: int  # VMAs


@dataclass(frozen=True, slots=True)
class ShmModeSet(Event):
    """A segment was marked to be destroyed, locked or unlocked."""

    story_level = "chapter"
    stands_for = "ipc/shm.c: do_shm_rmid()"

    shmid: int
    old: int  # rights and SHM_DEST, SHM_LOCKED
    new: int


@dataclass(frozen=True, slots=True)
class ShmDestroy(Event):
    """A segment is gone."""

    story_level = "chapter"
    stands_for = "ipc/shm.c: shm_destroy()"

    shmid: int
