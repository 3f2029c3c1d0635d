"""Which lines of the model each test comes to: of the recorded sequences and of the unit tests."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
MODEL = str(ROOT / "vmlab" / "model")
_MOST = 80  # tests of a line that are kept
UNIT_TESTS = ("tests/model", "tests/outside")


class Reach:
    """Collects the lines of the model that run.

    Attributes:
        lines: 'vmlab/model/...py:LINE', those of the present test.
    """

    def __init__(self) -> None:
        self.lines: set[str] = set()

    @contextmanager
    def of(self) -> Iterator[set[str]]:
        """Collect while a block runs."""
        self.lines = set()
        before = sys.gettrace()
        sys.settrace(self._called)
        try:
            yield self.lines
        finally:
            sys.settrace(before)

    def _called(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        name = frame.f_code.co_filename
        if not name.startswith(MODEL):
            return None
        path = name[len(str(ROOT)) + 1 :]
        lines = self.lines

        def line(frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
            lines.add(f"{path}:{frame.f_lineno}")
            return line

        return line


class _Plugin:
    # Collects what each unit test reaches.
    def __init__(self) -> None:
        self.tests: dict[str, frozenset[str]] = {}
        self._reach = Reach()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        with self._reach.of() as lines:
            yield
        self.tests[item.nodeid] = frozenset(lines)


def main(out: str) -> int:
    """Run the unit tests; write as JSON which come to a line, the narrow ones first."""
    plugin = _Plugin()
    chosen = ["-q", "-p", "no:cacheprovider", "-m", "not slow and not browser", *UNIT_TESTS]
    pytest.main(chosen, plugins=[plugin])
    reached: dict[str, list[str]] = {}
    for name, lines in sorted(plugin.tests.items(), key=lambda test: len(test[1])):
        for line in lines:
            if len(known := reached.setdefault(line, [])) < _MOST:
                known.append(name)
    Path(out).write_text(json.dumps(reached))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
