"""How much memory the machine can promise (overcommit mode 0)."""

from __future__ import annotations

from vmlab.model.linux.include.structs import System


def vm_enough_memory(system: System, nr_pages: int) -> bool:
    """Say whether a single request is not obviously too large (overcommit_memory 0).

    Source: mm/util.c: __vm_enough_memory() [v5.4].
    """
    return nr_pages <= system.totalram_pages
