"""Expecting a failure by its code: the words for it may change, the code may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from vmlab.errors import LinuxError, VmlabError


@contextmanager
def refused(
    kind: type[VmlabError], code: str, name: str = "", *, at: str | int | None = None
) -> Iterator[None]:
    """Expect a failure in the block.

    Args:
        kind: its class.
        code: the code of its reason, of the innermost one if it tells of another.
        name: for a `LinuxError`, the symbol of its errno; '' = any.
        at: the field, the number of the line, or the argument that it names; None = any.
    """
    with pytest.raises(kind) as raised:
        yield
    failure = raised.value
    reason = failure.check if isinstance(failure, LinuxError) else failure.reason  # type: ignore[attr-defined]
    if at is not None:
        place = dict(reason.values)
        assert [place[name] for name in ("field", "line", "what") if name in place] == [at]
    while "why" in dict(reason.values):
        reason = dict(reason.values)["why"]
    assert reason.code == code
    if name:
        assert isinstance(failure, LinuxError)
        assert failure.name == name
