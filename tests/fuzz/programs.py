"""What mutants of programs do: each is refused by a documented errno, or runs and goes on."""

from __future__ import annotations

import random

from tests.fuzz.states import go_on
from vmlab import Killed, LinuxError, Machine
from vmlab.model.host_programs import _host_interpreter, _object
from vmlab.model.linux.mm.validate import validate_machine

# What execve answers, with what open_exec and the loaders answer.
ERRORS = frozenset(
    (
        *("E2BIG", "EACCES", "EFAULT", "EINVAL", "EIO", "EISDIR", "ELIBBAD", "ELOOP"),
        *("ENAMETOOLONG", "ENOENT", "ENOEXEC", "ENOMEM", "ENOTDIR", "EPERM"),
    )
)


def execute(m: Machine, path: str, seed: int) -> str:
    """Run a program that is there, and go on with the machine; return 'refused' or 'loaded'.

    Args:
        m: the machine.
        path: the program.
        seed: of what is done with the machine.
    """
    data = m.fs.read(path)
    _host_interpreter(data), _object(path, data, ())  # where what it needs would be looked for
    process = m.spawn()
    before = process.maps()
    refused: LinuxError | Killed | None = None
    try:
        process.execve(path, ["a", "b" * 100], {"C": "d"})
    except (LinuxError, Killed) as failure:
        refused = failure
        str(failure)
    if isinstance(refused, LinuxError):
        assert refused.name in ERRORS, refused
        assert process.maps() == before, "the old program goes on"
    assert (process.state == "R") != isinstance(refused, Killed)
    validate_machine(m.system)
    if refused is None and not seed % 4:  # it takes ten times as long as the rest
        go_on(m, random.Random(seed))
    return "loaded" if refused is None else "refused"
