"""Files of saved processes: what is in them, and that a hostile one is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from vmlab import host
from vmlab.errors import HostError, StateError, UsageError

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc")
EXAMPLES = sorted(path.stem for path in host.EXAMPLES.glob("*.vmproc"))


@pytest.fixture
def child() -> Iterator[int]:
    """A process that sleeps, with a secret among its arguments and in its environment."""
    argv = [sys.executable, "-c", "import sys; print(1, flush=True); sys.stdin.read()", "s3cret"]
    environ = {**os.environ, "TOKEN": "s3cret"}
    with subprocess.Popen(
        argv, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.communicate()


def test_the_examples_are_there() -> None:
    assert EXAMPLES == ["python", "shell", "sleep"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_read_of_an_example_is_the_text_of_the_kernel(name: str) -> None:
    for reading in host.load(host.EXAMPLES / f"{name}.vmproc"):
        assert reading.maps == reading.text("maps")
        assert not reading.unread
        assert not {"cmdline", "environ"} & {*reading.files}


@on_linux
def test_secrets_are_saved_only_if_they_are_asked_for(child: int, tmp_path: Path) -> None:
    file = tmp_path / "a.vmproc"
    for asked in ({}, {"cmdline": True}, {"environ": True}):
        host.save(child, file, **asked)
        (reading,) = host.load(file)
        assert {"cmdline", "environ"} & {*reading.files} == {*asked}
        assert any(b"s3cret" in data for data in reading.files.values()) == bool(asked)


@on_linux
def test_a_file_holds_what_the_process_is_now(child: int, tmp_path: Path) -> None:
    file = host.save(child, tmp_path / "a.vmproc")
    (reading,) = host.load(file)
    assert reading.pid == child
    assert reading.source == str(file)
    assert reading.maps == Path(f"/proc/{child}/maps").read_text()


@on_linux
def test_several_processes_go_into_one_file(child: int, tmp_path: Path) -> None:
    file = host.save([child, os.getpid(), child], tmp_path / "a.vmproc")
    assert [reading.pid for reading in host.load(file)] == [child, os.getpid()]
    with pytest.raises(UsageError, match="holds 2 processes: load it"):
        host.read(file)


def test_no_process_is_nothing_to_save(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no process is named"):
        host.save([], tmp_path / "a.vmproc")


@on_linux
def test_a_process_that_there_is_not_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="there is no process 4194304"):
        host.save(1 << 22, tmp_path / "a.vmproc")
    assert not (tmp_path / "a.vmproc").exists()


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return path


MANIFEST = {"format": "vmproc", "version": 1, "kernel": "6.1", "refused": {}}


def manifest(**changes: object) -> bytes:
    return json.dumps({**MANIFEST, **changes}).encode()


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"a": b""}, "damaged"),
        ({"manifest.json": b"{"}, "damaged"),
        ({"manifest.json": b"[" * 100_000}, "damaged"),
        ({"manifest.json": b"[]"}, "damaged"),
        ({"manifest.json": manifest()}, "damaged"),
        ({"manifest.json": manifest(format="x"), "1/maps": b""}, "damaged"),
        ({"manifest.json": manifest(version="1"), "1/maps": b""}, "damaged"),
        ({"manifest.json": manifest(refused={"1": {"smaps": 3}}), "1/maps": b""}, "damaged"),
        ({"manifest.json": manifest(version=2), "1/maps": b""}, "versions up to 1"),
        ({"manifest.json": manifest(), "1/../../x": b""}, "does not belong"),
        ({"manifest.json": manifest(), "/etc/passwd": b""}, "does not belong"),
        ({"manifest.json": manifest(), "01/maps": b""}, "does not belong"),
        ({"manifest.json": manifest(), "1/pagemap": b"123"}, "pagemap is damaged"),
    ],
)
def test_a_file_that_is_none_is_refused(
    tmp_path: Path, members: dict[str, bytes], why: str
) -> None:
    with pytest.raises(StateError, match=why):
        host.load(zipped(tmp_path / "a.vmproc", members))


def test_a_file_that_was_cut_or_altered_is_refused(tmp_path: Path) -> None:
    whole = (host.EXAMPLES / "sleep.vmproc").read_bytes()
    middle = len(whole) // 2
    altered = whole[:middle] + bytes(byte ^ 0xFF for byte in whole[middle : middle + 40])
    file = tmp_path / "a.vmproc"
    file.write_bytes(altered + whole[middle + 40 :])
    with pytest.raises(StateError, match="damaged"):
        host.load(file)
    file.write_bytes(whole[:middle])  # no zip any more, and no text either
    (reading,) = host.load(file)
    with pytest.raises(StateError, match="line 1"):
        host.snapshot(reading)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmlab.host.saved.LARGEST", 1 << 20)
    file = zipped(tmp_path / "a", {"manifest.json": manifest(), "1/maps": bytes((1 << 20) + 1)})
    with pytest.raises(StateError, match="more than 1 MiB"):
        host.load(file)


def test_the_same_processes_give_the_same_bytes(tmp_path: Path) -> None:
    from vmlab.host.saved import write

    readings = host.load(host.EXAMPLES / "shell.vmproc")
    one, other = (write(readings, tmp_path / name).read_bytes() for name in "ab")
    assert one == other
    assert host.load(tmp_path / "a")[1].files == readings[1].files


def test_a_text_is_told_from_the_name_of_a_file(tmp_path: Path) -> None:
    line = "00400000-00401000 r-xp 00000000 08:01 5 /bin/x"
    assert len(host.read(line).regions.lines) == 1
    file = tmp_path / "maps"
    file.write_text(line)
    assert host.read(str(file)).source == str(file)
    with pytest.raises(FileNotFoundError):
        host.read("no such file")
