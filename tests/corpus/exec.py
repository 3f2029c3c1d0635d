"""Run the recorded ELF files on the model, and compare the process that comes of each."""

from __future__ import annotations

import base64
import gzip
from typing import Any

from tests.corpus import observe
from tests.corpus.compare import Result, differ, raised
from tests.corpus.format import STATUS_FIELDS
from tests.corpus.replay import RLIMITS, TOTALRAM
from vmlab import Killed, LinuxError, Machine, Process

UNRECORDED_AUXV = frozenset({16, 26, 27, 28, 29, 30})  # what the CPU can do, and rseq
STATUS = STATUS_FIELDS - {"VmLck"}


def auxv(process: Process) -> dict[str, int]:
    """Return the auxiliary vector as the recordings have it."""
    pairs = process.mm.saved_auxv
    return {str(key): value for key, value in pairs if key not in UNRECORDED_AUXV}


def _unpack(packed: str | None) -> bytes | None:
    return gzip.decompress(base64.b64decode(packed)) if packed else None


def run(record: dict[str, Any]) -> dict[str, Any]:
    """Execute one recorded ELF file; return what the recording has under 'kernel'."""
    machine = Machine(ram=TOTALRAM, totalram=TOTALRAM)
    for path, packed in (("path", "elf"), ("interp_path", "interp")):
        data = _unpack(record[packed])
        if data is not None:
            machine.fs.write(record[path], data)
            if data.startswith(b"#!"):
                # The recorded file may be a script; its interpreter is the host's.
                machine.spawn(data.splitlines()[0][2:].strip().decode()).exit()
    return outcome(machine, record)


def outcome(machine: Machine, record: dict[str, Any]) -> dict[str, Any]:
    """Execute the program of a recording, whose files are there."""
    limits = {RLIMITS[name]: value for name, value in record["rlimits"].items()}
    try:
        process = machine.spawn(record["path"], record["argv"], record["env"], rlimits=limits)
    except LinuxError as failure:
        return {"execfail": failure.errno}
    except Killed as death:
        return {"execfail": f"sig {death.signal}"}
    ids: dict[int, int] = {}
    return {
        "rip": process.task.rip,
        "rsp": process.task.rsp,
        "maps": observe.full_maps(process.maps()),
        "pages": [
            [f"{addr:x}", observe.page_kind(entry), ids.setdefault(entry.pfn, len(ids))]
            for addr, entry in observe.page_entries(process)
        ],
        "status": observe.status(process, STATUS),
        # start, Rss, Anonymous, VmFlags
        "smaps": [[row[0], row[1], row[8], row[10]] for row in observe.smaps(process)],
        "auxv": auxv(process),
    }


def replay_exec(record: dict[str, Any]) -> Result:
    """Replay one recorded ELF file, which counts as one operation."""
    try:
        got = run(record)
    except Exception as failure:
        got = raised(failure)
    expected = {key: value for key, value in record["kernel"].items() if key != "st"}
    if expected == got:
        return Result(1, 1)
    return Result(1, 0, differ(record["id"], 0, "execve", expected, got))
