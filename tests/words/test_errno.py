"""An error number is told as Linux's own programs tell it."""

import os
import sys

import pytest

from vmlab import LinuxError, Machine
from vmlab.model.abi import errno
from vmlab.words.reasons.errno import REASONS as MEANINGS


def test_every_error_number_has_a_meaning() -> None:
    assert set(MEANINGS) == set(errno.errorcode.values())


def test_the_answer_is_what_strace_prints() -> None:
    with pytest.raises(LinuxError) as failure:
        Machine().spawn().munmap(1, 4096)
    assert failure.value.answer == "-EINVAL (Invalid argument)"


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's own words to compare with")
@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_meanings_are_those_of_the_host(number: int) -> None:
    assert os.strerror(number) == MEANINGS[errno.errorcode[number]]
