"""What the lessons say of Linux, subject by subject, and the table that maps subjects to them."""

import re
from pathlib import Path

import nbformat
import pytest

from vmlab import CLONE_VM, MAP_SHARED, O_RDWR, PROT_READ, PROT_WRITE, Machine, ProcessError
from vmlab.lessons.scenarios import page, touched
from vmlab.model.process import Process
from vmlab.widgets.pictures import PICTURES

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "subjects.md"
GUIDE = ROOT / "docs" / "instructor_guide.md"
ROWS = [
    line.strip("|").split("|")
    for line in TABLE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| subject", "| ---"))
]


def present(process: Process) -> dict[int, int]:
    """Every page of a process that has a frame of its own data: address -> frame."""
    entries = {
        addr: process.pagemap(addr)[0]
        for vma in process.mm
        for addr in range(vma.vm_start, vma.vm_end, 4096)
    }
    return {addr: entry.pfn for addr, entry in entries.items() if entry.present and not entry.zero}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip())
def test_the_table_names_what_there_is(row: list[str]) -> None:
    _, lessons, pictures, tests = row
    links = re.findall(r"\(\.\./([^)]*)\)", lessons)
    files = re.findall("`([^`]*)`", tests)
    assert links
    assert files
    for file in (*links, *files):
        assert (ROOT / file).is_file(), file
    for picture in re.findall("`([^`]*)`", pictures):
        assert picture in PICTURES


def cells(links: str, kind: str = "") -> str:
    """The sources of the cells of some lessons, of one kind or of all."""
    return "\n".join(
        cell.source
        for link in re.findall(r"\(\.\./([^)]*)\)", links)
        for cell in nbformat.read(ROOT / link, as_version=4).cells
        if kind in cell.cell_type
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip())
def test_a_lesson_draws_the_picture_and_names_the_subject(row: list[str]) -> None:
    subject, lessons, pictures, _ = row
    drawn = set(re.findall(r'"(\w+)"', cells(lessons, "code")))
    if re.search(r"show\(\w+\)|Explorer\(\w+\)", cells(lessons, "code")):
        drawn.add("address_space")  # the first that both draw unless told otherwise
    assert set(re.findall("`([^`]*)`", pictures)) <= drawn
    text = cells(lessons)
    for word in re.findall("`([^`]*)`", subject):
        assert word in text


def test_every_lesson_is_in_the_table() -> None:
    named = set(re.findall(r"\.\./(notebooks/\d\d_\w+\.ipynb)", TABLE.read_text(encoding="utf-8")))
    assert named == {
        path.relative_to(ROOT).as_posix() for path in ROOT.glob("notebooks/[0-9]*.ipynb")
    }


def test_the_guide_gives_the_titles_and_the_times_of_the_lessons() -> None:
    said = re.findall(
        r"^\| (\d+) \| (.*?) \| (\d+) \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE
    )
    found = []
    for number, path in enumerate(sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))):
        first = nbformat.read(path, as_version=4).cells[0].source
        (title,) = re.findall(r"^# ([^:\n]*)", first)
        (minutes,) = re.findall(r"About (\d+) minutes", first)
        assert "**You will**" in first
        assert "**You learn**" in first
        assert "**You need**" in first
        found.append((str(number), title, minutes))
    assert said == found


def test_what_the_program_said_lies_within_whole_pages() -> None:
    mm = Machine().spawn().mm
    regions = [(vma.vm_start, vma.vm_end) for vma in mm]
    for start, end in ((mm.start_code, mm.end_code), (mm.start_data, mm.end_data)):
        (region,) = [r for r in regions if r[0] <= start < r[1]]
        assert end <= region[1]
        assert not region[0] % 4096
        assert not region[1] % 4096
    assert mm.end_code % 4096
    assert any(start <= mm.start_stack < end for start, end in regions)


def test_a_write_after_fork_copies_exactly_one_frame() -> None:
    parent = touched(3, written=(0, 1, 2))
    child = parent.fork()
    before = present(parent)
    assert present(child) == before
    child.store(page(1), b"B")
    after = present(child)
    assert [addr for addr in after if after[addr] != before[addr]] == [page(1)]
    assert present(parent) == before
    child.exit(0)
    parent.store(page(0), b"A")
    assert present(parent) == before


def test_vfork_lends_the_address_space() -> None:
    parent = touched(1, written=(0,))
    child = parent.vfork()
    assert child.mm is parent.mm
    child.store(page(0), b"V")
    with pytest.raises(ProcessError, match="waits"):
        parent.load(page(0))
    child.execve("/bin/a.out", ["a.out"], {})
    assert parent.load(page(0)) == b"V"
    assert child.mm is not parent.mm


def test_clone_vm_counts_users() -> None:
    first = touched(1, written=(0,))
    second = first.clone(CLONE_VM | 17)
    assert first.mm is second.mm
    assert (first.mm.mm_users, first.mm.mm_count) == (2, 1)
    second.store(page(0), b"2")
    assert first.load(page(0)) == b"2"


def test_memory_is_freed_by_the_last_user() -> None:
    machine = Machine()
    machine.spawn().exit(0)
    empty = len(machine.system.mem_map)
    first = machine.spawn()
    second = first.clone(CLONE_VM | 17)
    in_use = len(machine.system.mem_map)
    first.exit(0)
    assert len(machine.system.mem_map) == in_use
    second.exit(0)
    assert len(machine.system.mem_map) == empty


def test_execve_takes_its_four_steps() -> None:
    process = touched(1, written=(0,))
    old = process.mm
    process.execve("/bin/a.out", ["a.out"], {})
    assert old.mm_users == 0
    assert all(vma.vm_start != page(0) for vma in process.mm)
    assert all("s" not in vma.perms for vma in process.mm)
    assert process.task.rip == process.mm.start_code
    assert not process.pagemap(process.task.rip)[0].present


def test_strangers_talk_through_a_file() -> None:
    machine = Machine()
    machine.fs.write("/board", b"....")
    people = machine.spawn(), machine.spawn()
    boards = [
        person.mmap(None, 4, PROT_READ | PROT_WRITE, MAP_SHARED, person.open("/board", O_RDWR))
        for person in people
    ]
    people[0].store(boards[0], b"hi")
    assert people[1].load(boards[1], 2) == b"hi"
    assert machine.fs.read("/board") == b"hi.."
