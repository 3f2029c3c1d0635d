"""The rulers on the real kernel see what agrees and what does not."""

import platform
import sys

import pytest

from tests import real_kernel
from tests.rulers import Op, mprotect, munmap
from vmlab.model.abi.mman import PROT_READ

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or platform.machine() != "x86_64",
        reason="needs Linux on x86-64",
    ),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


@pytest.mark.parametrize("child", [False, True])
@pytest.mark.parametrize(
    ("before", "op", "after", "error"),
    [
        ("AAA.BB", munmap(1, 4), "A....B", ""),
        ("AAA", mprotect(1, 1, PROT_READ), "AaA", ""),
        ("AS", munmap(0, 0), "AS", "EINVAL"),
    ],
)
def test_what_agrees(before: str, op: Op, after: str, error: str, child: bool) -> None:
    real_kernel.check(before, [op], after, "", error, child)


@pytest.mark.parametrize("child", [False, True])
@pytest.mark.parametrize(
    ("before", "after", "error"),
    [("AAA", "AAA", ""), ("AAA", "A.a", ""), ("AAA", "A.A", "EINVAL"), ("AABB", "A.BB", "")],
)
def test_what_does_not(before: str, after: str, error: str, child: bool) -> None:
    with pytest.raises(AssertionError, match="the real kernel differs"):
        real_kernel.check(before, [munmap(1, 1)], after, "", error, child)
