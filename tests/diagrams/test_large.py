"""Pictures of large machines: small, with what is in focus in them, and with little looked at."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from vmlab import Machine, Process, Recorder
from vmlab.diagrams.folds import LINES
from vmlab.record.highlight import call_marks
from vmlab.record.marks import Marks, mark_all
from vmlab.state import ids, places, views
from vmlab.state.rows import chunks
from vmlab.state.snapshot import Snapshot
from vmlab.widgets.pictures import PICTURES, Focus

PAGE, BASE, FAR = 4096, 0x10000000, 0x20000000000
STRIDE = 3 * PAGE
VMAS, PAGES = 3000, 3000
RW, ANON, SHARED = 3, 0x32, 0x11
LARGEST = 80_000  # characters of a picture, or of the words for it

Drawn = dict[str, tuple[str, str]]  # DOT and words, by the name of the picture


def many_regions() -> Process:
    process = Machine().spawn()
    for number in range(VMAS):
        process.mmap(BASE + number * STRIDE, PAGE, number % 2, ANON)
    return process


def many_pages() -> Process:
    process = Machine(ram=64 << 20).spawn()
    process.mmap(FAR, PAGES * PAGE, RW, ANON | 0x8000)
    return process


def many_cached() -> Process:
    process = Machine(ram=64 << 20).spawn()
    process.machine.fs.write("/large", b"x" * PAGES * PAGE)
    fd = process.open("/large", 2)
    process.mmap(FAR, PAGES * PAGE, RW, SHARED | 0x8010, fd)
    return process


LARGE: list[Callable[[], Process]] = [many_regions, many_pages, many_cached]


@pytest.fixture(scope="module", params=LARGE, ids=[make.__name__ for make in LARGE])
def snap(request: pytest.FixtureRequest) -> Snapshot:
    return request.param().machine.snapshot()


def drawn(snap: Snapshot, marks: Marks, before: Snapshot | None = None) -> Drawn:
    focus = Focus(mm=snap.mms[0].mm, highlight=marks, before=before)
    return {
        name: (kind.source(snap, focus), kind.text(snap, focus)) for name, kind in PICTURES.items()
    }


def test_every_picture_of_a_large_machine_is_small(snap: Snapshot) -> None:
    sizes = {name: max(map(len, both)) for name, both in drawn(snap, Marks()).items()}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}


REGIONS = ("address_space", "vma_tree", "mm_struct")
FRAMES = ("sharing", "frames", "page_table", "page_cache")


def test_a_marked_region_in_the_middle_is_in_pictures_and_words() -> None:
    snap = many_regions().machine.snapshot()
    start = BASE + VMAS // 2 * STRIDE
    pictures = drawn(snap, mark_all(ids.vma_id(1, start)))
    for name in (*REGIONS, "sharing"):
        assert f'"{ids.vma_id(1, start)}' in pictures[name][0], name
    for name in REGIONS:
        assert f"{start:#x}-" in pictures[name][1], name
        assert "changed: " in pictures[name][1], name


@pytest.mark.parametrize("make", [many_pages, many_cached])
def test_a_marked_page_in_the_middle_is_in_pictures_and_words(make: Callable[[], Process]) -> None:
    snap = make().machine.snapshot()
    addr = FAR + PAGES // 2 * PAGE
    page = views.mapped(snap, snap.mms[0]).at(addr)
    assert page is not None
    pictures = drawn(snap, mark_all(ids.pte_id(1, addr), ids.pfn_id(page.pfn)))
    for name in ("sharing", "frames", "page_table"):
        assert ids.pte_id(1, addr) in pictures[name][0], name
        assert "changed: " in pictures[name][1], name
    assert ids.pfn_id(page.pfn) in pictures["sharing"][0]
    if make is many_cached:
        assert ids.pfn_id(page.pfn) in pictures["page_cache"][0]
        assert f"changed: page {PAGES // 2} in frame {page.pfn}" in pictures["page_cache"][1]


def test_words_say_how_many_are_left_out(snap: Snapshot) -> None:
    said = "\n".join(words for _, words in drawn(snap, Marks()).values())
    assert re.search(r"\.\.\. [0-9,]+ more( pages?)? \.\.\.", said)
    longest = max(words.count("\n") for _, words in drawn(snap, Marks()).values())
    assert longest < 3 * LINES


def test_many_regions_that_went_are_folded() -> None:
    process = many_regions()
    before = process.machine.snapshot()
    process.munmap(BASE, VMAS * STRIDE)
    after = process.machine.snapshot()
    pictures = drawn(after, call_marks([], before, after), before)
    assert max(len(text) for both in pictures.values() for text in both) <= LARGEST


def test_only_regions_in_parts_that_changed_are_named_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = many_regions()
    recorder = Recorder(process.machine)
    before = recorder.snapshot(-1).mms[0]
    places.region_at(before, BASE)
    process.mmap(FAR, PAGE, RW, ANON)
    after = recorder.snapshot(len(recorder) - 1).mms[0]
    named: list[int] = []
    plain = places.known_as

    def known_as(mm, vma):
        named.append(vma.vm_start)
        return plain(mm, vma)

    monkeypatch.setattr(places, "known_as", known_as)
    places.region_at(after, FAR)
    same = {id(chunk) for chunk in chunks(before.mmap)}
    kept = [vma.vm_start for chunk in chunks(after.mmap) if id(chunk) in same for vma in chunk]
    assert FAR in named
    assert kept
    assert set(named).isdisjoint(kept)


def test_marks_of_a_call_look_at_what_it_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    process = many_pages()
    recorder = Recorder(process.machine)
    process.munmap(FAR + 5 * PAGE, PAGE)
    before, after = recorder.snapshot(-1), recorder.snapshot(len(recorder) - 1)
    made: list[int] = []
    plain = views.Entries._entry

    def entry(self, run, index):
        made.append(index)
        return plain(self, run, index)

    monkeypatch.setattr(views.Entries, "_entry", entry)
    marks = call_marks(recorder.steps.events, before, after)
    assert marks.numbers("vma") == {(1, FAR), (1, FAR + 6 * PAGE)}
    assert len(made) <= 2 * 512
