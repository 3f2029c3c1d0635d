"""An error number is told as Linux's own programs tell it."""

import os
import sys

import pytest

from vmlab import LinuxError, Machine
from vmlab.model.abi import errno
from vmlab.model.abi.strace import parse_line
from vmlab.words.reasons.errno import REASONS as MEANINGS


def test_every_error_number_has_a_meaning() -> None:
    assert set(MEANINGS) == set(errno.errorcode.values())


def test_the_answer_is_what_strace_prints() -> None:
    with pytest.raises(LinuxError) as failure:
        Machine().spawn().munmap(1, 4096)
    assert failure.value.answer == "-EINVAL (Invalid argument)"


def test_a_number_without_a_name_is_told_as_strace_does() -> None:
    failure = LinuxError(600, "address_reads_as_error", addr=(1 << 64) - 600)
    assert failure.name == "errno 600"
    assert failure.answer == "-errno 600 (an error number without a name)"
    for line in (
        "mmap(0x10, 0, PROT_NONE, MAP_FIXED, -1, 0) = -1 (errno 600)",
        "brk(0x1) = -1 errno 600",
    ):
        parsed = parse_line(line)
        assert parsed is not None
        assert parsed.errno == failure.name


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's own words to compare with")
@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_meanings_are_those_of_the_host(number: int) -> None:
    assert os.strerror(number) == MEANINGS[errno.errorcode[number]]
