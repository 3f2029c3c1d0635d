"""All exercises there are: those of vmlab, those of other packages, those made in a notebook.

Another package names its exercises as entry points of the group `vmlab.exercises`; one is loaded
when it is first asked for by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from vmlab.errors import UsageError
from vmlab.lessons.generators import GENERATORS
from vmlab.lessons.question import Generator
from vmlab.words.language import say

GROUP = "vmlab.exercises"  # of entry points
SecondWay = Callable[[str, str], str]  # from what is given and what is asked to the answer

_registered: dict[str, Generator] = {}
_second_ways: dict[Generator, SecondWay] = {}


def register(generator: Generator, *, second_way: SecondWay | None = None) -> Generator:
    """Make a generator an exercise, by its own name; it can stand above it as a decorator.

    Args:
        generator: a function from `random.Random` to a `Question`.
        second_way: finds the answer again from the words of the question alone, `given` and
            `text`; `vmlab check-exercise` compares the two.

    Raises:
        UsageError: it is no function, or another exercise has that name.
    """
    name = getattr(generator, "__name__", "")
    if not callable(generator) or not name.isidentifier():
        raise UsageError(say("an exercise is a function with a name, not {what!r}", what=generator))
    before = GENERATORS.get(name) or _registered.get(name)
    if before is not None and before is not generator and not _is_newer(generator, before):
        raise UsageError(say("there is another exercise named {name!r}", name=name))
    _registered[name] = generator
    if second_way is not None:
        _second_ways[generator] = second_way
    return generator


def _is_newer(generator: Generator, before: Generator) -> bool:
    # The same function again, after its cell was run or its module was loaded once more.
    places = {(one.__module__, one.__qualname__) for one in (generator, before)}
    return len(places) == 1 and before.__name__ not in GENERATORS


@cache
def _elsewhere() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def names() -> tuple[str, ...]:
    """Return the names of all exercises, those of vmlab first."""
    return tuple(dict.fromkeys((*GENERATORS, *_registered, *sorted(_elsewhere()))))


def generator_of(name: str) -> Generator:
    """Return the generator of an exercise.

    Raises:
        UsageError: no exercise has that name, or the package that has it cannot be loaded.
    """
    found = GENERATORS.get(name) or _registered.get(name)
    if found is not None:
        return found
    point = _elsewhere().get(name)
    if point is None:
        raise UsageError(
            say(
                "no exercise is named {name!r}; there are {names}",
                name=name,
                names=", ".join(names()),
            )
        )
    try:
        loaded = point.load()
    except Exception as problem:
        raise UsageError(
            say(
                "the exercise {name!r} cannot be loaded from {place}: {problem}",
                name=name,
                place=point.value,
                problem=problem,
            )
        ) from problem
    if not callable(loaded):
        raise UsageError(say("an exercise is a function with a name, not {what!r}", what=loaded))
    return _registered.setdefault(name, loaded)


def second_way_of(generator: Generator) -> SecondWay | None:
    """Return the second way to the answers of an exercise, if there is one."""
    return _second_ways.get(generator)
