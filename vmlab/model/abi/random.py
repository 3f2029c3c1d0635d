"""Flags of getrandom(2), with Linux's values."""

from __future__ import annotations

from enum import IntFlag


class Grnd(IntFlag):
    """What getrandom(2) is told."""

    GRND_NONBLOCK = 1
    GRND_RANDOM = 2
    GRND_INSECURE = 4


GRND_NONBLOCK = Grnd.GRND_NONBLOCK.value
GRND_RANDOM = Grnd.GRND_RANDOM.value
GRND_INSECURE = Grnd.GRND_INSECURE.value
