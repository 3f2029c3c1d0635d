"""The machine's files, as its owner uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.refused import refused
from vmlab import LinuxError, Machine, MiB, Open, Recorder
from vmlab.model.abi import errno
from vmlab.model.linux.include.fs import EXT4_MAX_SIZE
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.mmu.page import PAGE_SIZE as PAGE


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
    assert list(fs) == ["/", "/a", "/a/b", "/dev", "/dev/null", "/dev/shm", "/dev/zero"]


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
    """ENOSPC: a file is not made, and one that was there keeps its contents."""
    before = machine.snapshot()
    for path in ("/big", "/a/b", "/new/big"):
        with refused(LinuxError, "no_room_for_file", "ENOSPC"):
            machine.fs.write(path, bytes(8 * MiB))
    assert machine.snapshot() == before


@pytest.mark.parametrize("pages", [1, 40, 70])
def test_what_may_not_be_promised_changes_nothing(machine: Machine, pages: int) -> None:
    """As many pages as overcommit_memory 2 allows, and not one more; a file keeps its contents."""
    machine.fs.write("/dev/shm/f", b"f" * pages * PAGE)
    promised = int(machine.meminfo().partition("Committed_AS:")[2].split()[0])
    machine.sysctl("vm.overcommit_kbytes", promised + 60 * 4)
    machine.sysctl("vm.overcommit_memory", 2)
    before = machine.snapshot()
    for path, room in (("/dev/shm/f", pages + 59), ("/dev/shm/new/g", 59)):
        with refused(LinuxError, "more_than_commit_limit", "ENOSPC"):
            machine.fs.write(path, bytes((room + 1) * PAGE))
        assert machine.snapshot() == before
        machine.fs.write(path, b"x" * room * PAGE)
        assert machine.fs.read(path) == b"x" * room * PAGE
        if path == "/dev/shm/f":
            machine.fs.write(path, b"f" * pages * PAGE)
        else:
            machine.fs.unlink(path)
        before = machine.snapshot()
    machine.fs.write("/on_disk", bytes(80 * PAGE))  # promises nothing


def test_a_hole_is_read_up_to_a_size(machine: Machine) -> None:
    """A hole takes no frame of the machine, but memory of the host when it is read."""
    machine.fs.truncate("/a/b", 64 * MiB)
    data = machine.fs.read("/a/b")
    assert (len(data), data[:6]) == (64 * MiB, b"data\0\0")
    for length in (64 * MiB + 4097, 1 << 40, EXT4_MAX_SIZE):
        machine.fs.truncate("/a/b", length)
        with refused(LinuxError, "holes_too_large_to_read", "EFBIG"):
            machine.fs.read("/a/b")


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


@pytest.fixture
def link(tmp_path: Path) -> tuple[str, str]:
    """Return a symbolic link of the host, and the file that it leads to."""
    real = tmp_path.resolve() / "real"
    real.write_bytes(b"hello")
    link = tmp_path.resolve() / "link"
    link.symlink_to(real)
    return str(link), str(real)


def test_import_of_a_link_is_recorded(machine: Machine, link: tuple[str, str]) -> None:
    with Recorder(machine) as recorder:
        machine.fs.import_host(link[0])
        machine.spawn().open(link[0])
    assert [call.name for call in recorder.calls][:2] == ["fs.install", "fs.symlink"]
    again = Recorder.from_json(recorder.to_json()).machine
    assert again.snapshot() == machine.snapshot()
    assert again.fs.read(link[0]) == b"hello"


def test_import_of_a_link_twice(machine: Machine, link: tuple[str, str]) -> None:
    """It has two names however often it came in, and is gone with the second."""
    before = len(machine.system.inodes)
    for _ in range(3):
        machine.fs.import_host(link[0])
        validate_machine(machine.system)
    Path(link[1]).write_bytes(b"new")
    machine.fs.import_host(link[0])
    assert machine.fs.read(link[1]) == b"new"
    machine.fs.unlink(link[0])
    machine.fs.unlink(link[1])
    validate_machine(machine.system)
    regular = [inode for inode in machine.system.inodes.values() if inode.i_kind == "reg"]
    assert [inode.name for inode in regular] == ["/a/b"]
    assert len(machine.system.inodes) > before  # the directories stay


def test_import_of_a_link_over_another_file(machine: Machine, link: tuple[str, str]) -> None:
    """That file loses the name: it is gone, unless somebody has it open."""
    machine.fs.write(link[0], b"old")
    p = machine.spawn()
    fd = p.open(link[0])
    machine.fs.import_host(link[0])
    validate_machine(machine.system)
    assert machine.fs.read(link[0]) == b"hello"
    stack = p.task.rsp
    assert (p.read(fd, stack, 10), p.load(stack, 3)) == (3, b"old")
    p.close(fd)
    validate_machine(machine.system)


@pytest.mark.parametrize("name", [0, 1])
@pytest.mark.parametrize("above", [False, True])
def test_import_to_a_name_it_cannot_have(
    machine: Machine, link: tuple[str, str], name: int, above: bool
) -> None:
    """Whichever of the two names it is, nothing is changed."""
    if above:
        machine.fs.write(str(Path(link[name]).parent), b"a file where a directory should be")
        code = "ENOTDIR"
    else:
        machine.fs.mkdir(link[name])
        code = "EISDIR"
    before = machine.snapshot()
    with pytest.raises(LinuxError, match=code):
        machine.fs.import_host(link[0])
    assert machine.snapshot() == before


def test_import_of_a_relative_path(machine: Machine, link: tuple[str, str]) -> None:
    before = machine.snapshot()
    with refused(LinuxError, "path_has_part", "EINVAL"):
        machine.fs.import_host(link[0].replace("/link", "/./link"))
    assert machine.snapshot() == before


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_import_of_what_has_no_end(machine: Machine, path: str) -> None:
    with refused(LinuxError, "not_regular_file", "EINVAL"):
        machine.fs.import_host(path)


def test_import_of_what_has_no_room(machine: Machine, tmp_path: Path) -> None:
    """A file of a tebibyte is not read first."""
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(1 << 40)
    before = machine.snapshot()
    with refused(LinuxError, "host_file_larger_than_ram", "ENOSPC"):
        machine.fs.import_host(str(large))
    with large.open("wb") as file:
        file.truncate(4 * MiB)
    for name in ("/new", "/a/b"):
        with refused(LinuxError, "no_room_for_file", "ENOSPC"):
            machine.fs.import_host(str(large), name)
    assert machine.snapshot() == before
    machine.fs.write("/a/b", bytes(3 * MiB))
    with large.open("wb") as file:
        file.truncate(3 * MiB)
    machine.fs.import_host(str(large), "/a/b")  # in the place of its old contents


def test_link(machine: Machine) -> None:
    """One file by two names; it is gone with the last of them."""
    fs = machine.fs
    fs.link("/a/b", "/c/d")
    fs.write("/c/d", b"new")
    assert fs.read("/a/b") == b"new"
    validate_machine(machine.system)
    fs.unlink("/a/b")
    assert fs.read("/c/d") == b"new"
    validate_machine(machine.system)
    fs.unlink("/c/d")
    validate_machine(machine.system)


@pytest.mark.parametrize(
    ("existing", "new", "code"),
    [
        ("/none", "/c", errno.ENOENT),
        ("/a", "/c", errno.EISDIR),
        ("/a/b", "/a", errno.EEXIST),
        ("/a/b", "/a/b", errno.EEXIST),
        ("/a/b", "/a/b/c", errno.ENOTDIR),
        ("/a/b", "c", errno.EINVAL),
        ("/a/b", "/" + "x" * 300, errno.ENAMETOOLONG),
    ],
)
def test_link_refused(machine: Machine, existing: str, new: str, code: int) -> None:
    before = machine.snapshot()
    with pytest.raises(LinuxError) as failure:
        machine.fs.link(existing, new)
    assert failure.value.errno == code
    assert machine.snapshot() == before


def test_import_under_another_name(machine: Machine, tmp_path: Path) -> None:
    """The host's name is forgotten; a file that is not there is an error of the host."""
    (tmp_path / "f").write_bytes(b"hello")
    machine.fs.import_host(str(tmp_path / "f"), "/g")
    assert machine.fs.read("/g") == b"hello"
    assert str(tmp_path / "f") not in machine.fs
    with refused(LinuxError, "host_file_unreadable", "ENOENT"):
        machine.fs.import_host(str(tmp_path / "nothing"))


def test_who_looks_at_a_file_changes_nothing(machine: Machine) -> None:
    """Its pages were never written to: they are zeros, and no bytes are kept for them."""
    process = machine.spawn()
    process.open("/a/b", Open.O_RDWR)
    process.fallocate(3, 0, 0, 20000)
    before = machine.snapshot()
    assert machine.fs.read("/a/b") == b"data" + bytes(19996)
    assert machine.snapshot() == before
