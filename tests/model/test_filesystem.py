"""The machine's files, as its owner uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.refused import refused
from vmlab import LinuxError, Machine, MiB
from vmlab.model.abi import errno
from vmlab.model.linux.mm.validate import validate_machine


@pytest.fixture
def machine() -> Machine:
    """Return a machine with one file."""
    machine = Machine(ram=4 * MiB)
    machine.fs.write("/a/b", b"data")
    return machine


def test_write_and_read(machine: Machine) -> None:
    """Directories are made on the way; contents are replaced as a whole."""
    fs = machine.fs
    assert (fs.read("/a/b"), fs.kind("/a/b"), fs.kind("/a")) == (b"data", "reg", "dir")
    fs.write("/a/b", b"x")
    assert fs.read("/a/b") == b"x"
    assert list(fs) == ["/", "/a", "/a/b", "/dev", "/dev/null", "/dev/zero"]


@pytest.mark.parametrize("path", ["/", "/a", "/a/b", "a/b", "/a/./../a//b", "/dev/null"])
def test_contains(machine: Machine, path: str) -> None:
    """As an open would find it."""
    assert path in machine.fs


@pytest.mark.parametrize("path", ["", "/c", "/a/b/", "/a/b/c", "/" + "x" * 300])
def test_does_not_contain(machine: Machine, path: str) -> None:
    """Nor what an open would refuse."""
    assert path not in machine.fs


@pytest.mark.parametrize(
    ("path", "code"),
    [("/c", errno.ENOENT), ("/a", errno.EISDIR), ("/dev/null", errno.EINVAL)],
)
def test_refused(machine: Machine, path: str, code: int) -> None:
    """Only regular files have contents."""
    for action in (machine.fs.read, machine.fs.unlink, lambda name: machine.fs.truncate(name, 0)):
        with pytest.raises(LinuxError) as failure:
            action(path)
        assert failure.value.errno == code


def test_no_room(machine: Machine) -> None:
    """ENOSPC, and no frame is lost."""
    used = len(machine.system.mem_map)
    with refused(LinuxError, "no_free_frame", "ENOSPC"):
        machine.fs.write("/big", bytes(8 * MiB))
    assert len(machine.system.mem_map) == used
    validate_machine(machine.system)


def test_unlink(machine: Machine) -> None:
    """The file lives on while somebody has it open."""
    p = machine.spawn()
    fd = p.open("/a/b")
    machine.fs.unlink("/a/b")
    assert "/a/b" not in machine.fs
    assert p.pread(fd, p.task.rsp, 4, 0) == 4
    p.close(fd)
    validate_machine(machine.system)


def test_import_of_a_link(machine: Machine, tmp_path: Path) -> None:
    """Both names lead to one file, which is shown under the name it has without links."""
    real = tmp_path.resolve() / "real"
    real.write_bytes(b"hello")
    link = tmp_path / "link"
    link.symlink_to(real)
    machine.fs.import_host(str(link))
    assert machine.fs.read(str(link)) == machine.fs.read(str(real)) == b"hello"
    p = machine.spawn()
    p.mmap(0x10000000, 4096, 1, 2, p.open(str(link)), 0)
    assert f" {real}\n" in p.maps()
    assert str(link) not in p.maps()


def test_import_under_another_name(machine: Machine, tmp_path: Path) -> None:
    """The host's name is forgotten; a file that is not there is an error of the host."""
    (tmp_path / "f").write_bytes(b"hello")
    machine.fs.import_host(str(tmp_path / "f"), "/g")
    assert machine.fs.read("/g") == b"hello"
    assert str(tmp_path / "f") not in machine.fs
    with refused(LinuxError, "host_file_unreadable", "ENOENT"):
        machine.fs.import_host(str(tmp_path / "nothing"))
