"""A status of wait(2), read as the host's own macros read it."""

from __future__ import annotations

import os

import pytest

from vmlab import WEXITSTATUS, WIFEXITED, WIFSIGNALED, WTERMSIG, Machine, Segfault


def test_how_a_child_ended() -> None:
    parent = Machine().spawn()
    parent.fork().exit(3)
    _, status = parent.wait()
    assert WIFEXITED(status)
    assert WEXITSTATUS(status) == 3
    assert not WIFSIGNALED(status)
    with pytest.raises(Segfault):
        parent.fork().load(0x5000)
    _, status = parent.wait()
    assert not WIFEXITED(status)
    assert WIFSIGNALED(status)
    assert WTERMSIG(status) == 11


@pytest.mark.skipif(not hasattr(os, "WIFEXITED"), reason="the host has no wait(2)")
@pytest.mark.parametrize("status", [*range(0x200), 0xFF00, 0xFFFF])
def test_they_are_those_of_the_host(status: int) -> None:
    assert WIFEXITED(status) == os.WIFEXITED(status)
    assert WIFSIGNALED(status) == os.WIFSIGNALED(status)
    if WIFEXITED(status):
        assert WEXITSTATUS(status) == os.WEXITSTATUS(status)
    if WIFSIGNALED(status):
        assert WTERMSIG(status) == os.WTERMSIG(status)
