"""Memory over time: what is drawn of a recording, and what of a long one.

After a wanted change run `python -m tests.diagrams.test_memory_over_time` and look at the
difference.
"""

import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from contextlib import suppress
from pathlib import Path

import pytest

from tests.contrast import TEXT, contrast
from tests.diagrams.pictures import element_ids, words
from tests.diagrams.test_contrast import COLOURS, grounds
from tests.diagrams.test_words import NAMES
from tests.pseudo_language import plain_words, pseudo_language
from tests.record import runs
from vmlab import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_PRIVATE,
    PAGE_SIZE,
    PROT_NONE,
    PROT_READ,
    PROT_WRITE,
    Machine,
    Recorder,
)
from vmlab.diagrams.drawing import SIZE
from vmlab.diagrams.memory_over_time import WIDTH, memory_over_time_svg
from vmlab.diagrams.time_words import memory_over_time_text, short
from vmlab.errors import Signal
from vmlab.record.lifespans import NOTHING, lifespans
from vmlab.record.marks import Marks, mark_all
from vmlab.state.ids import mm_id, object_id, parse, vma_id

GOLDEN = Path(__file__).parent / "golden" / "memory_over_time.svg"
READ_WRITE = PROT_READ | PROT_WRITE
ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
AT = 0x10000000

# A picture 640 pixels wide has so many for the drawing; it may be 620 high.
ROOM, TALLEST, LEGIBLE = 614, 620, 10


def small() -> Recorder:
    """A parent and a child that write, split and unmap, and a signal."""
    machine = Machine()
    parent = machine.spawn()
    recorder = Recorder(machine)
    parent.mmap(AT, 3 * PAGE_SIZE, READ_WRITE, ANONYMOUS, -1, 0)
    parent.load(AT)
    parent.store(AT + PAGE_SIZE, b"!")
    child = parent.fork()
    child.store(AT + PAGE_SIZE, b"!")
    child.mprotect(AT + PAGE_SIZE, PAGE_SIZE, PROT_NONE)
    parent.munmap(AT + PAGE_SIZE, PAGE_SIZE)
    with suppress(Signal):
        child.load(AT + PAGE_SIZE)
    return recorder


def large(seed: int) -> Recorder:
    """Processes that do anything."""
    machine = runs.machine()
    recorder = Recorder(machine)
    chance = random.Random(seed)
    for _ in range(60):
        runs.act(
            machine, (chance.choice(sorted(runs.ACTS)), *(chance.randrange(16) for _ in "1234"))
        )
    return recorder


def long() -> Recorder:
    """10,000 steps, 200 regions, a heap that grows."""
    machine = Machine()
    process = machine.spawn()
    recorder = Recorder(machine)
    turn = 0
    while len(recorder) < 10_000:
        at = AT + turn % 200 * 4 * PAGE_SIZE
        process.mmap(at, 2 * PAGE_SIZE, READ_WRITE if turn % 3 else PROT_READ, ANONYMOUS, -1, 0)
        process.load(at)
        if turn % 5 == 0:
            process.brk(process.brk(0) + PAGE_SIZE)
        turn += 1
    return recorder


def svg(recorder: Recorder, now: int | None = None, **options: Marks | frozenset[str]) -> str:
    step = len(recorder) - 1 if now is None else now
    snap = recorder.snapshot(step)
    return memory_over_time_svg(snap, lifespans(recorder.steps), now=step, **options)


@pytest.fixture(scope="module", params=["small", "long", *range(12)])
def recorder(request: pytest.FixtureRequest) -> Recorder:
    if request.param == "small":
        return small()
    return long() if request.param == "long" else large(request.param)


def test_it_is_what_it_was() -> None:
    assert svg(small()) == GOLDEN.read_text(encoding="utf-8")


def test_same_bytes_whatever_the_hash_seed() -> None:
    program = (
        "from tests.diagrams.test_memory_over_time import *\n"
        "print(svg(large(3), highlight=mark_all('mm_1', 'vma_1_400000', 'step_3')))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_ids_are_unique_and_lead_to_steps_and_regions(recorder: Recorder) -> None:
    found = element_ids(ET.fromstring(svg(recorder)))
    assert len(found) == len(set(found))
    kinds = {key: parse(key) for key in found if not key.startswith("more_")}
    assert {kind and kind[0] for kind in kinds.values()} <= {"step", "vma", "mm"}
    steps = [kind[1][0] for kind in kinds.values() if kind and kind[0] == "step"]
    assert steps
    assert set(steps) <= set(range(len(recorder)))


def test_it_is_legible_and_whole_in_a_narrow_notebook(recorder: Recorder) -> None:
    root = ET.fromstring(svg(recorder))
    _, _, width, height = map(float, root.get("viewBox", "").split())
    assert SIZE * min(ROOM / width, TALLEST / height) >= LEGIBLE
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        assert float(text.get("font-size", "0")) == SIZE
        length = 0.6 * SIZE * len(text.text or "")
        anchor = {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor", "")]
        left = float(text.get("x", "0")) - anchor * length
        assert left >= 0
        assert left + length <= WIDTH


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_is_legible_where_it_stands(recorder: Recorder, theme: str) -> None:
    for ink, ground in set(grounds(ET.fromstring(svg(recorder)))):
        one, other = (getattr(COLOURS[colour], theme) for colour in (ink, ground))
        assert contrast(one, other) >= TEXT, (ink, ground)


def test_every_line_is_one_that_a_drawing_is_patched_by(recorder: Recorder) -> None:
    # What `svg_parts.js` reads.
    text = svg(recorder)
    head = r'<svg [^>]*>\n<g id="memory_over_time" class="graph" transform="[^"]*">\n'
    assert re.match(head, text)
    body = re.sub(head, "", text).splitlines()
    assert body[-2:] == ["</g>", "</svg>"]
    shape = r"<(polygon|polyline|ellipse) [^<>]*/>|<text [^<>]*>[^<]*</text>"
    group = r'<g id="[^"]*" class="node"><a xlink:title="[^"]*">|</a>|</g>'
    assert [line for line in body[:-2] if not re.fullmatch(f"{shape}|{group}", line)] == []


def test_a_long_recording_is_folded() -> None:
    recorder = long()
    snap = recorder.snapshot(len(recorder) - 1)
    story = lifespans(recorder.steps)
    text = memory_over_time_svg(snap, story, now=5000)
    assert len(text) < 200_000
    said = words(ET.fromstring(text))
    assert any(re.fullmatch(r"\d+ more ranges", word) for word in said)
    assert any(re.fullmatch(r"\d+ more, unchanged", word) for word in said)
    assert any(re.fullmatch(r"\d+ calls in each column", word) for word in said)
    opened = memory_over_time_svg(snap, story, unfold=frozenset({"more_ranges_1"}))
    assert len(words(ET.fromstring(opened))) > len(said)


def test_regions_end_split_and_change_where_they_did() -> None:
    recorder = small()
    shown = ET.fromstring(svg(recorder))
    links = {
        key: group[0].get("{http://www.w3.org/1999/xlink}title", "")
        for group in shown.iter("{http://www.w3.org/2000/svg}g")
        if (key := group.get("id", "")).startswith(("vma", "step"))
    }
    numbers = {step.event.name: step.number for step in recorder.steps}
    child = [tip for key, tip in links.items() if object_id(key) == vma_id(2, AT + PAGE_SIZE)]
    assert f"0x10001000-0x10002000 ---p anon, 4 KiB; steps {numbers['vma_flags'] + 1}" in child[-1]
    assert "fork: 1001 is a copy of 1000" in links.values()
    signal = links[f"step_{numbers['signal_generate']}"]
    assert signal.startswith("page fault at 0x10001000 in step")
    assert signal.endswith(": SIGSEGV")
    calls = [tip for key, tip in links.items() if key.endswith(".call")]
    assert calls[0].startswith("call 1: mmap of process 1000, steps 1 to ")
    assert len(calls) == len(recorder.calls)


def test_what_is_marked_is_there_and_nothing_moves() -> None:
    recorder = small()
    marked = mark_all(mm_id(2), vma_id(1, AT))
    plain, hot = (ET.fromstring(svg(recorder, highlight=each)) for each in (mark_all(), marked))
    assert {object_id(key) for key in element_ids(hot)} >= set(marked)
    assert ET.tostring(plain) != ET.tostring(hot)
    assert words(plain) == words(hot)
    assert element_ids(plain) == element_ids(hot)


def test_only_the_processes_asked_for_are_drawn() -> None:
    recorder = small()
    story, snap = lifespans(recorder.steps), recorder.snapshot(len(recorder) - 1)
    drawn = words(ET.fromstring(memory_over_time_svg(snap, story, mms=(2,))))
    assert "pid 1001 a.out" in drawn
    assert "pid 1000 a.out" not in drawn
    assert "pid 1000" not in memory_over_time_text(snap, story, mms=(2,))


def test_a_long_name_is_cut_by_the_room_it_takes() -> None:
    assert [short(name) for name in ("heap", "vvar_vclock", "한국어", "한국어_파일.txt")] == [
        *("heap", "vv...clock", "한국어", "한....txt"),
    ]


def test_no_recording_is_said() -> None:
    snap = Machine().snapshot()
    assert words(ET.fromstring(memory_over_time_svg(snap, NOTHING))) == ["nothing was recorded"]
    assert memory_over_time_text(snap, NOTHING) == "Nothing was recorded."


def test_the_words_tell_the_same() -> None:
    recorder = small()
    text = memory_over_time_text(recorder.snapshot(-1), lifespans(recorder.steps))
    lines = text.splitlines()
    assert lines[0] == f"Memory over time: 8 calls, {len(recorder)} steps."
    assert lines.index("pid 1000 a.out:") < lines.index("pid 1001 a.out:")
    assert "  fork: 1001 is a copy of 1000" in lines
    assert any(re.match("  page fault at .*: zero page", line) for line in lines)


def test_the_words_of_a_long_recording_are_few() -> None:
    recorder = long()
    text = memory_over_time_text(recorder.snapshot(-1), lifespans(recorder.steps))
    assert re.search(r"^  \d+ more regions$", text, re.MULTILINE)
    assert len(text.splitlines()) < 100


def test_it_is_in_the_language_of_the_reader() -> None:
    recorder = small()
    snap, story = recorder.snapshot(-1), lifespans(recorder.steps)
    with pseudo_language():
        root = ET.fromstring(memory_over_time_svg(snap, story))
        text = memory_over_time_text(snap, story)
    title = "{http://www.w3.org/1999/xlink}title"
    tips = [element.get(title, "") for element in root.iter()]
    left = plain_words("\n".join((*words(root), *tips, text)))
    calls = {call.name for call in story.calls}
    assert {word for word in left if not re.fullmatch(r"[rwxps-]*", word)} <= (
        NAMES | calls | {"vvar", "vclock", "vvar_vclock", "vv...clock", "SIGSEGV"}
    )


if __name__ == "__main__":
    GOLDEN.write_text(svg(small()), encoding="utf-8")
