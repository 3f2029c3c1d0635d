"""Options of the test run."""

import pytest

from tests import real_kernel


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--real-kernel",
        action="store_true",
        help="run every ruler on the kernel of this machine too (Linux 6.18, x86-64)",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--real-kernel"):
        real_kernel.use()
