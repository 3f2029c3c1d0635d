"""The rows of the calls on objects of System V: shared memory, semaphores, messages."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call

_P = Parameter
_KEY = _P("key", Kind.IPC_KEY)
_SEMID = _P("semid", Kind.IPC_ID)
_MSQID = _P("msqid", Kind.IPC_ID)
_MSGP = _P("msgp", Kind.BUFFER)
_MSGSZ = _P("msgsz", Kind.COUNT)
_SOPS = (_P("sops", Kind.BUFFER), _P("nsops", Kind.NR_OF_SEMOPS))

IPC_CALLS: tuple[Call, ...] = (
    call(
        29,
        "shmget",
        N_("find a segment of shared memory by its key, or make one"),
        Result.NUMBER,
        _KEY,
        _P("size", Kind.LENGTH),
        _P("shmflg", Kind.SHMGET_FLAGS, 0),
    ),
    call(
        30,
        "shmat",
        N_("attach a segment of shared memory"),
        Result.ADDRESS,
        _P("shmid", Kind.SHMID),
        _P("shmaddr", Kind.HINT, 0),
        _P("shmflg", Kind.SHMAT_FLAGS, 0),
    ),
    call(
        31,
        "shmctl",
        N_("ask about a segment of shared memory, lock it, or destroy it"),
        Result.NOTHING,
        _P("shmid", Kind.SHMID),
        _P("cmd", Kind.SHM_COMMAND),
        _P("buf", Kind.BUFFER, 0),
    ),
    call(
        67,
        "shmdt",
        N_("detach a segment of shared memory"),
        Result.NOTHING,
        _P("shmaddr", Kind.ADDRESS),
    ),
    call(
        64,
        "semget",
        N_("find a set of semaphores by its key, or make one"),
        Result.NUMBER,
        *(_KEY, _P("nsems", Kind.NR_OF_SEMS), _P("semflg", Kind.IPC_FLAGS, 0)),
    ),
    call(
        65,
        "semop",
        N_("do operations on semaphores, all of them or none"),
        Result.NOTHING,
        *(_SEMID, *_SOPS),
    ),
    call(
        220,
        "semtimedop",
        N_("do operations on semaphores, but wait for a while at most"),
        Result.NOTHING,
        *(_SEMID, *_SOPS, _P("timeout", Kind.VECTOR, None)),
    ),
    call(
        66,
        "semctl",
        N_("ask about semaphores, set them, or remove them"),
        Result.NUMBER,
        *(_SEMID, _P("semnum", Kind.SEMNUM), _P("cmd", Kind.SEM_COMMAND)),
        _P("arg", Kind.ARGUMENT, 0),
    ),
    call(
        68,
        "msgget",
        N_("find a queue of messages by its key, or make one"),
        Result.NUMBER,
        *(_KEY, _P("msgflg", Kind.IPC_FLAGS, 0)),
    ),
    call(
        69,
        "msgsnd",
        N_("send a message"),
        Result.NOTHING,
        *(_MSQID, _MSGP, _MSGSZ, _P("msgflg", Kind.MSGRCV_FLAGS, 0)),
    ),
    call(
        70,
        "msgrcv",
        N_("receive a message"),
        Result.COUNT,
        *(_MSQID, _MSGP, _MSGSZ, _P("msgtyp", Kind.MSG_TYPE, 0)),
        _P("msgflg", Kind.MSGRCV_FLAGS, 0),
    ),
    call(
        71,
        "msgctl",
        N_("ask about a queue of messages, change it, or remove it"),
        Result.NUMBER,
        *(_MSQID, _P("cmd", Kind.MSG_COMMAND), _P("buf", Kind.BUFFER, 0)),
    ),
)
