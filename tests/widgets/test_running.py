"""A program runs in slices, and a press of "stop" comes between two of them."""

import asyncio
from collections.abc import Iterator
from threading import Event, Thread
from time import sleep

import pytest

from vmlab.widgets.running import Running

PIECE = 0.002  # seconds


class Watched:
    """What a run without an end came to."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.in_piece = Event()
        self.running = Running(
            lambda: None, lambda _: self.said.append("end"), lambda _: self.said.append("failed")
        )

    def pieces(self) -> Iterator[None]:
        while True:
            self.in_piece.set()
            sleep(PIECE)
            self.said.append("piece")
            yield None


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_a_stop_of_the_same_thread_ends_it(watched: Watched) -> None:
    async def session() -> None:
        watched.running.start(watched.pieces())
        await asyncio.sleep(0.05)
        watched.running.stop()
        await asyncio.sleep(0.05)

    asyncio.run(session())
    assert watched.said[-1] == "end"
    assert watched.said.count("end") == 1
    assert not watched.running.is_on


def test_a_stop_of_another_thread_ends_it_once_its_slice_is_over(watched: Watched) -> None:
    def press() -> None:
        watched.in_piece.wait()
        watched.running.stop()

    async def session() -> None:
        watched.running.start(watched.pieces())
        watched.in_piece.clear()
        other = Thread(target=press)
        other.start()
        while other.is_alive():
            await asyncio.sleep(PIECE)
        await asyncio.sleep(0.05)

    asyncio.run(session())
    assert watched.said[-1] == "end"
    assert "failed" not in watched.said
