"""How a program is shown where there are widgets: in an Explorer, which is of a layer above."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from vmlab.state.machine import Machine


class Explorers:
    """How an Explorer of a program is opened: `vmlab` fills it."""

    explore: Callable[[Any, Machine, Sequence[str] | None], Any]


explorers = Explorers()
