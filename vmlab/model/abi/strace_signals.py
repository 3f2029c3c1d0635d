"""Signals as strace writes them."""

from __future__ import annotations

from vmlab.model.abi.signal import NSIG, SIG_DFL, SIG_IGN, SIGNAL_NAMES, Sa, Sigaction
from vmlab.model.abi.strace_numbers import format_flags

_HANDLERS = {SIG_DFL: "SIG_DFL", SIG_IGN: "SIG_IGN"}


def format_signal(number: int) -> str:
    """Return a signal: its symbol, or its number if it has none."""
    return SIGNAL_NAMES.get(number, str(int(number)))


def _sigset(signals: int) -> str:
    found = (format_signal(number) for number in range(1, NSIG + 1) if signals >> number - 1 & 1)
    return f"[{' '.join(name.removeprefix('SIG') for name in found)}]"


def format_handler(action: bool | Sigaction | None) -> str:
    """Return what is done about a signal."""
    if action is None:
        return "NULL"
    if not isinstance(action, Sigaction):
        return str(int(action))
    handler = _HANDLERS.get(action.sa_handler) or f"{action.sa_handler:#x}"
    flags = format_flags(Sa, action.sa_flags) if action.sa_flags else "0"
    told = f"{{sa_handler={handler}, sa_mask={_sigset(action.sa_mask)}, sa_flags={flags}"
    if action.sa_flags & Sa.SA_RESTORER:
        told += f", sa_restorer={action.sa_restorer:#x}"
    return f"{told}}}"
