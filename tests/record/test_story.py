"""A recording as a story: headlines by code and values, chapters, and how both are told.

After a wanted change run `python -m tests.record.test_story` and read the difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import HealthCheck, given, settings

from tests.plain_codes import plain_codes
from tests.pseudo_language import plain_words, pseudo_language
from tests.record import scenes, story_scenes
from tests.record.runs import Act, acts, machine, run
from tests.refused import refused
from vmlab import Killed, LinuxError, Machine, Process, Recorder, Segfault, watch
from vmlab.codes import Reason
from vmlab.errors import BusError, HistoryError, UsageError
from vmlab.model.abi.calls import ACCESSES, CALLS
from vmlab.model.machine_code import SYSCALL
from vmlab.record.history import History
from vmlab.record.replay import OWNERS_CALLS, WAYS
from vmlab.record.story import Headline, Story
from vmlab.record.story.at_once import rest
from vmlab.record.story.chapters import MOST
from vmlab.record.story.outcome import OTHERS, TELLERS
from vmlab.state.places import Place
from vmlab.words.headlines import HEADLINES
from vmlab.words.headlines.titles import TITLES

GOLDEN = Path(__file__).parent / "golden_stories.txt"
NAMES = [*scenes.SCENES, *(f"story {code}" for code in story_scenes.SCENES)]

quick = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def recorded(name: str) -> Recorder:
    """What a scene does, recorded."""
    code = name.removeprefix("story ")
    before, what = (story_scenes.SCENES if code != name else scenes.SCENES)[code]
    m = Machine(ram=4 << 20, swap=1 << 20 if name.startswith("swap") else 0)
    p = m.from_maps(scenes.HEAP + scenes.MAPS.splitlines()[1] + "\n")
    p.brk(0)  # so that it runs
    before(p)
    with Recorder(m) as recorder, suppress(LinuxError, Segfault, BusError, Killed):
        what(p)
    return recorder


def told(name: str) -> str:
    """The headlines and chapters of a scene, without words."""
    lines = [f"{name}\n"]
    for story in recorded(name).stories:
        titles = " ".join(f"{each.title}:{each.last - each.first + 1}" for each in story.chapters)
        lines.append(f"  {story.call.name}: {story.headline.plain}\n    {titles or '-'}\n")
    return "".join(lines)


def codes_of_rest(history: History) -> set[str]:
    """How the calls of a scene but the first are counted beside it."""
    numbers = range(len(history.calls))
    counted = (rest(history, numbers, 0, pid) for pid in (None, -1) if numbers)
    return {each.code for headlines in counted for each in headlines}


def golden() -> dict[str, str]:
    parts: dict[str, str] = {}
    for line in GOLDEN.read_text(encoding="utf-8").splitlines(keepends=True):
        if not line.startswith(" "):
            name = line.strip()
        parts[name] = parts.get(name, "") + line
    return parts


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_has_its_story(name: str) -> None:
    with plain_codes():
        assert told(name) == golden()[name]


def test_no_story_is_left_over() -> None:
    assert list(golden()) == NAMES


def test_every_headline_and_every_title_is_told() -> None:
    codes: set[str] = set()
    titles: set[str] = set()
    for name in NAMES:
        for story in recorded(name).stories:
            codes.update(story.headline.codes)
            titles.update(each.title for each in story.chapters)
        codes.update(codes_of_rest(recorded(name).steps))
    assert codes == HEADLINES.keys()
    assert titles == TITLES.keys()


@pytest.mark.parametrize("code", story_scenes.SCENES)
def test_a_story_scene_has_the_headline_it_is_for(code: str) -> None:
    stories = recorded(f"story {code}").stories
    assert code in {each for story in stories for each in story.headline.codes}


def test_every_call_and_all_the_owner_does_is_told() -> None:
    assert TELLERS.keys() == CALLS.keys()
    assert OTHERS.keys() == {*ACCESSES, *WAYS, *OWNERS_CALLS} - {SYSCALL}


def test_a_headline_is_whole_sentences() -> None:
    for message in HEADLINES.values():
        for text in (message,) if isinstance(message, str) else message:
            assert text.endswith(".")
            places = [place for _, place, _, _ in Formatter().parse(text) if place is not None]
            assert ("n" in places) == (not isinstance(message, str)), text


# What must be said word for word, as an example


def test_what_is_said_of_copy_on_write() -> None:
    m = Machine()
    p = m.spawn()
    bss = p.mm.start_brk - 0x1000
    p.store(bss, b"x")
    child = p.fork()
    with Recorder(m) as recorder:
        child.store(bss, b"y")
        child.load(bss)
    first, second = (str(story.headline) for story in recorder.stories)
    assert first.startswith("Copy-on-write: page 1 of bss in 1001 moves from frame ")
    assert "; 1000 keeps frame " in first
    assert second == "No fault: the TLB knew the page."


def test_what_is_said_of_refused_calls() -> None:
    m = Machine()
    p = m.spawn()
    with Recorder(m) as recorder, refused(LinuxError, "length_zero", "EINVAL"):
        p.mmap(0, 0, 3, 0x22)
    (story,) = recorder.stories
    assert str(story.headline) == "mmap failed: EINVAL, the length is 0: nothing changed."


def test_a_merge_replaces_nothing() -> None:
    m = Machine()
    p = m.spawn()
    p.mmap(0x10000000, 0x1000, 3, 0x32)
    p.mmap(0x10002000, 0x1000, 3, 0x32)
    with Recorder(m) as recorder:
        p.mmap(0x10001000, 0x1000, 3, 0x32)
    assert recorder.story(0).headline.codes == ("mmap_fixed", "merged")


def test_the_chapter_of_copied_regions_ends_where_all_are_there() -> None:
    m = Machine()
    p = m.spawn()
    with Recorder(m) as recorder:
        child = p.fork()
    ends = {each.title: recorder.snapshot(each.last) for each in recorder.story(0).chapters}
    assert list(ends) == ["call", "regions_copied", "pages_shared", "child_ready", "answer"]
    number = child.mm.number
    regions = [len(mm.mmap) for mm in ends["regions_copied"].mms if mm.mm == number]
    assert regions == [p.mm.map_count]


def test_rights_that_keep_regions_apart_are_said_before_the_flags() -> None:
    m = Machine()
    p = m.spawn()
    p.mmap(0x10000000, 0x1000, 1, 0x32)
    with Recorder(m) as recorder:
        p.mmap(0x10001000, 0x1000, 3, 0x32)
    assert str(recorder.story(0).headline).endswith(
        "It did not merge with the region at 0x10000000 below it: that one is r--p, this one rw-p;"
        " different flags (VM_WRITE|VM_ACCOUNT)."
    )


@pytest.mark.parametrize("name", ["[vvar]", "[stack]", "a file"])
def test_nobody_asks_why_it_did_not_merge_with_another_kind_of_region(name: str) -> None:
    m = Machine()
    m.fs.write("/a.dat", b"text" * 1024)
    p = m.spawn()
    file = p.mmap(0x10000000, 0x1000, 1, 2, p.open("/a.dat"))
    starts = {vma.name: vma.vm_start for vma in m.snapshot().mms[0].mmap} | {"a file": file}
    with Recorder(m) as recorder:
        p.mmap(starts[name] - 0x1000, 0x1000, 3, 0x32)
    assert "vma_not_merged" in [step.event.name for step in recorder.steps]
    assert recorder.story(0).headline.codes == ("mmap_fixed",)


def test_two_parts_of_a_file_might_have_merged() -> None:
    m = Machine()
    m.fs.write("/a.dat", b"text" * 4096)
    p = m.spawn()
    p.mmap(0x10000000, 0x1000, 1, 2 | 0x10, p.open("/a.dat"))
    with Recorder(m) as recorder:
        p.mmap(0x10001000, 0x1000, 1, 2 | 0x10, 3, 0x3000)
    assert "apart_from_below" in recorder.story(0).headline.codes


def test_where_mmap_merged_a_region_has_grown() -> None:
    m = Machine()
    p = m.spawn()
    with Recorder(m) as recorder:
        p.mmap(0x10000000, 0x1000, 3, 0x32)
        p.mmap(0x10001000, 0x1000, 3, 0x32)
    titles = [[each.title for each in story.chapters] for story in recorder.stories]
    assert "region_made" in titles[0]
    assert "region_grown" not in titles[0]
    assert "region_grown" in titles[1]
    assert "region_made" not in titles[1]


# Any run


def headlines(headline: Headline) -> Iterator[Headline]:
    yield headline
    for more in headline.more:
        yield from headlines(more)


def values(headline: Headline) -> Iterator[object]:
    for each in headlines(headline):
        yield from (value for _, value in each.values)


def check_chapters(story: Story) -> None:
    numbers = [step.number for step in story.steps]
    covered = [n for each in story.chapters for n in range(each.first, each.last + 1)]
    assert covered == numbers
    assert len(story.chapters) <= MOST
    names = [step.event.name for step in story.steps]
    entered = [i for i, name in enumerate(names) if name in ("sys_enter", "access_begin")]
    if entered:  # what comes before is the switch to the caller
        assert len(story.chapters) >= min(3, len(names) - entered[0])
    titles = [each.title for each in story.chapters]
    assert len(set(titles)) == len(titles) or story.call.name in ACCESSES


def machine_words(value: object) -> set[str]:
    """The words in a value that are names of the machine."""
    if isinstance(value, Reason):
        return {word for _, each in value.values for word in machine_words(each)}
    return plain_words(value.name if isinstance(value, Place) else str(value))


@quick
@given(acts)
def test_any_run_can_be_told(what: list[Act]) -> None:
    m = machine()
    with Recorder(m) as recorder:
        run(m, what)
    stories = recorder.stories
    assert len(stories) == len(recorder.calls)
    for story in stories:
        assert str(story.headline)
        assert "{" not in str(story.headline)
        check_chapters(story)
        for each in headlines(story.headline):
            assert each.code in HEADLINES
        for value in values(story.headline):
            if isinstance(value, Place):
                assert str(value)
                assert value.kind or value.start
    assert stories == recorder.stories
    again = Recorder.from_json(recorder.to_json())
    assert [each.headline for each in again.stories] == [each.headline for each in stories]


@quick
@given(acts)
def test_no_word_is_left_in_another_language(what: list[Act]) -> None:
    m = machine()
    with Recorder(m) as recorder:
        run(m, what)
    with pseudo_language():
        for story in recorder.stories:
            names = {word for value in values(story.headline) for word in machine_words(value)}
            assert plain_words(str(story.headline)) <= names
            assert plain_words(" ".join(map(str, story.chapters))) == set()


# Levels


def faulting() -> tuple[Machine, Process]:
    m = Machine()
    p = m.from_maps(scenes.HEAP)
    p.brk(0)
    return m, p


def test_a_transcript_has_levels() -> None:
    m, p = faulting()
    with Recorder(m) as recorder:
        p.store(0x10000000, b"x")
    lines = recorder.transcript(("headline", "chapters")).splitlines()
    assert lines == [
        '1000 store(0x10000000, "x") = ok',
        "  = First write: page 0 of the heap gets frame 6, filled with zeros.",
        "  * CPU stops",
        "  * Region found",
        "  * Entry read",
        "  * Frame taken",
        "  * Entry set",
        "  * CPU tries again",
    ]
    assert recorder.transcript(()).splitlines() == lines[:1]
    whole = recorder.transcript(("headline", "chapters", "steps")).splitlines()
    assert [line for line in whole if line in lines] == lines
    assert {*recorder.transcript().splitlines()} < {*whole}
    with pytest.raises(UsageError, match="no level 'pages'"):
        recorder.transcript(("pages",))


def test_watching_has_levels(capsys: pytest.CaptureFixture[str]) -> None:
    m, p = faulting()
    with watch(m, level="headline"):
        p.store(0x10000000, b"x")
    first = "First write: page 0 of the heap gets frame 6, filled with zeros.\n"
    assert capsys.readouterr().out == first
    with watch(m, level="chapters") as story:
        p.load(0x10000000)
    assert capsys.readouterr().out.splitlines() == [
        "No fault: the TLB knew the page.",
        "  CPU wants a page",
        "  TLB asked",
        "  Access done",
    ]
    assert [each.headline.code for each in story.stories] == ["tlb_knew_page"]
    with pytest.raises(UsageError, match="no level 'x'"):
        watch(m, level="x")
    with pytest.raises(UsageError, match="'steps' only"):
        watch(m, "page_walk", level="chapters")


def test_there_is_no_other_call() -> None:
    m, p = faulting()
    with Recorder(m) as recorder:
        p.getpid()
    assert recorder.story(0).number == 0
    for number in (-1, 1):
        with refused(HistoryError, "no_call_of_number"):
            recorder.story(number)


if __name__ == "__main__":
    with plain_codes():
        GOLDEN.write_text("".join(map(told, NAMES)), encoding="utf-8")


def test_functions_of_a_long_call_are_looked_at_once_for_each_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = Machine(ram=64 << 20).spawn()
    addr = process.mmap(None, 2000 * 4096, 3, 0x8022)
    with Recorder(process.machine) as recorder:
        process.munmap(addr, 2000 * 4096)
    asked: list[object] = []
    story_chapters = import_module("vmlab.record.story.chapters")
    plain = story_chapters._part_of

    def part_of(plan: object, names: set[str]) -> int:
        asked.append(names)
        return int(plain(plan, names))

    monkeypatch.setattr(story_chapters, "_part_of", part_of)
    told = recorder.story(0)
    check_chapters(told)
    assert len(told.steps) > 4000
    assert len(asked) < 100


def test_the_story_of_what_was_just_done_does_nothing_over_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = Machine().spawn()
    recorder = Recorder(process.machine)
    process.mmap(None, 4096, 3, 0x22)
    monkeypatch.setattr("vmlab.record.history.Replica", None)
    assert recorder.story(0).headline


def test_steps_of_a_call_are_those_of_the_recording() -> None:
    process = Machine().spawn()
    with Recorder(process.machine) as recorder:
        process.mmap(None, 4096, 3, 0x22)
        process.getpid()
    for number, call in enumerate(recorder.calls):
        steps = recorder.steps.steps_of(number)
        assert steps == recorder.steps[call.first : recorder.steps.end_of(number)]
        assert [steps[at] for at in range(len(steps))] == list(steps)
        assert steps[1:].first == steps[0].number + 1
        assert steps[-1] == tuple(steps)[-1]
    assert tuple(recorder.steps) == recorder.steps[:]
