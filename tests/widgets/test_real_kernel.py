"""The real kernel beside an Explorer: when it is asked, and what is marked."""

from __future__ import annotations

import pytest

from vmlab import HostError, Machine
from vmlab.record.history import History
from vmlab.record.real_kernel import real_kernels
from vmlab.widgets.explorer import Explorer

PAGE = 4096


class Kernel:
    """It says what it is told to say."""

    def __init__(self, history: History) -> None:
        self.made = 0
        self.closed = False
        self.lines: tuple[str, ...] = ()
        self.refuses = ""

    def can_follow(self, history: History) -> bool:
        return len(history.calls) >= self.made

    def follow(self, history: History) -> None:
        if self.refuses:
            raise HostError(self.refuses)
        self.made = len(history.calls)

    def said(self, history: History, number: int) -> str:
        return f"call {number}"

    def maps(self, calls: int, pid: int) -> tuple[str, ...]:
        return self.lines

    @staticmethod
    def short(line: str) -> str:
        words = line.split()
        return " ".join((*words[:3], *words[5:]))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> list[Kernel]:
    made: list[Kernel] = []

    def begin(history: History) -> Kernel:
        made.append(Kernel(history))
        return made[-1]

    monkeypatch.setattr(real_kernels, "begin", begin)
    return made


@pytest.fixture
def explorer() -> Explorer:
    machine = Machine()
    machine.spawn()
    return Explorer(machine, show="address_space")


def test_nobody_is_asked_unless_the_reader_wants_it(
    explorer: Explorer, kernels: list[Kernel]
) -> None:
    explorer.fork()
    assert kernels == []
    assert explorer.maps_place.children == (explorer.maps,)
    assert "stand beside" in explorer.toolbar.does["real_kernel"]


def test_it_makes_each_call_and_undoing_begins_anew(
    explorer: Explorer, kernels: list[Kernel]
) -> None:
    explorer.fork()
    explorer.real_kernel()
    assert kernels[0].made == 1
    explorer.getpid()
    assert kernels[0].made == 2
    assert explorer.real_maps is not None
    assert explorer.real_maps.title == "call 1"
    explorer.undo()
    assert kernels[0].closed
    assert [kernel.made for kernel in kernels] == [2, 1]
    explorer.real_kernel()
    assert kernels[1].closed
    assert explorer.maps_place.children == (explorer.maps,)


def test_lines_that_the_other_side_has_not_are_marked(
    explorer: Explorer, kernels: list[Kernel]
) -> None:
    explorer.real_kernel()
    ours = [line["text"] for line in explorer.maps.lines]
    kernels[0].lines = (*ours[:-1], "7ffffffdd000-7ffffffff000 rw-p 00000000 [stack]")
    explorer.draw()
    assert explorer.real_maps is not None
    for view in (explorer.maps, explorer.real_maps):
        changes = [line["change"] for line in view.lines]
        assert changes == ["" for _ in changes[:-1]] + ["differs"]
    assert explorer.real_maps.lines[0]["id"] == explorer.maps.lines[0]["id"]


def test_in_the_middle_of_a_call_nothing_is_marked(
    explorer: Explorer, kernels: list[Kernel]
) -> None:
    explorer.fork()
    explorer.real_kernel()
    explorer.player.step = 2
    assert explorer.real_maps is not None
    assert explorer.real_maps.title == "call 0, after the whole call"
    assert not any(line["change"] == "differs" for line in explorer.maps.lines)


def test_what_it_needs_is_said_in_its_place(
    explorer: Explorer, kernels: list[Kernel], monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer.real_kernel()
    kernels[0].refuses = "kill is not done"
    explorer.getpid()
    assert explorer.real_maps is not None
    assert explorer.real_maps.title == "No real kernel beside it: kill is not done"
    assert explorer.real_maps.lines == ()
    kernels[0].refuses = ""
    explorer.draw()
    assert explorer.real_maps.title == "call 0"
