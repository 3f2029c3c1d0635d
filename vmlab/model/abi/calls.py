"""What a process may do, one row each: its system calls, and its accesses to memory.

Whatever must know what a call is reads these tables: the checks of arguments, the text that strace
writes, recording and replay, the buttons and fields of the Explorer, dispatch by number or name.
A row's parameters are those of the method of `Process` that does it, in its order. The rows of
system calls stand in `calls_process.py`, `calls_identity.py`, `calls_memory.py`, `calls_file.py`,
`calls_path.py`, `calls_links.py`, `calls_attributes.py`, `calls_advice.py`, `calls_ipc.py`,
`calls_settings.py`, `calls_signal.py`, `calls_thread.py`, `calls_timer.py`, `calls_watch.py`,
`calls_socket.py` and `calls_mqueue.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from vmlab.messages import N_
from vmlab.model.abi.calls_advice import ADVICE_CALLS
from vmlab.model.abi.calls_attributes import ATTRIBUTE_CALLS
from vmlab.model.abi.calls_file import FILE_CALLS
from vmlab.model.abi.calls_identity import IDENTITY_CALLS
from vmlab.model.abi.calls_ipc import IPC_CALLS
from vmlab.model.abi.calls_links import LINK_CALLS
from vmlab.model.abi.calls_memory import MEMORY_CALLS
from vmlab.model.abi.calls_mqueue import MQUEUE_CALLS
from vmlab.model.abi.calls_path import PATH_CALLS
from vmlab.model.abi.calls_process import PROCESS_CALLS
from vmlab.model.abi.calls_settings import SETTING_CALLS
from vmlab.model.abi.calls_signal import SIGNAL_CALLS
from vmlab.model.abi.calls_socket import SOCKET_CALLS
from vmlab.model.abi.calls_thread import THREAD_CALLS
from vmlab.model.abi.calls_timer import TIMER_CALLS
from vmlab.model.abi.calls_watch import WATCH_CALLS
from vmlab.model.abi.kinds import Access, Action, Call, Kind, Parameter, Result, access

_P = Parameter
_ADDR = _P("addr", Kind.ADDRESS)

_CALLS = (
    *(*PROCESS_CALLS, *IDENTITY_CALLS, *MEMORY_CALLS, *FILE_CALLS, *PATH_CALLS),
    *(*LINK_CALLS, *ATTRIBUTE_CALLS, *ADVICE_CALLS, *IPC_CALLS, *SETTING_CALLS),
    *(*SIGNAL_CALLS, *THREAD_CALLS, *TIMER_CALLS, *WATCH_CALLS, *SOCKET_CALLS),
    *MQUEUE_CALLS,
)

_ACCESSES = (
    access("store", N_("store bytes to memory"), Result.DONE, _ADDR, _P("data", Kind.DATA)),
    access("load", N_("load bytes from memory"), Result.BYTES, _ADDR, _P("n", Kind.COUNT, 1)),
    access("add", N_("add to a byte in memory"), Result.BYTE, _ADDR, _P("value", Kind.VALUE)),
    access("fetch", N_("execute at an address"), Result.BYTE, _ADDR),
)

CALLS: Mapping[str, Call] = MappingProxyType({each.name: each for each in _CALLS})
CALLS_BY_NUMBER: Mapping[int, Call] = MappingProxyType({each.number: each for each in _CALLS})
ACCESSES: Mapping[str, Access] = MappingProxyType({each.name: each for each in _ACCESSES})
ACTIONS: Mapping[str, Action] = MappingProxyType({**CALLS, **ACCESSES})
