"""Error numbers are Linux's, wherever the model runs."""

import errno as host
import sys

import pytest

from vmlab.model.abi import errno


def test_numbers_and_names_stand_for_each_other() -> None:
    assert errno.EINVAL == 22
    assert errno.errorcode[errno.EINVAL] == "EINVAL"


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's own numbers to compare with")
@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_they_are_those_of_the_host(number: int) -> None:
    assert getattr(host, errno.errorcode[number]) == number
