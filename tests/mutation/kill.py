"""Trying a mutant in a process of its own: what notices it, if anything does."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.mutation.mutants import Mutant, mutated
from tests.mutation.patch import NotPatched, put_in
from tests.mutation.reach import ROOT

SURVIVED, CORPUS, UNIT, HANGS, UNREACHED = range(5)
WORDS = ("survived", "killed by the corpus", "killed by a unit test", "hangs", "never reached")
_SEQUENCES = 400  # that come to the line, at most
_PATIENCE = 40  # seconds for the sequences; as long again, four times, for the unit tests


@dataclass(slots=True)
class Witnesses:
    """What can notice a mutant.

    Attributes:
        sequences: line -> recorded sequences that come to it, the short ones first; each is a
            function that says whether the model still agrees.
        tests: line -> names of unit tests that come to it.
    """

    sequences: dict[str, list[Callable[[], bool]]] = field(default_factory=dict)
    tests: dict[str, list[str]] = field(default_factory=dict)


def begin(mutant: Mutant, witnesses: Witnesses, lines: Sequence[str]) -> int:
    """Try a mutant in a child; return its pid. `outcome` says what came of it.

    Args:
        mutant: the change.
        witnesses: what may notice it.
        lines: those that the change stands on.
    """
    child = os.fork()
    if child:
        return child
    came = SURVIVED
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_PATIENCE)
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            came = _noticed(mutant, witnesses, lines)
    except NotPatched:
        came = UNREACHED
    except BaseException:  # a mutant may raise anything, anywhere
        came = CORPUS
    os._exit(came)


def outcome(status: int) -> int:
    """Return what came of a mutant whose child ended."""
    return HANGS if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _noticed(mutant: Mutant, witnesses: Witnesses, lines: Sequence[str]) -> int:
    put_in(mutant, mutated(ROOT, mutant))
    chosen: dict[Any, None] = {}
    tests: dict[str, None] = {}
    for line in lines:
        chosen |= dict.fromkeys(witnesses.sequences.get(line, ())[:_SEQUENCES])
        tests |= dict.fromkeys(witnesses.tests.get(line, ()))
    if not chosen and not tests:
        return UNREACHED
    for agrees in chosen:
        if not agrees():
            return CORPUS
    if tests:
        signal.alarm(4 * _PATIENCE)
        sys.argv = ["pytest"]
        common = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
        if pytest.main([*common, *tests]) != pytest.ExitCode.OK:
            return UNIT
    return SURVIVED
