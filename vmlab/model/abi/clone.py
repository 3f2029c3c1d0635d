"""Flags of clone(2), with Linux's x86-64 values."""

from __future__ import annotations

from enum import IntFlag


class Clone(IntFlag):
    """Flags of clone(2); the lowest byte is the signal sent at exit."""

    CLONE_VM = 0x100
    CLONE_FS = 0x200
    CLONE_FILES = 0x400
    CLONE_SIGHAND = 0x800
    CLONE_VFORK = 0x4000
    CLONE_PARENT = 0x8000
    CLONE_THREAD = 0x10000
    CLONE_SYSVSEM = 0x40000
    CLONE_SETTLS = 0x80000
    CLONE_PARENT_SETTID = 0x100000
    CLONE_CHILD_CLEARTID = 0x200000
    CLONE_CHILD_SETTID = 0x1000000


CSIGNAL = 0xFF  # the signal that clone(2) sends at exit
CLONE_VM = Clone.CLONE_VM.value
CLONE_FILES = Clone.CLONE_FILES.value
CLONE_SIGHAND = Clone.CLONE_SIGHAND.value
CLONE_VFORK = Clone.CLONE_VFORK.value
CLONE_PARENT = Clone.CLONE_PARENT.value
CLONE_THREAD = Clone.CLONE_THREAD.value
