"""The rows of the calls on timers that a process makes."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call

_P = Parameter
_TIMER = _P("timerid", Kind.TIMER_ID)

TIMER_CALLS: tuple[Call, ...] = (
    call(
        222,
        "timer_create",
        N_("make a timer"),
        Result.NOTHING,
        *(_P("clockid", Kind.CLOCK), _P("sevp", Kind.VECTOR), _P("timerid", Kind.BUFFER)),
    ),
    call(
        223,
        "timer_settime",
        N_("say when a timer is over, and after how long again"),
        Result.NOTHING,
        *(_TIMER, _P("flags", Kind.TIMER_FLAGS), _P("new_value", Kind.BUFFER)),
        _P("old_value", Kind.VECTOR, None),
    ),
    call(
        224,
        "timer_gettime",
        N_("ask how long a timer still runs"),
        Result.NOTHING,
        *(_TIMER, _P("curr_value", Kind.BUFFER)),
    ),
    call(
        225,
        "timer_getoverrun",
        N_("ask how often more a timer was over before its signal was taken"),
        Result.NUMBER,
        _TIMER,
    ),
    call(226, "timer_delete", N_("delete a timer"), Result.NOTHING, _TIMER),
)
