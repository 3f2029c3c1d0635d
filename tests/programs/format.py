"""Read what the kernel answered the programs: `data/records.jsonl.xz`, one record a line.

Every number is as the kernel has it: addresses as they were without randomisation, results signed,
-errno for what failed.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

from tests.programs.programs import DATA

RECORDS = DATA / "records.jsonl.xz"
VERSION = 1


class Step(TypedDict):
    """What one task did: a call, a signal that came to it, or a new program.

    One of `call`, `signal` and `exec` is there.

    Attributes:
        call: the name of the system call.
        args: its arguments, as the registers had them: 64 bits, unsigned; only as many as it has.
        result: signed; None if it did not return; -512 to -516 if a signal cut it off, after which
            the program sees EINTR or the call comes again.
        paths: the paths among its arguments, or the name of a memfd.
        data: bytes behind a pointer, in hexadecimal: what was read or written (64 bytes at most),
            and all that was answered by getcwd, mincore, pipe, prlimit64, readlink, rt_sigpending,
            sched_getaffinity, wait4; the struct clone_args of clone3.
        stat: fields of struct stat, without device, inode and times.
        signal: its number; it comes now, whatever it then does.
        code: si_code.
        addr: si_addr of a fault.
        pid: si_pid of any other signal.
        exec: the path of the program that begins; the first step of the first process is one.
        argv: its arguments.
        auxv: pairs of type and value, without the last.
        rip: where the kernel starts it, in ld.so or in itself.
        rsp: its stack pointer then.
        faults: a pair: minor faults of the task since its last step (or since it began), and
            during this call or execve. The first number only, for a signal. Absent at the first
            exec.
        maps: lines of /proc/PID/maps after it, without device and inode, the offset without zeros
            in front; after calls that change memory, and at exec.
    """

    call: NotRequired[str]
    args: NotRequired[list[int]]
    result: NotRequired[int | None]
    paths: NotRequired[list[str]]
    data: NotRequired[str]
    stat: NotRequired[dict[str, int]]
    signal: NotRequired[int]
    code: NotRequired[int]
    addr: NotRequired[int]
    pid: NotRequired[int]
    exec: NotRequired[str]
    argv: NotRequired[list[str]]
    auxv: NotRequired[list[tuple[int, int]]]
    rip: NotRequired[int]
    rsp: NotRequired[int]
    faults: NotRequired[list[int] | int]
    maps: NotRequired[list[str]]


class Task(TypedDict):
    """A thread.

    Attributes:
        tid: its number; the first thread's is that of the process.
        steps: in order.
        varies: its steps were not the same in every run; these are of one of them.
    """

    tid: int
    steps: list[Step]
    varies: NotRequired[bool]


class Process(TypedDict):
    """A process, from its fork to its end.

    Attributes:
        pid: its number; the first is 2, for process 1 is outside.
        parent: the pid of its parent when it began.
        maps: as in a step, when it began; not for the first.
        tasks: its threads, in the order in which they began.
        status: as wait tells it: the exit code in bits 8 to 15, or the signal in bits 0 to 6.
        faults: minor faults, from the first instruction of the last program in it (from fork, if
            there was no execve) to exit.
        maps_at_exit: as in a step.
        varies: which of `faults`, `maps`, `maps_at_exit` were not the same in every run.
    """

    pid: int
    parent: int
    maps: NotRequired[list[str]]
    tasks: list[Task]
    status: int
    faults: int
    maps_at_exit: list[str]
    varies: NotRequired[list[str]]


class Record(TypedDict):
    """What one build of a program did.

    Attributes:
        version: of this format.
        program: its name in `PROGRAMS`.
        build: one of `BUILDS`.
        files: SHA-256 of what stood in the tree, by path: the program first, then libraries.
        argv, environment, cwd, stdin: what it was given.
        console: what was written to descriptors 1 and 2, a terminal.
        processes: in the order in which they began.
        untraced_faults: minor faults of all processes together when no one looked, counted as
            `faults` is; the lowest and the highest of several runs.
        varies: `console` or `processes` (their number, parents or ends), if not the same in every
            run.
    """

    version: int
    program: str
    build: str
    files: dict[str, str]
    argv: list[str]
    environment: list[str]
    cwd: str
    stdin: str
    console: str
    processes: list[Process]
    untraced_faults: list[int]
    varies: list[str]


def read(path: Path = RECORDS) -> Iterator[Record]:
    """Read the records of a file.

    Raises:
        ValueError: it is of another version.
    """
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record: Record = json.loads(line)
            if record["version"] != VERSION:
                raise ValueError(f"{path}: version {record['version']}, not {VERSION}")
            yield record


def write(records: Sequence[Record], path: Path = RECORDS) -> None:
    """Write a file, the same bytes for the same records."""
    with lzma.open(path, "wt", encoding="utf-8", preset=9 | lzma.PRESET_EXTREME) as lines:
        for record in records:
            lines.write(json.dumps(record, separators=(",", ":")) + "\n")


def steps(process: Process) -> Iterator[Step]:
    """Go through the steps of a process's tasks, one task after the other."""
    for task in process["tasks"]:
        yield from task["steps"]


def faults(record: Record) -> int:
    """Return the minor faults of all processes together, each from its first instruction on."""
    total = 0
    for number, process in enumerate(record["processes"]):
        total += process["faults"]
        first = not number
        before = 0  # faults since the process, or the first program in the first one, began
        for step in process["tasks"][0]["steps"]:
            found = step.get("faults", 0)
            before += found if isinstance(found, int) else sum(found)
            if "exec" in step:
                total += 0 if first else before
                first, before = False, 0
    return total
