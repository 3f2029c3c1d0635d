"""Error numbers are Linux's, wherever the model runs."""

import errno as host
import os
import sys

import pytest

from vmlab import LinuxError, Machine
from vmlab.model.abi import errno
from vmlab.words.reasons.errno import REASONS as MEANINGS


def test_numbers_and_words_stand_for_each_other() -> None:
    assert errno.errorcode[errno.EINVAL] == "EINVAL"
    assert set(MEANINGS) == set(errno.errorcode.values())


def test_the_answer_is_what_strace_prints() -> None:
    with pytest.raises(LinuxError) as failure:
        Machine().spawn().munmap(1, 4096)
    assert failure.value.errno == 22
    assert failure.value.answer == "-EINVAL (Invalid argument)"


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's own numbers to compare with")
@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_they_are_those_of_the_host(number: int) -> None:
    assert getattr(host, errno.errorcode[number]) == number
    assert os.strerror(number) == MEANINGS[errno.errorcode[number]]
