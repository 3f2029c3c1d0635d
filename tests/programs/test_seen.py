"""What there is to see of a program, now and in every state of the past."""

import pytest

pytest.importorskip("elftools", reason="the extra vmlab[programs] is not installed")

from vmlab import Machine, Recorder, VmlabError, build
from vmlab.programs.compilers import compiler
from vmlab.programs.seen import is_built_with_it, see, task_then, where_of
from vmlab.record.site import Line

SOURCE = """\
int counter;

static void count(int n)
{
    counter += n;
}

int main(void)
{
    count(2);
    return 0;
}
"""


@pytest.fixture(autouse=True)
def _can_build() -> None:
    try:
        compiler()
    except VmlabError as failure:
        pytest.skip(str(failure))


def test_source_line_stack_and_variables() -> None:
    machine = Machine()
    process = build(SOURCE).spawn(machine)
    process.run(5)
    seen = see(process.task)
    assert seen is not None
    assert (seen.path, seen.source) == ("/src/program.c", SOURCE)
    assert (seen.line, seen.at) == (Line("program.c", 5), True)
    assert [called.function for called in seen.stack] == ["count", "main"]
    assert [place.name for place in seen.variables] == ["n", "counter"]
    assert {5, 10, 11} <= {*seen.with_code}
    outer = see(process.task, 1)
    assert outer is not None
    assert [place.name for place in outer.variables] == ["counter"]


def test_a_state_of_the_past_shows_what_was_then() -> None:
    machine = Machine()
    process = build(SOURCE).spawn(machine)
    process.run("line")
    recorder = Recorder(machine)
    process.run(11)
    task = task_then(recorder.start, process.pid)
    assert task is not None
    then, now = see(task), see(process.task)
    assert then is not None
    assert now is not None
    assert (then.line, now.line) == (Line("program.c", 10), Line("program.c", 11))
    assert (then.variables[-1].value, now.variables[-1].value) == ("0", "2")


def test_of_what_has_ended_there_is_nothing_to_see() -> None:
    machine = Machine()
    process = build(SOURCE).spawn(machine)
    task = process.task
    process.run()
    assert see(task) is None
    assert where_of(task) == ""
    assert where_of(None) == ""


def test_a_source_that_is_not_in_the_machine() -> None:
    machine = Machine()
    process = build(SOURCE).spawn(machine)
    machine.fs.unlink("/src/program.c")
    process.run("line")
    seen = see(process.task)
    assert seen is not None
    assert seen.source is None
    assert seen.line == Line("program.c", 10)


def test_programs_with_and_without_debug_information_are_told_apart() -> None:
    machine = Machine()
    assert not is_built_with_it(machine.spawn().task)
    assert is_built_with_it(build(SOURCE, name="b.out").spawn(machine).task)
    assert not is_built_with_it(machine.kthread().task)
