"""The rows of the calls on queues of messages of POSIX."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call

_P = Parameter
_FD = _P("mqdes", Kind.FD)
_NAME = _P("name", Kind.NAME)
_MSG = (_FD, _P("msg_ptr", Kind.BUFFER), _P("msg_len", Kind.COUNT))
_UNTIL = _P("abs_timeout", Kind.VECTOR, None)

MQUEUE_CALLS: tuple[Call, ...] = (
    call(
        240,
        "mq_open",
        N_("open a queue of messages"),
        Result.FD,
        *(_NAME, _P("oflag", Kind.OPEN_FLAGS)),
        *(_P("mode", Kind.FILE_MODE, 0), _P("attr", Kind.VECTOR, None)),
    ),
    call(241, "mq_unlink", N_("take the name of a queue away"), Result.NOTHING, _NAME),
    call(
        242,
        "mq_timedsend",
        N_("send a message with a priority"),
        Result.NOTHING,
        *(*_MSG, _P("msg_prio", Kind.MQ_PRIO, 0), _UNTIL),
    ),
    call(
        243,
        "mq_timedreceive",
        N_("receive the message of highest priority"),
        Result.COUNT,
        *(*_MSG, _P("msg_prio", Kind.VECTOR, None), _UNTIL),
    ),
    call(
        244,
        "mq_notify",
        N_("be told of the next message"),
        Result.NOTHING,
        *(_FD, _P("sevp", Kind.VECTOR, None)),
    ),
    call(
        245,
        "mq_getsetattr",
        N_("ask for the limits of a queue, or let it not sleep"),
        Result.NOTHING,
        *(_FD, _P("newattr", Kind.VECTOR, None), _P("oldattr", Kind.VECTOR, None)),
    ),
)
