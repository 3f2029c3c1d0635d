"""Decorators that report when a function or a call begins and ends."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import Parameter, signature
from typing import Any, ParamSpec, TypeVar, cast

from vmlab.errors import LinuxError
from vmlab.model.trace.hook import Sink, Trace

P = ParamSpec("P")
R = TypeVar("R")


def traced(function: Callable[P, R]) -> Callable[P, R]:
    """Make a kernel function report that it begins and ends.

    The first argument must have a `trace`. The source file is read from the docstring's
    `Source:` line.
    """
    found = re.search(r"Source:\s*([\w./-]+\.[chS])", function.__doc__ or "")
    source = found.group(1) if found else ""
    name = function.__name__

    def listened(sink: Sink, *args: P.args, **kwargs: P.kwargs) -> R:
        first: Any = args[0]
        tell = first.trace.turn.tell
        tell(sink.enter, name, source)
        error = "interrupted"
        try:
            result = function(*args, **kwargs)
            error = ""
            return result
        except LinuxError as failure:
            error = failure.name
            raise
        finally:
            tell(sink.leave, name, error)

    return cast(Callable[P, R], functools.wraps(function)(_wrapper(function, listened)))


def _wrapper(function: Callable[..., R], listened: Callable[..., R]) -> Callable[..., R]:
    # Nearly all calls find nobody who listens, and a call with a fixed number of arguments costs
    # half as much as one with any.
    def wrapper1(a: Any) -> R:
        sink = a.trace.sink
        return function(a) if sink is None else listened(sink, a)

    def wrapper2(a: Any, b: Any) -> R:
        sink = a.trace.sink
        return function(a, b) if sink is None else listened(sink, a, b)

    def wrapper3(a: Any, b: Any, c: Any) -> R:
        sink = a.trace.sink
        return function(a, b, c) if sink is None else listened(sink, a, b, c)

    def wrapper4(a: Any, b: Any, c: Any, d: Any) -> R:
        sink = a.trace.sink
        return function(a, b, c, d) if sink is None else listened(sink, a, b, c, d)

    def wrapper(*args: Any, **kwargs: Any) -> R:
        sink = args[0].trace.sink
        if sink is None:
            return function(*args, **kwargs)
        return listened(sink, *args, **kwargs)

    fixed = (wrapper1, wrapper2, wrapper3, wrapper4)
    kinds = [(part.kind, part.default) for part in signature(function).parameters.values()]
    plain = kinds == [(Parameter.POSITIONAL_OR_KEYWORD, Parameter.empty)] * len(kinds)
    return fixed[len(kinds) - 1] if plain and len(kinds) <= len(fixed) else wrapper


@contextmanager
def announcing(trace: Trace, call: str, args: tuple[object, ...]) -> Iterator[None]:
    """Let what a block does be a call that the owner of a machine makes; its turn is held.

    Args:
        trace: the machine's.
        call: its name, of which there is no other.
        args: what it is given.
    """
    sink, turn = trace.sink, trace.turn
    if sink is None:
        yield
        return
    turn.tell(sink.begin, 0, call, args)
    try:
        yield
    finally:
        turn.tell(sink.end)


def announced(
    call: str, *checks: Callable[[object, str], None]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make what the owner of a machine does a call that begins and ends.

    The object must have a `_trace`.

    Args:
        call: the name to announce, of which there is no other: 'fs.write', 'machine.restore'.
        checks: for each argument, what raises if it cannot be used, given it and its name.
    """

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        form = signature(method)
        names = list(form.parameters)[1:]

        @functools.wraps(method)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            given = args[1:]
            if kwargs or len(args) > len(names) + 1:
                given = tuple(form.bind(*args, **kwargs).arguments.values())[1:]
            for name, check, value in zip(names, checks, given, strict=False):
                check(value, name)
            owner: Any = args[0]
            with owner._trace.turn, announcing(owner._trace, call, given):
                return method(*args, **kwargs)

        return wrapper

    return decorate
