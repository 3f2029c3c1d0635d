"""Signals and what siginfo_t says of them, with Linux's x86-64 values."""

from __future__ import annotations

SIGKILL = 9
SIGBUS = 7
SIGSEGV = 11
SIGCHLD = 17
SIGSTOP = 19
SEGV_MAPERR = 1
SEGV_ACCERR = 2
BUS_ADRERR = 2
SI_KERNEL = 128
