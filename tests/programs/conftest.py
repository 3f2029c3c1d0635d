"""What the tests of programs share."""

import pytest

from tests.programs import archive


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    """The programs that were built before, and their libraries."""
    return archive.read()
