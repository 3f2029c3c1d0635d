"""Call paths: functions nested as they called each other, each event in its place."""

from tests.diagrams.pictures import drawn, element_ids
from vmlab.diagrams.call_path import LIMIT, call_path_dot, call_path_text
from vmlab.model.trace.events.fault import FaultDone
from vmlab.record.recorder import CallPathEntry, Step

OUTER, INNER, OTHER = (
    CallPathEntry("outer", "mm/a.c"),
    CallPathEntry("inner", "mm/b.c"),
    CallPathEntry("other", "mm/c.c"),
)


def steps(*paths: tuple[CallPathEntry, ...]) -> list[Step]:
    return [Step(number, FaultDone(1, 0x1000, 1), 1, path) for number, path in enumerate(paths)]


SMALL = steps((), (OUTER,), (OUTER, INNER), (OUTER, INNER), (OUTER,), (OUTER, OTHER), ())


def test_functions_are_nested_and_named_once():
    event = SMALL[0].sentence
    assert call_path_text(SMALL, now=3).splitlines() == [
        f"  {event}",
        "  outer (mm/a.c)",
        f"    {event}",
        "    inner (mm/b.c)",
        f"      {event}",
        f">     {event}",
        f"    {event}",
        "    other (mm/c.c)",
        f"      {event}",
        f"  {event}",
    ]


def test_every_step_can_be_pointed_at():
    found = element_ids(drawn(call_path_dot(SMALL)))
    assert {f"step_{number}" for number in range(7)} <= set(found)
    assert len(found) == len(set(found))


def test_the_functions_being_executed_have_a_ground():
    dot = call_path_dot(SMALL, now=3)
    assert dot.count('BGCOLOR="#ffe4d2"') == 2
    assert call_path_dot(SMALL, now=5).count('BGCOLOR="#ffe4d2"') == 2
    assert call_path_dot(SMALL, now=0).count('BGCOLOR="#ffe4d2"') == 0


def test_a_long_recording_folds_around_the_chosen_step():
    long = steps(*[(OUTER,)] * 500)
    found = element_ids(drawn(call_path_dot(long, now=250)))
    assert "step_250" in found
    assert "more_calls" in found
    assert len(found) < LIMIT + 10


def test_what_is_beside_the_chosen_step_is_not_folded():
    found = element_ids(drawn(call_path_dot(steps(*[(OUTER,)] * 500), now=250)))
    assert {f"step_{number}" for number in range(248, 253)} <= set(found)


def test_it_says_whose_call_it_is_and_what_each_event_means():
    dot = call_path_dot(SMALL, now=3)
    assert "Functions and events of process 1" in dot
    assert SMALL[0].sentence in dot


def test_an_empty_recording_says_so():
    assert "nothing was recorded" in call_path_dot([])
    assert call_path_text([]) == "Nothing was recorded."
