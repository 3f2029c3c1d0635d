"""The headlines of calls about objects of System V: segments, semaphores, messages."""

from __future__ import annotations

from vmlab.model.abi.msg import Msgctl
from vmlab.model.abi.sem import Semctl
from vmlab.model.abi.shm import Shmctl
from vmlab.model.trace.events.msg import MsgCreate, MsgEnqueue, MsgHand, MsgWake
from vmlab.model.trace.events.sem import SemCreate, SemvalSet, SemWake
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


def semget(facts: Facts) -> Headline:
    """Return which set it is, and whether it is new."""
    made, semid = facts.first(SemCreate), facts.result
    if made is None:
        return headline("semget", semid=semid)
    return headline("semget_makes", n=made.nsems, semid=semid)


def semop(facts: Facts) -> Headline:
    """Return what became of the semaphores, and who goes on."""
    changed = facts.of(SemvalSet)
    semid, call = facts.arg("semid"), facts.call.name
    if not changed:
        return headline("semop_same", _woken(facts), call=call, semid=semid)
    if len(changed) == 1:
        (one,) = changed
        values = {"semnum": one.semnum, "old": one.old, "new": one.new}
        return headline("semop_one", _woken(facts), call=call, semid=semid, **values)
    return headline("semop", _woken(facts), call=call, semid=semid, n=len(changed))


def semctl(facts: Facts) -> Headline:
    """Return what is asked about a set, or what becomes of it."""
    semid, semnum = facts.arg("semid"), facts.arg("semnum")
    match facts.arg("cmd"):
        case Semctl.IPC_RMID:
            return headline("semctl_rmid", _woken(facts), semid=semid)
        case Semctl.SETVAL:
            value = facts.arg("arg")
            told = {"semid": semid, "semnum": semnum, "value": value}
            return headline("semctl_setval", _woken(facts), **told)
        case Semctl.SETALL | Semctl.IPC_SET:
            return headline("semctl_set", _woken(facts), semid=semid)
        case Semctl.GETVAL:
            return headline("semctl_getval", semid=semid, semnum=semnum, value=facts.result)
        case Semctl.GETPID | Semctl.GETNCNT | Semctl.GETZCNT:
            return headline("semctl_get", semid=semid, semnum=semnum, value=facts.result)
    return headline("semctl_stat", semid=semid)


def _woken(facts: Facts) -> Headline | None:
    n = len(facts.of(SemWake)) + len(facts.of(MsgWake)) + len(facts.of(MsgHand))
    return headline("ipc_woken", n=n) if n else None


def msgget(facts: Facts) -> Headline:
    """Return which queue it is, and whether it is new."""
    code = "msgget" if facts.first(MsgCreate) is None else "msgget_makes"
    return headline(code, msqid=facts.result)


def msgsnd(facts: Facts) -> Headline:
    """Return whether the message waits, or who got it."""
    msqid, handed = facts.arg("msqid"), facts.first(MsgHand)
    if handed is not None:
        return headline("msgsnd_hands", msqid=msqid, mtype=handed.mtype, pid=handed.receiver)
    queued = facts.the(MsgEnqueue)
    return headline("msgsnd", msqid=msqid, mtype=queued.mtype, n=queued.nr_messages)


def msgrcv(facts: Facts) -> Headline:
    """Return how long the message is, and who goes on."""
    return headline("msgrcv", _woken(facts), msqid=facts.arg("msqid"), n=facts.result)


def msgctl(facts: Facts) -> Headline:
    """Return what is asked about a queue, or what becomes of it."""
    msqid = facts.arg("msqid")
    match facts.arg("cmd"):
        case Msgctl.IPC_RMID:
            return headline("msgctl_rmid", _woken(facts), msqid=msqid)
        case Msgctl.IPC_SET:
            return headline("msgctl_set", _woken(facts), msqid=msqid)
    return headline("msgctl_stat", msqid=msqid)
