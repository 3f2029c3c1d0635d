"""Pictures and stories for a printed page."""

import pytest

from vmlab import Explorer, Machine, Recorder, VmlabError, show, watch
from vmlab.errors import UsageError
from vmlab.lessons.watch import QUIET
from vmlab.words.sentences import SENTENCES


def test_a_picture_brings_its_paper_and_a_short_name() -> None:
    machine = Machine()
    machine.spawn()
    picture = show(machine, "vma_tree")
    data = picture._repr_mimebundle_()
    assert repr(picture) == "<picture vma_tree>"
    assert "0x403000" in data["text/plain"]
    assert data["image/svg+xml"].count('<rect width="100%" height="100%" fill="white"/>') == 1
    assert 'alt="Red-black tree of mm 1' in data["text/html"]


def test_only_the_processes_asked_for_are_drawn() -> None:
    machine = Machine()
    parent = machine.spawn()
    child = parent.fork()
    assert f"pid {child.pid}" in show(machine, "frames").svg
    assert f"pid {child.pid}" not in show(machine, "frames", parent).svg


def test_memory_over_time_is_drawn_from_a_story_or_a_recorder() -> None:
    machine = Machine()
    process = machine.spawn()
    recorder = Recorder(machine)
    with watch(machine, "sched_process_fork") as story:
        process.fork()
    recorder.listen()
    pictures = [show(machine, "memory_over_time", story=each) for each in (story, recorder)]
    for picture in pictures:
        assert "fork: 1001 is a copy of 1000" in picture.text
        assert "pid 1001 a.out" in picture.svg
    assert "Nothing was recorded." in show(machine, "memory_over_time").text


def test_a_process_can_be_named_by_its_pid() -> None:
    machine = Machine()
    parent = machine.spawn()
    child = parent.fork()
    assert show(machine, "frames", child.pid).svg == show(machine, "frames", child).svg
    with pytest.raises(VmlabError, match="no process has the pid 7; there are 1000, 1001"):
        show(machine, "frames", 7)
    with pytest.raises(VmlabError, match="pid must be a whole number"):
        show(machine, "frames", [child])  # type: ignore[arg-type]


def test_an_explorer_takes_processes_and_pids() -> None:
    machine = Machine()
    parent = machine.spawn()
    child = parent.fork()
    for chosen in ([child], [child.pid], child, child.pid):
        explorer = Explorer(machine, processes=chosen)
        assert [process["pid"] for process in explorer.controls.processes] == [child.pid]


def test_an_explorer_takes_one_picture_or_several() -> None:
    machine = Machine()
    assert repr(Explorer(machine, show="frames")) == repr(Explorer(machine, show=["frames"]))


def test_a_slip_in_the_name_of_an_event_is_told_at_once() -> None:
    with pytest.raises(VmlabError, match="no event is named 'page_fualt'; the nearest is 'page_f"):
        watch(Machine(), "page_fualt")
    with pytest.raises(VmlabError, match=r"no event is named 'x'; there are .*page_fault"):
        watch(Machine(), "x")
    assert {kind.name for kind in SENTENCES} >= QUIET


def test_an_unknown_picture_is_named() -> None:
    with pytest.raises(ValueError, match="no picture is named 'cat'"):
        show(Machine(), "cat")


def test_the_way_of_a_fault_is_drawn_from_a_story() -> None:
    machine = Machine()
    process = machine.spawn()
    with watch(machine, "page_fault") as story:
        process.store(process.mm.start_brk - 1, b"A")
    assert show(machine, "fault_path", story=story).svg != show(machine, "fault_path").svg


def test_watching_tells_and_lets_others_listen(capsys: pytest.CaptureFixture[str]) -> None:
    machine = Machine()
    process = machine.spawn()
    trace = machine.system.trace
    with watch(machine, "cow_copy") as outer:
        listener = trace.sink
        with watch(machine, "page_fault") as inner:
            process.store(process.mm.start_brk - 1, b"A")
        assert trace.sink is listener
    assert trace.sink is None
    assert capsys.readouterr().out == "\n".join(inner.sentences) + "\n"
    assert len(inner.sentences) == 1
    assert [step.event for step in outer.steps] == [step.event for step in inner.steps]
    assert outer.steps[-1].path == inner.steps[-1].path


def test_an_explorer_shows_what_was_watched() -> None:
    machine = Machine()
    process = machine.spawn()
    explorer = Explorer(machine)
    with watch(machine, "cow_copy"):
        process.store(process.mm.start_brk - 1, b"A")
    explorer.refresh()
    assert explorer.player.event == "access_end"
    assert explorer.player.sentence == explorer.timeline.recorder.steps[-1].sentence


def test_a_recorder_that_comes_while_one_watches_goes_on() -> None:
    machine = Machine()
    process = machine.spawn()
    recorder = Recorder(machine)
    process.mmap(0x10000000, 4096, 3, 0x32)
    with watch(machine):
        undone = recorder.undo()
    assert undone.listening
    process.brk(0)
    assert [call.name for call in undone.calls] == ["brk"]


def test_a_process_of_another_machine_is_refused() -> None:
    machine, other = Machine(), Machine()
    machine.spawn()
    stranger = other.spawn()
    with pytest.raises(UsageError):
        show(machine, "frames", stranger)
    with pytest.raises(UsageError):
        Explorer(machine, processes=[stranger])
