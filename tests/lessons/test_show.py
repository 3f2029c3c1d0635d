"""Pictures and stories for a printed page."""

import pytest

from vmlab import Machine, show, watch


def test_a_picture_brings_its_paper_and_a_short_name() -> None:
    machine = Machine()
    machine.spawn()
    picture = show(machine, "vma_tree")
    data = picture._repr_mimebundle_()
    assert repr(picture) == "<picture vma_tree>"
    assert "0x403000" in data["text/plain"]
    assert data["image/svg+xml"].count('<rect width="100%" height="100%" fill="white"/>') == 1
    assert data["image/svg+xml"] == show(machine, "vma_tree").svg


def test_only_the_processes_asked_for_are_drawn() -> None:
    machine = Machine()
    parent = machine.spawn()
    child = parent.fork()
    assert f"pid {child.pid}" in show(machine, "frames").svg
    assert f"pid {child.pid}" not in show(machine, "frames", parent).svg


def test_an_unknown_picture_is_named() -> None:
    with pytest.raises(ValueError, match="no picture is named 'cat'"):
        show(Machine(), "cat")


def test_the_way_of_a_fault_is_drawn_from_a_story() -> None:
    machine = Machine()
    process = machine.spawn()
    with watch(machine, "page_fault") as story:
        process.store(process.mm.start_brk - 1, b"A")
    assert show(machine, "fault_path", story=story).svg != show(machine, "fault_path").svg


def test_watching_tells_and_then_lets_the_old_listener_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    machine = Machine()
    process = machine.spawn()
    trace = machine.system.trace
    with watch(machine) as outer:
        listener = trace.sink
        with watch(machine, "page_fault") as inner:
            process.store(process.mm.start_brk - 1, b"A")
        assert trace.sink is listener
    assert trace.sink is None
    assert capsys.readouterr().out == "\n".join(inner.sentences) + "\n"
    assert len(inner.sentences) == 1
    assert outer.sentences == ()
    assert inner.steps
