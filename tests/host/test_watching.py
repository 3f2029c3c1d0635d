"""A view of a living process looks again and again, and ends when there is nothing to look at."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from vmlab import host
from vmlab.errors import HostError
from vmlab.host.observed import snapshot
from vmlab.host.watching import SAMPLES, Watch, changes

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="there is no /proc here"
)
SOON = 0.02  # seconds
# It maps 4 MiB when it is told to.
PROGRAM = """
import mmap, sys
kept = []
print(flush=True)
for line in sys.stdin:
    kept.append(mmap.mmap(-1, 4 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    kept[-1].write(bytes(4 << 20))
    print(flush=True)
"""


class Child:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.wait()

    def wait(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.readline()

    def grow(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        self.wait()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def child() -> Iterator[Child]:
    child = Child()
    yield child
    child.end()


async def until(true: object, seconds: float = 5) -> None:
    """Wait until something is true."""
    assert callable(true)
    for _ in range(int(seconds / SOON)):
        if true():
            return
        await asyncio.sleep(SOON)
    raise AssertionError("it never came to that")


def test_without_a_loop_it_shows_one_moment(child: Child) -> None:
    watch = host.watch(child.process.pid)
    assert not watch.running
    assert watch.tab == "Memory over time"
    assert repr(watch) == f"Watch({child.process.pid})"
    assert watch.svg.startswith("<svg")
    assert watch.description.startswith(f"pid {child.process.pid} ")


def test_unless_told_otherwise_it_is_this_process() -> None:
    assert repr(host.watch()) == f"Watch({os.getpid()})"


def test_each_look_is_a_moment_of_the_picture(child: Child) -> None:
    watch = host.watch(child.process.pid)
    child.grow()
    watch.look()
    before, after = watch._samples
    assert after.anon >= before.anon + 4096
    assert after.pss is not None
    assert before.pss is not None
    assert after.pss > before.pss
    assert "2 looks" in watch.description


def test_in_a_notebook_it_looks_until_the_process_ends(child: Child) -> None:
    async def run() -> Watch:
        watch = host.watch(child.process.pid, every=SOON)
        assert watch.running
        await until(lambda: len(watch._samples) > 3)
        child.end()
        await until(lambda: not watch.running)
        return watch

    watch = asyncio.run(run())
    assert watch.headline == f"there is no process {child.process.pid}"


@pytest.mark.parametrize("how", ["stop", "close"])
def test_it_is_ended(child: Child, how: str) -> None:
    async def run() -> tuple[int, int]:
        watch = host.watch(child.process.pid, every=SOON)
        getattr(watch, how)()
        looks = len(watch._samples)
        await asyncio.sleep(5 * SOON)
        assert not watch.running
        return looks, len(watch._samples)

    looks, later = asyncio.run(run())
    assert looks == later


def test_while_no_page_shows_it_it_rests(child: Child) -> None:
    async def run() -> None:
        watch = host.watch(child.process.pid, every=SOON)
        watch.set_state({"_view_count": 1})
        assert watch.running
        watch.set_state({"_view_count": 0})
        assert not watch.running
        watch.set_state({"_view_count": 1})
        assert watch.running
        watch.stop()
        watch.set_state({"_view_count": 0})
        watch.set_state({"_view_count": 1})
        assert not watch.running

    asyncio.run(run())


def test_a_page_that_goes_in_the_middle_of_a_look_is_heard(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        watch = host.watch(child.process.pid, every=SOON)
        monkeypatch.setattr(watch, "look", lambda: watch.set_state({"_view_count": 0}))
        watch.set_state({"_view_count": 1})
        await until(lambda: not watch.running)
        await asyncio.sleep(3 * SOON)
        assert not watch.running

    asyncio.run(run())


def test_an_interrupt_ends_it(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Watch) -> None:
        raise KeyboardInterrupt

    async def run() -> Watch:
        watch = host.watch(child.process.pid, every=SOON)
        monkeypatch.setattr(Watch, "look", interrupted)
        await until(lambda: not watch.running)
        return watch

    assert asyncio.run(run()).headline == "Interrupted: it looks no more."


def test_what_changed_is_marked(child: Child) -> None:
    watch = host.watch(child.process.pid)
    watch.tab = "Address space"
    assert watch.highlight == ()
    child.grow()
    watch.look()
    assert watch.highlight
    assert all(key.startswith(f"vma_{child.process.pid}_") for key in watch.highlight)
    watch.look()
    assert watch.highlight == ()


def test_regions_are_new_or_changed() -> None:
    one = "00400000-00402000 r-xp 00000000 08:01 5 /bin/x\n"
    two = (
        "00400000-00403000 r-xp 00000000 08:01 5 /bin/x\n00500000-00501000 rw-p 00000000 00:00 0\n"
    )
    marks = changes(snapshot(one), snapshot(two))
    assert dict(marks) == {"vma_1_400000": "changed", "vma_1_500000": "new"}
    assert not changes(None, snapshot(two))


def test_many_moments_are_thinned_out(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmlab.host.watching.SAMPLES", 8)
    watch = host.watch(child.process.pid)
    first = watch._samples[0]
    for _ in range(30):
        watch.look()
    assert len(watch._samples) <= 8
    assert watch._samples[0] is first
    assert SAMPLES > 600


def test_a_process_that_ended_is_told(child: Child) -> None:
    watch = host.watch(child.process.pid)
    child.process.kill()
    child.process.wait()
    with pytest.raises(HostError):
        watch.look()
    with pytest.raises(HostError):
        host.watch(child.process.pid)
