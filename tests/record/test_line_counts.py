"""A recording tells of each line of a source what it came to, without the program."""

import pytest

from tests.record.scenes import PAGE, A
from tests.refused import refused
from vmlab import Machine, Process, Recorder, StateError
from vmlab.errors import HistoryError
from vmlab.model.linux.arch.x86.include.ptrace import values_of
from vmlab.model.mmu.cpu import WRITE
from vmlab.record.line_counts import Counts, line_counts, line_of
from vmlab.record.recording import KEEP_EVERY, Recording
from vmlab.record.replay import RecordedCall, Replica
from vmlab.record.site import Line, Site, line_text

SOURCE = "int main(void)\n{\n    m[0] =\t'c';\n}\n"
FIRST, THIRD = Line("a.c", 1), Line("a.c", 3)
PATH = "/src/a.c"


@pytest.fixture
def recorder() -> Recorder:
    """A process has a page at A, and its source is in the machine."""
    machine = Machine(ram=4 << 20)
    machine.fs.write(PATH, SOURCE.encode())
    machine.spawn().mmap(A, PAGE, 3, 0x32)
    return Recorder(machine)


def tell(recorder: Recorder, site: Site) -> None:
    sink = recorder.machine.system.trace.sink
    assert isinstance(sink, Recording)
    sink.tell(sink.nr_calls - 1, site)


def process(recorder: Recorder) -> Process:
    return recorder.machine[1000]


def touch(recorder: Recorder, site: Site, addr: int = A) -> None:
    process(recorder)._touch(addr, WRITE, 1)
    tell(recorder, site)


def execute(recorder: Recorder, site: Site) -> None:
    p = process(recorder)
    p._execute((), (), (*values_of(p.task.regs), 0, 0), "")
    tell(recorder, site)


def getpid(recorder: Recorder, site: Site) -> None:
    p = process(recorder)
    p.task.regs.ax = 39
    p._syscall_instruction()
    tell(recorder, site)


def headline(recorder: Recorder) -> str:
    return str(recorder.stories[-1].headline)


def test_faults_calls_and_bytes_count_for_their_line(recorder: Recorder) -> None:
    touch(recorder, Site(THIRD))
    getpid(recorder, Site(THIRD))
    execute(recorder, Site(FIRST, touched=((FIRST, 8), (THIRD, 5))))
    execute(recorder, Site(FIRST, touched=((THIRD, 2),), all_touched=False))
    assert line_counts(recorder.steps, 3) == {
        THIRD: Counts(faults=1, calls=1, bytes=7, all_bytes=False),
        FIRST: Counts(bytes=8),
    }


def test_only_calls_up_to_one_count(recorder: Recorder) -> None:
    touch(recorder, Site(THIRD))
    getpid(recorder, Site(FIRST))
    assert line_counts(recorder.steps, -1) == {}
    assert line_counts(recorder.steps, 0) == {THIRD: Counts(faults=1)}
    assert line_counts(recorder.steps, 1)[FIRST] == Counts(calls=1)
    with refused(HistoryError, "no_call_of_number"):
        line_counts(recorder.steps, 2)


def test_a_call_that_is_made_again_after_a_sleep_counts_once(recorder: Recorder) -> None:
    getpid(recorder, Site(FIRST))
    getpid(recorder, Site(FIRST, again=True))
    assert line_counts(recorder.steps, 1) == {FIRST: Counts(calls=1)}


def test_what_is_of_no_line_counts_for_none(recorder: Recorder) -> None:
    touch(recorder, Site(None))
    process(recorder).getpid()
    assert line_counts(recorder.steps, 1) == {}
    assert [line_of(recorder.steps, call) for call in (-1, 0, 1)] == [None] * 3


def test_a_call_is_of_a_line(recorder: Recorder) -> None:
    touch(recorder, Site(THIRD))
    assert line_of(recorder.steps, 0) == THIRD


def test_a_headline_names_the_line_its_text_and_the_variable(recorder: Recorder) -> None:
    touch(recorder, Site(THIRD, PATH, ((A, "m[0]"),)))
    assert headline(recorder).startswith(
        "a.c:3 `m[0] = 'c';`: First write: the page of `m[0]` (page 0 of the region at 0x10000000)"
    )


def test_a_variable_that_no_page_is_of_is_named_too(recorder: Recorder) -> None:
    touch(recorder, Site(THIRD, PATH, ((0, "*p"),)), 0)
    assert headline(recorder).startswith(
        "a.c:3 `m[0] = 'c';`, at `*p`: SIGSEGV: nothing is mapped at 0x0."
    )


def test_without_the_source_a_headline_names_the_line_alone(recorder: Recorder) -> None:
    touch(recorder, Site(THIRD, "/elsewhere/a.c"))
    assert headline(recorder).startswith("a.c:3: First write: page 0 of ")


def test_the_text_is_what_the_source_said_then(recorder: Recorder) -> None:
    touch(recorder, Site(THIRD, PATH))
    before = headline(recorder)
    recorder.machine.fs.write(PATH, b"\n\nelse\n")
    assert str(recorder.story(0).headline) == before


def test_it_is_told_from_a_file_too(recorder: Recorder) -> None:
    touch(recorder, Site(THIRD, PATH, ((A, "m[0]"),)))
    execute(recorder, Site(THIRD, end=FIRST, touched=((THIRD, 1),), all_touched=False))
    again = Recorder.from_json(recorder.to_json())
    assert again.calls == recorder.calls
    assert headline(again) == headline(recorder)


def test_what_a_file_says_of_a_line_is_checked(recorder: Recorder) -> None:
    touch(recorder, Site(Line("a.c", -1)))
    with refused(StateError, "out_of_range", at="calls[0].site.line.number"):
        Recorder.from_json(recorder.to_json())


def test_text_of_a_program_is_shown_as_one_short_line() -> None:
    assert line_text("a\n\tb\x1b[1m  c\x00\u202e\n", 2) == "b?[1m c??"
    assert len(line_text("x" * 1000, 1)) == 80
    assert [line_text("a", number) for number in (0, 1, 2, 1 << 63)] == ["", "a", "", ""]
    assert str(Line("a\nb.c", 1)) == "a b.c:1"


def test_states_around_runs_without_steps_are_found_once(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(30):
        execute(recorder, Site(THIRD, end=FIRST))
    done = []
    run = Replica.run

    def counted(replica: Replica, call: RecordedCall, end: int) -> None:
        done.append(call)
        run(replica, call, end)

    monkeypatch.setattr(Replica, "run", counted)
    assert len(recorder.stories) == 30
    assert len(done) <= 30


def test_states_between_runs_without_steps_are_kept_now_and_then(recorder: Recorder) -> None:
    for _ in range(2 * KEEP_EVERY + 1):
        execute(recorder, Site(THIRD, end=FIRST))
    assert len(recorder.steps.kept) >= 3
