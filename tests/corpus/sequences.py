"""The sequences that `record` makes, by family: what is asked, without the answers.

An operation is `[name, process, arguments...]`, see `data/README.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Op = list[Any]

FAMILIES: dict[str, Callable[[], dict[str, list[Op]]]] = {}
