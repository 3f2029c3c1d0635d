"""What comes in with a program of the host: its interpreter and its libraries."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.model.linux.elf_files import ET_DYN, R, Segment, build
from vmlab import LinuxError, Machine, MiB
from vmlab.model.abi.elf import (
    DT_NEEDED,
    DT_RPATH,
    DT_RUNPATH,
    DT_STRTAB,
    PT_DYNAMIC,
    parse_dynamic,
)

STRINGS, TABLE = 0x1000, 0x2000  # where they stand in the file


@pytest.fixture
def machine() -> Machine:
    return Machine(ram=4 * MiB)


def program(
    *needed: str, rpath: str = "", runpath: str = "", interp: str | None = "/none"
) -> bytes:
    """An ELF file that needs libraries."""
    texts = [(DT_NEEDED, name) for name in needed]
    texts += [(tag, text) for tag, text in ((DT_RPATH, rpath), (DT_RUNPATH, runpath)) if text]
    strings, entries = b"\0", []
    for tag, text in texts:
        entries.append((tag, len(strings)))
        strings += text.encode() + b"\0"
    pairs = [*entries, (DT_STRTAB, STRINGS), (0, 0)]
    table = b"".join(struct.pack("<2Q", *pair) for pair in pairs)
    size = len(table)
    data = bytearray(
        build(
            ET_DYN,
            [
                Segment(R, STRINGS, STRINGS, 0x1000, 0x1000),
                Segment(R, TABLE, TABLE, size, size, 8, PT_DYNAMIC),
            ],
            entry=0,
            interp=interp,
        )
    )
    data[STRINGS : STRINGS + len(strings)] = strings
    data[TABLE : TABLE + size] = table
    return bytes(data)


def put(path: Path, data: bytes, mode: int = 0o755) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
    return str(path)


def spawn(machine: Machine, path: str) -> None:
    with pytest.raises(LinuxError, match="ENOENT"):  # the interpreter is missing
        machine.spawn(path)


def test_what_a_file_names() -> None:
    data = program("libc.so.6", "libm.so.6", rpath="/a", runpath="$ORIGIN")
    assert parse_dynamic(data) == [
        (DT_NEEDED, b"libc.so.6"),
        (DT_NEEDED, b"libm.so.6"),
        (DT_RPATH, b"/a"),
        (DT_RUNPATH, b"$ORIGIN"),
    ]
    assert parse_dynamic(b"#!/bin/sh") == parse_dynamic(data[:200]) == parse_dynamic(b"") == []


def test_libraries_come_along_and_those_that_they_need(machine: Machine, tmp_path: Path) -> None:
    first = put(tmp_path / "lib/one.so", program("two.so", runpath="$ORIGIN/more", interp=None))
    second = put(tmp_path / "lib/more/two.so", program("one.so", interp=None))
    other = put(tmp_path / "lib/other.so", program(interp=None))
    spawn(machine, put(tmp_path / "bin/p", program("one.so", runpath="${ORIGIN}/../lib")))
    assert first in machine.fs
    assert second in machine.fs
    assert other not in machine.fs


def test_rpath_holds_for_those_below_and_runpath_does_not(machine: Machine, tmp_path: Path) -> None:
    for way in ("rpath", "runpath"):
        lib = tmp_path / way
        put(lib / "one.so", program("two.so", interp=None))
        put(lib / "two.so", program(interp=None))
        spawn(machine, put(tmp_path / f"by_{way}", program("one.so", **{way: str(lib)})))
        assert (str(lib / "two.so") in machine.fs) == (way == "rpath")


@pytest.mark.parametrize(("data", "mode"), [(b"text", 0o755), (program(interp=None), 0o700)])
def test_only_libraries_that_everybody_may_read_come(
    machine: Machine, tmp_path: Path, data: bytes, mode: int
) -> None:
    library = put(tmp_path / "one.so", data, mode)
    spawn(machine, put(tmp_path / "p", program("one.so", runpath=str(tmp_path))))
    assert library not in machine.fs


def test_a_link_to_the_library_comes_with_it(machine: Machine, tmp_path: Path) -> None:
    real = put(tmp_path / "one.so.1.2", program(interp=None))
    (tmp_path / "one.so").symlink_to("one.so.1.2")
    spawn(machine, put(tmp_path / "p", program("one.so", runpath=str(tmp_path))))
    assert machine.system.namei[str(tmp_path / "one.so")].i_link == real
    assert machine.fs.kind(real) == "reg"


def test_a_static_program_brings_nothing(machine: Machine, tmp_path: Path) -> None:
    library = put(tmp_path / "one.so", program(interp=None))
    machine.spawn(put(tmp_path / "p", program("one.so", runpath=str(tmp_path), interp=None)))
    assert library not in machine.fs
