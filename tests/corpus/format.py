"""Read the recordings of a folder: one gzipped JSON file per family."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Mappings that depend on the kernel's build, left out of what is recorded after execve.
SKIPPED_NAMES = frozenset({"[vvar]", "[vvar_vclock]", "[vdso]", "[vsyscall]"})

# The columns of a recorded smaps row, between its start and its VmFlags.
SMAPS_FIELDS = (
    "Rss",
    "Pss",
    "Pss_Dirty",
    "Shared_Clean",
    "Shared_Dirty",
    "Private_Clean",
    "Private_Dirty",
    "Anonymous",
    "Locked",
)
STATUS_FIELDS = frozenset({"VmSize", "VmLck", "VmData", "VmStk", "VmExe", "VmPTE"})

SWAP_FIELDS = ("Swap", "SwapPss", "LazyFree")
RSS_FIELDS = frozenset({"VmRSS", "RssAnon", "RssFile", "RssShmem", "VmSwap"})

OPS = "ops"
EXEC = "exec"
PROGRAMS = "programs"


class FormatError(ValueError):
    """A file of the corpus that is not in the format the runner knows."""


@dataclass(frozen=True, slots=True)
class Family:
    """The recordings of one file.

    Attributes:
        name: the file's name, without .json.gz.
        kind: `OPS`, `EXEC` or `PROGRAMS`: who replays them.
        records: the recordings, as the file has them, each with its id.
    """

    name: str
    kind: str
    records: list[dict[str, Any]]


def read_family(path: Path) -> Family:
    """Read one file of a corpus.

    Raises:
        FormatError: it is not gzipped JSON of a known shape.
    """
    name = path.name.removesuffix(".json.gz")
    try:
        with gzip.open(path) as file:
            data = json.load(file)
    except (OSError, EOFError, ValueError) as failure:
        raise FormatError(f"{path}: not gzipped JSON: {failure}") from None
    if isinstance(data, dict) and all("events" in record for record in data.values()):
        return Family(name, PROGRAMS, [{"id": key, **record} for key, record in data.items()])
    if isinstance(data, list):
        for kind, needed in ((OPS, {"id", "init", "steps"}), (EXEC, {"id", "elf", "kernel"})):
            if data and all(needed <= record.keys() for record in data):
                return Family(name, kind, _with_swap(name, data))
    raise FormatError(f"{path}: neither sequences nor ELF files nor programs")


def _with_swap(name: str, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # Recordings of a machine with swap tell what it was in; the kind of its device is in the name.
    kind = "zram" if name.startswith("swapz") else "disk"
    swaps = ("smaps_swap" in step[-1] for record in records for step in record.get("steps", ()))
    return [{**record, "swap": kind} for record in records] if any(swaps) else records


def read_folder(folder: Path, names: frozenset[str] = frozenset()) -> Iterator[Family]:
    """Read the families of a folder, in order of name; only some if names are given.

    Raises:
        FormatError: no such folder, no such family, or a file the runner cannot read.
    """
    paths = {path.name.removesuffix(".json.gz"): path for path in sorted(folder.glob("*.json.gz"))}
    if not paths:
        raise FormatError(f"{folder}: holds no .json.gz files")
    missing = sorted(names - paths.keys())
    if missing:
        raise FormatError(f"{folder}: has no family {', '.join(missing)}, but {', '.join(paths)}")
    for name, path in paths.items():
        if not names or name in names:
            yield read_family(path)


def operations(family: Family, record: dict[str, Any]) -> int:
    """Return how many operations a recording counts for: its steps, its events, or one."""
    if family.kind == EXEC:
        return 1
    return len(record["steps" if family.kind == OPS else "events"])
