"""The hook through which the model says what it does.

Kernel and hardware call `emit` and wear `@traced`; whoever listens sets `Trace.sink`. When
nobody listens, neither builds an event.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from inspect import Parameter, signature
from typing import Any, ClassVar, ParamSpec, Protocol, TypeVar, cast

from vmlab.errors import LinuxError

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Event:
    """One step of the kernel or of the hardware: integers and strings only.

    Field names mean the same in every event: `mm` is the number of an mm_struct, `vma` and
    `other` the vm_start of a VMA in bytes, `addr` a virtual address in bytes, `pfn` and
    `new_pfn` frame numbers, `pid` and `child` process numbers, `reason` words.
    """

    name: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super(Event, cls).__init_subclass__()
        cls.name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    def sentence(self) -> str:
        """Say what happened, and why, in one plain English sentence."""
        raise NotImplementedError

    def values(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def count(number: int, noun: str) -> str:
    """Say a number of things.

    >>> count(1, "page"), count(2, "page")
    ('1 page', '2 pages')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class Sink(Protocol):
    """What a listener offers to the model."""

    def begin(self, pid: int, call: str, args: tuple[object, ...]) -> None:
        """A process (or, pid 0, the owner of the machine) begins a call; what follows is its doing.

        Calls within a call are part of it.
        """

    def end(self) -> None:
        """The call is over, whatever came of it."""

    def emit(self, event: Event) -> None:
        """Take one event."""

    def enter(self, function: str, source: str) -> None:
        """A traced function begins."""

    def leave(self, function: str, error: str) -> None:
        """A traced function ends; `error` is an errno name, or empty."""


class Trace:
    """Where one machine's events go: nowhere while `sink` is None."""

    __slots__ = ("sink",)

    def __init__(self) -> None:
        self.sink: Sink | None = None

    def __repr__(self) -> str:
        return "<Trace to nobody>" if self.sink is None else f"<Trace to {self.sink!r}>"


class HasTrace(Protocol):
    """Anything that belongs to one machine and so can emit."""

    @property
    def trace(self) -> Trace:
        """The machine's trace."""


def emit(where: HasTrace, event: type[Event], *values: Any) -> None:
    """Report one change to whoever listens to the machine of `where`."""
    sink = where.trace.sink
    if sink is not None:
        sink.emit(event(*values))


def traced(function: Callable[P, R]) -> Callable[P, R]:
    """Make a kernel function report that it begins and ends.

    The first argument must have a `trace`. The source file is read from the docstring's
    `Source:` line.
    """
    found = re.search(r"Source:\s*([\w./-]+\.[chS])", function.__doc__ or "")
    source = found.group(1) if found else ""
    name = function.__name__

    def listened(sink: Sink, *args: P.args, **kwargs: P.kwargs) -> R:
        sink.enter(name, source)
        error = "interrupted"
        try:
            result = function(*args, **kwargs)
            error = ""
            return result
        except LinuxError as failure:
            error = failure.name
            raise
        finally:
            sink.leave(name, error)

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


def announced(
    *checks: Callable[[object, str], None],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make what the owner of a machine does a call that begins and ends.

    The object must have a `trace`.

    Args:
        checks: for each argument, what raises if it cannot be used, given it and its name.
    """

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        call = method.__name__
        form = signature(method)
        names = list(form.parameters)[1:]

        @functools.wraps(method)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            given = form.bind(*args, **kwargs).arguments
            owner, *values = given.values()
            for name, check in zip(names, checks, strict=False):
                if name in given:
                    check(given[name], name)
            sink = owner.trace.sink
            if sink is None:
                return method(*args, **kwargs)
            sink.begin(0, call, tuple(values))
            try:
                return method(*args, **kwargs)
            finally:
                sink.end()

        return wrapper

    return decorate
