"""Every process of this machine is drawn, and its maps are those of the kernel, byte for byte."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from vmlab import cli, host
from vmlab.errors import HostError
from vmlab.host.page import page
from vmlab.host.proc import FILES, processes, read_process

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="there is no /proc here"
)
NOTHING = re.compile(
    r"is of the kernel|has ended|there is no process|ended while it was read|does not let you read"
)


def read_or_told(pid: int, *names: str) -> host.Reading | None:
    """What is read of a process; None = it is told why there is nothing to read."""
    problem = ""
    try:
        return read_process(pid, names=names or ("maps", "status"))
    except HostError as failure:
        problem = str(failure)
    assert NOTHING.search(problem), problem
    return None


def test_the_maps_of_every_process_are_read_byte_for_byte() -> None:
    compared = 0
    for pid in processes():
        reading = read_or_told(pid)
        if reading is None:
            continue
        assert reading.maps.encode(errors="surrogateescape") == reading.files.get("maps", b"")
        assert not reading.unread
        compared += 1
    assert compared


def test_smaps_and_maps_tell_the_same_regions() -> None:
    compared = 0
    for pid in processes():
        try:
            reading = read_process(pid, names=("maps", "smaps", "status"))
        except HostError:
            continue
        again = Path(f"/proc/{pid}/maps")
        if reading.regions.lines and again.exists() and again.read_bytes() == reading.files["maps"]:
            assert reading.maps == reading.text("maps")
            assert len(reading.regions.counts) == len(reading.regions.lines)
            compared += 1
    assert compared


def test_every_process_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    drawn = 0
    for pid in processes():
        status = cli.main(["draw", str(pid)])
        said = capsys.readouterr()
        if status:
            assert NOTHING.search(said.err), said.err
            assert said.err.count("\n") == 1
        else:
            assert said.out.startswith(f"pid {pid} ")
            drawn += 1
    assert drawn


@pytest.mark.slow
def test_every_process_fits_on_a_page() -> None:
    drawn = 0
    for pid in processes():
        reading = read_or_told(pid, *FILES)
        if reading is None or not reading.regions.lines:
            continue
        assert page(host.snapshot(reading)).startswith("<!doctype html>")
        drawn += 1
    assert drawn
