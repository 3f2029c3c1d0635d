"""Options of the test run."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests import real_kernel
from vmlab.widgets import speakers

# How long an example takes depends on what else the machine does.
settings.register_profile("vmlab", deadline=None)
settings.load_profile("vmlab")


collect_ignore = ["without_emulator"]  # what stands there is there to fail


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--real-kernel",
        action="store_true",
        help="run every ruler on the kernel of this machine too (Linux 6.18, x86-64)",
    )


def pytest_configure(config: pytest.Config) -> None:
    # A shell lets what it runs in the background ignore it; some tests interrupt themselves.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--real-kernel"):
        real_kernel.use()


@pytest.fixture(autouse=True)
def nobody_else_hears() -> Iterator[None]:
    """Forget the views that a test made: ipywidgets keeps all, and each would say all anew."""
    before = set(speakers._SPEAKERS)
    yield
    for view in set(speakers._SPEAKERS) - before:
        speakers._SPEAKERS.discard(view)
