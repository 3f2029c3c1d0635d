"""Whatever vmlab raises on purpose is told in the reader's language, when it is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pseudo_language import marked, plain_words, pseudo_language
from vmlab import errors
from vmlab.codes import because
from vmlab.errors import VmlabError
from vmlab.model.abi.errno import EINVAL

WHY = because("length_zero")
RAISED = [
    errors.LinuxError(EINVAL, WHY),
    errors.Segfault(11, 1, 0x1000, WHY),
    errors.Segfault(11, 2, 0x1000, WHY),
    errors.BusError(7, 2, 0x1000, WHY),
    errors.Sleeps(bool, "length_zero"),
    errors.Interrupted("length_zero", 512),
    errors.Killed(9, WHY),
    errors.StateError(WHY),
    errors.StateError.at_line(3, WHY),
    *[
        kind(WHY)
        for kind in (
            *(errors.ProcessError, errors.KernelBug, errors.ArgumentTypeError),
            *(errors.ArgumentError, errors.NoSuchProcess, errors.HistoryError),
            *(errors.RecordingError, errors.ProgramError, errors.HostError),
        )
    ],
]
# Their words are said where they are raised.
OF_UPPER_LAYERS = {errors.UsageError, errors.DiagramError}
NAMES = {"EINVAL", "EAGAIN", "EINTR", "SEGV_MAPERR", "SEGV_ACCERR", "BUS_ADRERR", "SIGKILL"}


def kinds(base: type[VmlabError] = VmlabError) -> Iterator[type[VmlabError]]:
    for kind in base.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield kind
            yield from kinds(kind)


def test_every_failure_is_here() -> None:
    public = {kind for kind in kinds() if not kind.__name__.startswith("_")}
    assert {type(failure) for failure in RAISED} == public - OF_UPPER_LAYERS - {errors.Signal}


@pytest.mark.parametrize("failure", RAISED, ids=lambda failure: type(failure).__name__)
def test_a_failure_is_told_in_the_language_of_the_reader(failure: VmlabError) -> None:
    english = str(failure)
    with pseudo_language():
        assert marked("the length is 0") in str(failure)
        assert plain_words(str(failure)) <= NAMES
    assert str(failure) == english


def test_a_failure_knows_its_code_in_every_language() -> None:
    with pseudo_language():
        assert errors.KernelBug(WHY).code == "length_zero"
        assert errors.LinuxError(EINVAL, WHY).args == (EINVAL, "length_zero")
