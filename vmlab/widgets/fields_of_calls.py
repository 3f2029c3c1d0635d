"""The field of each parameter of a call, where it differs from those of its kind too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vmlab.model.abi.kinds import Action, Kind, Parameter
from vmlab.widgets.call_field import CallField
from vmlab.widgets.call_fields import KINDS, argument, at_once, file
from vmlab.widgets.readers import number
from vmlab.words.language import N_

_SIGSET = {"text": "8", "hint": "8", "width": 3}
_NOWHERE = {"read": argument, "hint": N_("none"), "width": 10}
_OPTIONAL = (
    *(("getcpu", "cpu"), ("getcpu", "node"), ("gettimeofday", "tz"), ("time", "tloc")),
    *(("clock_getres", "res"), ("times", "buf")),
)
# Where a call differs from its kinds: (call, parameter) -> what is different.
_OWN: dict[tuple[str, str], dict[str, Any]] = {
    ("futex", "val3"): {"text": "0", "hint": "0"},
    ("rseq", "rseq_len"): {"text": "32", "hint": "32"},
    ("rseq", "flags"): {"text": "0", "hint": "0"},
    ("set_robust_list", "len"): {"text": "24", "hint": "24"},
    ("clone3", "size"): {"text": "88", "hint": "88"},
    **{(f"rt_sig{what}", "sigsetsize"): _SIGSET for what in ("procmask", "pending", "suspend")},
    ("waitid", "options"): {"text": "exited", "hint": "exited"},
    **{(call, "sigsetsize"): _SIGSET for call in ("rt_sigtimedwait", "ppoll")},
    **{(call, "sigsetsize"): _SIGSET for call in ("epoll_pwait", "epoll_pwait2")},
    **{(call, "sigsetsize"): _SIGSET for call in ("signalfd", "signalfd4")},
    ("mmap", "length"): {"text": "4 pages", "hint": "4 pages"},
    ("mmap", "fd"): {
        "read": file,
        "text": "",
        "hint": N_("none"),
        "width": 6,
        "optional": True,
    },
    ("remap_file_pages", "prot"): {"text": "none", "hint": "none"},
    ("mremap", "old_address"): {"hint": "0x…"},
    ("mremap", "old_size"): {"hint": "1 page"},
    ("mremap", "new_size"): {"text": "2 pages"},
    ("execve", "path"): {"hint": "/bin/true"},
    ("load", "n"): {"read": at_once, "text": "1", "hint": "1", "width": 3},
    ("dup2", "newfd"): {"text": "4"},
    **{("wait4", name): _NOWHERE for name in ("wstatus", "rusage")},
    **dict.fromkeys(_OPTIONAL, _NOWHERE),
    ("ioctl", "arg"): {"read": argument, "hint": N_("none")},
    ("dup3", "newfd"): {"text": "4"},
    ("close_range", "last"): {"text": "4"},
    ("getcwd", "size"): {"text": "64"},
    ("fallocate", "length"): {"text": "1 page", "hint": "1 page", "width": 8},
}


def field_of(action: Action, parameter: Parameter) -> CallField:
    """Return the field of a parameter of a call."""
    own = _OWN.get((action.name, parameter.name), {})
    return replace(KINDS[parameter.kind], name=parameter.name, **(_by_default(parameter) | own))


def _by_default(parameter: Parameter) -> dict[str, Any]:
    # A number that may be left out is what it then is; memory that may be is nowhere.
    if not parameter.is_optional:
        return {}
    if parameter.kind is Kind.BUFFER:
        return _NOWHERE
    default = str(parameter.default)
    return {"text": default, "hint": default} if KINDS[parameter.kind].read is number else {}
