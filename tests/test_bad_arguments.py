"""A wrong argument of a public name is refused by one of vmlab's own errors, which names it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vmlab
from vmlab import Exercise, Machine, Recorder, Segment, VmlabError, elf, predict, program_headers
from vmlab.lessons.answers_file import Answers

CODE = Segment("R E", 0x400000, 0x1000, 0)
ODD: tuple[Any, ...] = (5, 1.5, b"x", ["x"], {"x": 1}, object(), True, "\ud800", "\0")
NOT_STRINGS = [odd for odd in ODD if not isinstance(odd, str)]
NOT_NUMBERS = [odd for odd in ODD if odd != 5]

CALLS: list[tuple[Callable[[Any], object], list[Any]]] = [
    (vmlab.language, [*ODD, "../en", "x/y", ""]),
    (lambda odd: vmlab.maps_diff(odd, ""), NOT_STRINGS),
    (lambda odd: vmlab.maps_diff("", odd), NOT_STRINGS),
    (vmlab.listing, list(ODD)),
    (vmlab.variables, list(ODD)),
    (Exercise, list(ODD)),
    (lambda odd: Exercise("rights", odd), NOT_NUMBERS),
    (lambda odd: Exercise("rights", 1, odd), list(ODD)),
    (lambda odd: Exercise("rights").check(odd), NOT_STRINGS),
    (vmlab.progress, list(ODD)),
    (lambda odd: predict(odd, "How many?"), list(ODD)),
    (lambda odd: predict("many", odd), list(ODD)),
    (lambda odd: predict("many", "How many?", answers=odd), list(ODD)),
    (lambda odd: elf([odd]), list(ODD)),
    (lambda odd: Segment(odd, 0, 0, 0), list(ODD)),
    (lambda odd: Segment("R", odd, 0, 0), [*NOT_NUMBERS, -1, 1 << 64]),
    (lambda odd: Segment("R", 0, odd, 0), [*NOT_NUMBERS, -1, 1 << 40]),
    (lambda odd: Segment("R", 0, 0, odd), [*NOT_NUMBERS, -1, 1 << 40]),
    (lambda odd: Segment("R", 0, 1, 0, odd), [*NOT_NUMBERS, -1, (1 << 64) - 1]),
    (program_headers, [*ODD, b"", elf([CODE])[:100]]),
    (lambda odd: Recorder(Machine()).transcript(odd), [5, 1.5, object(), True, "x", ["x"]]),
    (Machine().from_maps, [*ODD]),
    (Machine.from_snapshot, list(ODD)),
    (Machine().restore, list(ODD)),
    (lambda odd: Machine().spawn(argv=odd), [5, 1.5, b"x", object(), True, "x", ["\0"], [1]]),
]


ALL = [(call, odd) for call, values in CALLS for odd in values]


@pytest.mark.parametrize(("call", "odd"), ALL, ids=map(str, range(len(ALL))))
def test_it_is_refused(call: Callable[[Any], object], odd: Any) -> None:
    with pytest.raises(VmlabError) as refused:
        call(odd)
    str(refused.value).encode(errors="surrogatepass")


def test_no_segments_make_no_program() -> None:
    with pytest.raises(VmlabError, match="at least one segment"):
        elf([])


def test_a_name_that_is_too_long_is_told_in_bytes() -> None:
    with pytest.raises(vmlab.LinuxError, match="a name in it has 400 bytes"):
        Machine().spawn().open("/" + "é" * 200, vmlab.O_RDONLY)


def test_answers_may_be_kept_under_the_name_of_a_file(tmp_path: Path) -> None:
    answers = Answers(str(tmp_path / "mine.json"))
    Exercise("rights", 1, answers).check("allowed")
    assert (tmp_path / "mine.json").exists()
