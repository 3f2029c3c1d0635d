"""The headlines of calls about shared memory of System V."""

from __future__ import annotations

from vmlab.model.abi.shm import Shmctl
from vmlab.model.trace.events.shm import ShmCreate, ShmDestroy, ShmModeSet, ShmNattch
from vmlab.record.story.facts import Facts
from vmlab.record.story.headline import Headline, headline


def shmget(facts: Facts) -> Headline:
    """Return which segment it is, and whether it is new."""
    made, shmid = facts.first(ShmCreate), facts.result
    if made is None:
        return headline("shmget", shmid=shmid)
    return headline("shmget_makes", n=made.nr_bytes, shmid=shmid)


def shmat(facts: Facts) -> Headline:
    """Return where a segment is mapped."""
    return headline("shmat", shmid=facts.arg("shmid"), page=facts.page(facts.result))


def shmdt(facts: Facts) -> Headline:
    """Return which segment is mapped no more, and what went with it."""
    left, gone = facts.last(ShmNattch), facts.first(ShmDestroy)
    if left is None:
        return headline("shmdt_sealed")
    more = headline("shm_destroyed", shmid=left.shmid) if gone is not None else None
    return headline("shmdt", more, facts.frames_back(), shmid=left.shmid)


def shmctl(facts: Facts) -> Headline:
    """Return what is known of a segment, or what becomes of it."""
    shmid, changed = facts.arg("shmid"), facts.has(ShmModeSet)
    match facts.arg("cmd"):
        case Shmctl.IPC_STAT:
            return headline("shmctl_stat", facts.brought_in(), shmid=shmid)
        case Shmctl.IPC_RMID if facts.has(ShmDestroy):
            return headline("shm_destroyed", facts.frames_back(), shmid=shmid)
        case Shmctl.IPC_RMID:
            return headline("shmctl_dest", shmid=shmid)
        case Shmctl.SHM_LOCK if changed:
            return headline("shmctl_lock", shmid=shmid)
        case Shmctl.SHM_UNLOCK if changed:
            return headline("shmctl_unlock", shmid=shmid)
    return headline("shmctl_same", shmid=shmid)
