"""The fields of calls on objects of System V, by the kind of the parameter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from vmlab.model.abi.kinds import Kind
from vmlab.model.abi.msg import Msgctl, Msgrcv
from vmlab.model.abi.sem import Semctl
from vmlab.model.abi.shm import IPC_PRIVATE, Ipc, Shmat, Shmctl
from vmlab.widgets.call_field import CallField, Meaning
from vmlab.widgets.readers import flags, number
from vmlab.widgets.typed_values import parse_flags, parse_number
from vmlab.words.typed import plain


def _ipc_key(text: str, _: Meaning) -> int:
    return (
        IPC_PRIVATE
        if plain(text).strip().lower() in ("", "private", "ipc_private")
        else parse_number(text)
    )


def _shmget_flags(text: str, _: Meaning) -> int:
    # Flags by name, and rights in octal as C has them.
    words = re.sub(r"\b0([0-7]+)\b", lambda found: str(int(found[1], 8)), plain(text))
    return parse_flags(words, Ipc) if words.strip() else 0


def _ipc_command(family: Any, prefix: str) -> Callable[[str, Meaning], int]:
    # A name, with or without what it begins with.
    def read(text: str, _: Meaning) -> int:
        word = plain(text).strip().upper()
        names = {name.removeprefix(prefix).removeprefix("IPC_"): name for name in reversed(known)}
        name = names.get(word, word)
        return known[name] if name in known else parse_number(text)

    known = {name: int(command) for name, command in family.__members__.items()}
    return read


IPC_KINDS: Mapping[Kind, CallField] = {
    Kind.IPC_KEY: CallField("", _ipc_key, "private", "private", 8, ("private", "0x1234")),
    Kind.SHMID: CallField("", number, "0", "0", 3),
    Kind.SHMGET_FLAGS: CallField(
        "", _shmget_flags, "creat 0600", "0", 14, ("creat 0600", "creat excl 0600")
    ),
    Kind.SHMAT_FLAGS: CallField("", flags(Shmat), "", "0", 10, ("rdonly", "rnd", "remap", "exec")),
    Kind.SHM_COMMAND: CallField(
        "", _ipc_command(Shmctl, "SHM_"), "stat", "stat", 7, ("stat", "rmid", "lock", "unlock")
    ),
    Kind.IPC_ID: CallField("", number, "0", "0", 3),
    Kind.IPC_FLAGS: CallField(
        "", _shmget_flags, "creat 0600", "0", 14, ("creat 0600", "creat excl 0600")
    ),
    Kind.NR_OF_SEMS: CallField("", number, "1", "1", 3),
    Kind.SEMNUM: CallField("", number, "0", "0", 3),
    Kind.NR_OF_SEMOPS: CallField("", number, "1", "1", 3),
    Kind.SEM_COMMAND: CallField(
        "",
        _ipc_command(Semctl, "SEM_"),
        "getval",
        "getval",
        8,
        ("getval", "setval", "getall", "setall", "getpid", "getncnt", "getzcnt", "rmid"),
    ),
    Kind.MSGRCV_FLAGS: CallField(
        "", flags(Msgrcv), "nowait", "0", 14, ("nowait", "msg_noerror", "nowait msg_copy")
    ),
    Kind.MSG_TYPE: CallField("", number, "0", "0", 4),
    Kind.MSG_COMMAND: CallField(
        "", _ipc_command(Msgctl, "MSG_"), "stat", "stat", 7, ("stat", "set", "rmid", "info")
    ),
}
