"""The same calls on the model and for real, what differs, and answers that were stored."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from vmlab import BusError, HostError, LinuxError, Process, Segfault, cli
from vmlab.errors import StateError, UsageError
from vmlab.host import EXAMPLES, Comparison, Row, Told, compare
from vmlab.host.compared import Kernel, maps_words

PAGE = 4096
ANON = 0x22
LOG = """\
7 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
7 fork() = 9
9 getpid() = 9
7 munmap(0x1, 4096) = -1 EINVAL (Invalid argument)
"""


def _can_trace() -> bool:
    try:
        compare(lambda p: p.getpid())
    except HostError:
        return False
    return True


needs_ptrace = pytest.mark.skipif(not _can_trace(), reason="no process can be traced here")


def copy_on_write(p: Process) -> None:
    addr = p.mmap(0, 2 * PAGE, 3, ANON)
    p.store(addr, b"hello")
    child = p.fork()
    child.store(addr, b"J")
    p.load(addr, 5)
    child.munmap(addr, PAGE)
    child.exit(3)
    p.wait()


def files(p: Process) -> None:
    p.machine.fs.write("/a.dat", b"abc" * PAGE)
    fd = p.open("/a.dat", 2)
    shared, private = (p.mmap(0, 2 * PAGE, 3, flags, fd) for flags in (1, 2))
    p.store(private, b"x")
    p.store(shared, b"y" * 2 * PAGE)
    p.load(private, PAGE)
    p.ftruncate(fd, PAGE)
    with pytest.raises(BusError):
        p.load(shared + PAGE)


def every_kind(p: Process) -> None:
    addr = p.mmap(0, 4 * PAGE, 3, ANON)
    p.mprotect(addr + PAGE, PAGE, 1)
    p.mincore(addr, 4 * PAGE)
    p.brk(p.brk(0) + PAGE)
    fds = p.pipe()
    with pytest.raises(LinuxError):
        p.read(fds[0], addr, 1)  # nobody writes: it would wait
    p.add(addr, 3)
    p.fetch(0x401000)
    p.setrlimit(3, 1 << 20)
    p.getrlimit(3)
    fd = p.memfd_create("m")
    p.ftruncate(fd, PAGE)
    p.mmap(0, PAGE, 1, 1, fd)
    with pytest.raises(Segfault):
        p.store(addr + PAGE, b"x")


@needs_ptrace
@pytest.mark.parametrize("script", [copy_on_write, files, every_kind])
def test_both_say_the_same(script: Callable[[Process], None]) -> None:
    found = compare(script)
    assert len(found.rows) > 7
    differs = [(row.call, row.differs) for row in found.rows]
    assert [each for each in differs if set(each[1]) - {"faults"}] == []
    assert all(row.there is not None for row in found.rows)


@needs_ptrace
def test_a_log_is_made_too(tmp_path: Path) -> None:
    found = compare(LOG)
    answers = [row.there.answer for row in found.rows if row.there is not None]
    assert answers[2:] == ["1001", "1001", "-1 EINVAL"]
    assert found.rows[3].pid == 1001


@needs_ptrace
def test_files_stay_inside_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def script(p: Process) -> None:
        p.machine.fs.mkdir(str(tmp_path))
        fd = p.creat(str(outside))
        p.write(fd, 0x402000, 4)

    found = compare(script)
    assert found.rows[2].there is not None
    assert found.rows[2].there.answer == "4"  # it was written, but elsewhere
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@needs_ptrace
def test_what_is_not_done_is_refused_before_anything_is_made() -> None:
    with pytest.raises(HostError, match="kill is not done for real"):
        compare(lambda p: (p.getpid(), p.kill(p.pid, 9)))


@needs_ptrace
def test_where_addresses_are_random_the_model_takes_them_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from vmlab.host import victims

    start = victims._START.replace("libc.personality(0x40000)", "libc.personality(0)")
    monkeypatch.setattr(victims, "_START", start)
    found = compare(lambda p: p.mmap(0, PAGE, 3, ANON))
    assert found.kernel.adopted
    assert found.first_difference is None
    assert "addresses that the real process got" in found.origin
    with pytest.raises(UsageError, match="stored"):
        compare(lambda p: p.getpid(), stored=found)


@pytest.mark.parametrize(
    ("log", "what"),
    [
        ("", "no call"),
        ("hello", "not a line that strace writes"),
        ("1 getpid() = 1\n2 getpid() = 2", "process 2 began"),
    ],
)
def test_a_log_that_cannot_be_read_is_named(log: str, what: str, stored: Comparison) -> None:
    with pytest.raises(UsageError, match=what):
        compare(log, stored=stored)


# Without a kernel

KERNEL = Kernel(
    "6.18.0",
    settings={"totalram": 1 << 30, "max_map_count": 65530}
    | {"overcommit_memory": 0, "overcommit_ratio": 50},
)


@pytest.fixture
def stored() -> Comparison:
    begin = {1000: ("00400000-00401000 r--p 00000000 /bin/a.out",)}
    same = Told("1000", 0, {})
    maps = ("1-2 r--p 0", "3-4 rw-p 0"), ("1-2 r--p 0", "3-5 rw-p 0")
    rows = [
        Row(1000, "", Told("", None, begin), Told("", None, begin)),
        Row(1000, "getpid()", same, same),
        Row(1000, "brk(NULL)", Told("0x406000", 0, {}), Told("0x407000", 1, {})),
        Row(1000, "fork()", *(Told("1001", 0, {1001: each}) for each in maps)),
    ]
    return Comparison(rows, KERNEL)


@pytest.fixture
def no_ptrace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")


def test_the_first_difference_is_on_top(stored: Comparison) -> None:
    assert stored.first_difference is stored.rows[2]
    assert [row.differs for row in stored.rows] == [(), (), ("answer", "faults"), ("maps",)]
    assert str(stored).startswith("First difference: 1000 brk(NULL): the answer, the faults; here")
    assert "0 ≠ 1" in str(stored)
    assert maps_words(stored.rows[3]) == ["here: 3-4 rw-p 0", "there: 3-5 rw-p 0"]
    assert repr(stored) == "<Comparison of 3 calls>"


def test_a_call_that_would_wait_is_what_the_model_answers_then() -> None:
    row = Row(1000, "read(5, 0x1, 1)", Told("-1 EAGAIN", 0, {}), Told("sleeps", 0, {}))
    assert row.differs == ()
    assert "~ = where Linux sleeps" in Comparison([row], KERNEL).origin
    assert replace(row, here=Told("-1 EBADF", 0, {})).differs == ("answer",)


def test_names_are_no_html(stored: Comparison) -> None:
    rows = [*stored.rows, Row(1000, 'open("<script>")', *([Told("<b>", 0, {})] * 2))]
    page = Comparison(rows, KERNEL)._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_it_is_the_same_after_it_was_saved(stored: Comparison, tmp_path: Path) -> None:
    again = Comparison.load(stored.save(tmp_path / "a.json"))
    assert again.rows == stored.rows
    assert again.kernel == replace(KERNEL, stored=True)
    assert "stored answers of Linux 6.18.0" in str(again)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "[" * 100_000, '{"format": 1, "version": 1}'),
        *(f'{{"format": "vmlab-compare", "version": {version}}}' for version in (1, 99)),
    ],
)
def test_what_is_no_comparison_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(StateError):
        Comparison.load(tmp_path / "a.json")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_the_model_says_what_the_answers_of_the_lesson_say(path: Path) -> None:
    kept = Comparison.load(path)
    assert kept.first_difference is None
    assert all(row.there is not None for row in kept.rows)


@pytest.mark.usefixtures("no_ptrace")
def test_stored_answers_stand_for_the_kernel(stored: Comparison) -> None:
    found = compare(lambda p: (p.getpid(), p.brk(0)), stored=replaced(stored))
    assert [row.there for row in found.rows[1:]] == [row.there for row in stored.rows[1:3]]
    assert found.first_difference is not None


@pytest.mark.usefixtures("no_ptrace")
def test_stored_answers_of_other_calls_are_not_taken(stored: Comparison) -> None:
    found = compare(lambda p: (p.getpid(), p.getppid(), p.brk(0)), stored=replaced(stored))
    assert [row.there is None for row in found.rows] == [False, False, True, True]
    assert "before 1000 getppid()" in found.origin


@pytest.mark.usefixtures("no_ptrace")
def test_without_them_it_says_what_it_needs() -> None:
    with pytest.raises(HostError, match="Linux on x86-64 only"):
        compare(lambda p: p.getpid())


def replaced(stored: Comparison) -> Comparison:
    """As if it had begun as the model does."""
    from vmlab import Machine
    from vmlab.host.short_maps import short

    begin = {1000: short(Machine().spawn().maps())}
    first = Row(1000, "", Told("", None, begin), Told("", None, begin))
    rows = [first, *stored.rows[1:]]
    return Comparison(rows, replace(stored.kernel, stored=True))


# The command


@pytest.mark.usefixtures("no_ptrace")
def test_the_command(
    stored: Comparison, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = replaced(stored).save(tmp_path / "a.json")
    log = tmp_path / "log"
    for text, status in (("1 getpid() = 1", 0), ("1 getpid() = 1\n1 brk(NULL) = 0", 1)):
        log.write_text(text)
        assert cli.main(["compare", str(log), "--stored", str(kept)]) == status
    assert "First difference: 1000 brk(NULL)" in capsys.readouterr().out
    assert cli.main(["compare", str(log)]) == 2
    assert (
        capsys.readouterr().err == f"{log}: the real kernel can be asked on Linux on x86-64 only\n"
    )
    assert cli.main(["compare", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'none'}: No such file or directory\n"


@needs_ptrace
def test_the_command_saves_answers(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(LOG)
    saved = tmp_path / "a.json"
    assert cli.main(["compare", str(tmp_path / "log"), "--save", str(saved)]) in (0, 1)
    assert json.loads(saved.read_text())["rows"][2]["call"] == "fork()"
