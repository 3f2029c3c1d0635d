"""A program stops at the start of lines of its source."""

import pytest

pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")

from tests.programs.machine_code import load
from vmlab import Machine, MiB, Process, Recorder, VmlabError, build


@pytest.fixture
def process(files: dict[str, bytes]) -> Process:
    return started(files["static/fork_global"])


def started(data: bytes) -> Process:
    machine = Machine(ram=64 * MiB)
    machine.fs.write("/bin/program", data)
    return machine.spawn("/bin/program", env={})


def lines(process: Process) -> list[str]:
    """Where it stops, from one line to the next, up to its end."""
    found = []
    while (stop := process.run("line")).why == "line":
        found.append(stop.where)
    assert stop.why == "exit"
    return found


def test_it_goes_from_line_to_line_and_passes_over_the_library(process: Process) -> None:
    found = lines(process)
    assert found == [f"fork_global.c:{line}" for line in (12, 13, 14, 15, 19, 25, 26, 27, 28)]
    assert process.machine.console.endswith("parent: global 16, local 88\n")


def test_it_stops_at_a_line_of_that_number(process: Process) -> None:
    stop = process.run(14)
    assert (stop.why, stop.where) == ("line", "fork_global.c:14")
    assert process.machine.console == "before fork: global 6, local 88\n"
    assert process.run(14).why == "exit"


def test_a_line_without_code_is_the_next_one_that_has_some(process: Process) -> None:
    assert process.run(until=11).where == "fork_global.c:12"


def test_it_stops_at_whichever_comes_first(process: Process) -> None:
    whys = [process.run(["line", "syscall"]).why for _ in range(20)]
    assert {"line", "syscall"} == set(whys)


def test_a_line_behind_the_last_one_is_refused(process: Process) -> None:
    with pytest.raises(VmlabError, match="no code from line 99 on"):
        process.run(99)


@pytest.mark.parametrize(
    "until", ["nonsense", -1, 0, True, None, 1.5, ["line", "nonsense"], [14, 0]]
)
def test_what_it_cannot_be_run_up_to_is_refused(process: Process, until: object) -> None:
    with pytest.raises((TypeError, ValueError), match="until"):
        process.run(until)
    assert process.run("line").where == "fork_global.c:12"


@pytest.mark.parametrize("most", [-1, True, "10"])
def test_the_most_instructions_are_a_number(process: Process, most: object) -> None:
    for run in (process.run, process.machine.run):
        with pytest.raises((TypeError, ValueError), match="instructions"):
            run(instructions=most)


THREADS = """\
#include <pthread.h>
static int n;
static void *work(void *p)
{
    n++;
    n++;
    return p;
}
int main(void)
{
    pthread_t t[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], 0, work, 0);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], 0);
    return n;
}
"""


@pytest.fixture
def threads() -> Process:
    try:
        program = build(THREADS, options=["-pthread"], name="threads")
    except VmlabError as failure:
        pytest.skip(str(failure))
    return program.spawn(Machine(ram=64 * MiB))


def test_a_line_stops_every_thread_that_comes_to_it(threads: Process) -> None:
    stops = [threads.run(6) for _ in range(3)]
    assert [(each.why, each.where) for each in stops[:2]] == [("line", "threads.c:6")] * 2
    assert [each.tid for each in stops] == [1001, 1002, 1000]
    assert (stops[2].why, threads.exit_code) == ("exit", 4 << 8)


def test_a_thread_that_stopped_can_be_stepped(threads: Process) -> None:
    thread = threads.machine[threads.run(5).tid]
    assert [thread.run("line").where for _ in range(2)] == ["threads.c:6", "threads.c:7"]


def test_from_line_to_line_goes_one_thread_only(threads: Process) -> None:
    stops = []
    while (stop := threads.run("line")).why == "line":
        stops.append(stop)
    assert {each.tid for each in stops} == {1000}
    assert {each.where for each in stops}.isdisjoint({"threads.c:5", "threads.c:6"})


def test_a_program_without_lines_is_refused() -> None:
    with pytest.raises(VmlabError, match="no debug information"):
        load(Machine(ram=16 * MiB), "90 ebfe").run("line")


def test_another_program_has_lines_of_its_own(files: dict[str, bytes]) -> None:
    process = started(files["static/segv_mprotect"])
    process.run("line")
    process.machine.fs.write("/bin/other", files["static/fork_global"])
    process.execve("/bin/other", ["other"], {})
    assert process.run("line").where.startswith("fork_global.c:")


def test_going_line_by_line_changes_nothing(files: dict[str, bytes]) -> None:
    ends = []
    for step_by_step in (False, True):
        process = started(files["static/fork_global"])
        lines(process) if step_by_step else process.run()
        ends.append(process.machine.snapshot())
    assert ends[0] == ends[1]


def test_a_recording_of_it_needs_no_emulator(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(process.machine)
    assert len(lines(process)) == 9
    text = recorder.to_json()
    monkeypatch.setattr("vmlab.programs.run.new_cpu", None)
    again = Recorder.from_json(text)
    assert again.machine.snapshot() == process.machine.snapshot()


MANY_PAGES = """\
#include <stdio.h>
#define FAR __attribute__((noinline, aligned(4096)))
FAR static int one(int n) { return n + 1; }
FAR static int two(int n)
{
    n += one(n);
    return n;
}
FAR int main(void)
{
    int n = two(1);
    n += two(n);
    printf("%d\\n", n);
    return n;
}
"""


def test_code_that_it_did_not_come_to_yet_is_left_alone() -> None:
    """Stops stand on pages that are not there: looking for them must not bring them in."""
    try:
        program = build(MANY_PAGES, name="pages")
    except VmlabError as failure:
        pytest.skip(str(failure))
    ends, texts = [], []
    for step_by_step in (False, True, True):
        process = program.spawn(Machine(ram=64 * MiB))
        recorder = Recorder(process.machine) if len(texts) == 2 else None
        texts.append(lines(process) if step_by_step else process.run().why)
        ends.append(process.machine.snapshot())
        assert process.machine.console == "10\n"
    assert ends[0] == ends[1]
    assert texts[1] == texts[2]
    assert recorder is not None
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == ends[2]
