"""Flags of pidfd_open(2), and descriptors that stand for the caller, with Linux's values."""

from __future__ import annotations

from enum import IntFlag


class Pidfd(IntFlag):
    """Flags of pidfd_open(2)."""

    PIDFD_NONBLOCK = 0x800
    PIDFD_THREAD = 0x80


PIDFD_NONBLOCK = Pidfd.PIDFD_NONBLOCK.value
PIDFD_THREAD = Pidfd.PIDFD_THREAD.value
PIDFD_SELF_THREAD = -10000  # where a pidfd is asked for: this thread
PIDFD_SELF_THREAD_GROUP = -10001  # the first thread of this process
