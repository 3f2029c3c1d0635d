"""What a check of a snapshot says when something is wrong."""

from __future__ import annotations

from vmlab.codes import Reason, Value
from vmlab.errors import StateError

ENOUGH = 1 << 62  # no machine counts so far; numbers in files have 64 bits


def need(condition: object, field: str, why: str | Reason, /, **values: Value) -> None:
    """Raise StateError, naming the field, unless the condition holds.

    Args:
        condition: what must hold.
        field: what is wrong if it does not.
        why: the reason, or its code.
        values: of the code.
    """
    if not condition:
        raise StateError.at_field(field, why, **values)
