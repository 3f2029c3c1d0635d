"""Where the source of vmlab gives a code for words, and with which values.

A function takes a code if one of its parameters is a `str | Reason`: `because`, the exceptions
that tell a reason, and whatever hands one on to them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Use:
    """A code in the source."""

    place: str  # file and line
    code: str
    values: frozenset[str] | None  # names of the values given with it, None = cannot be told


def modules(*folders: str) -> dict[str, ast.Module]:
    """The modules below some folders of the repository, by path, without those of the words."""
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not path.is_relative_to(ROOT / "vmlab" / "words")
    }


def takers(trees: dict[str, ast.Module]) -> dict[str, int]:
    """The functions and classes that take a code, with its place among their arguments."""
    found: dict[str, int] = {}
    classes: dict[str, list[str]] = {}
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                _note(found, node.name, node, method=False)
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                classes[node.name] = [base.id for base in node.bases if isinstance(base, ast.Name)]
                for part in node.body:
                    if isinstance(part, ast.FunctionDef):
                        name = node.name if part.name == "__init__" else part.name
                        _note(found, name, part, method=True)
    found.pop("__init__", None)
    for name in classes:
        heir = _heir(name, classes, found)
        if heir is not None:
            found[name] = heir
    return found


def _note(found: dict[str, int], name: str, function: ast.FunctionDef, *, method: bool) -> None:
    parameters = [*function.args.posonlyargs, *function.args.args]
    for place, parameter in enumerate(parameters):
        note = parameter.annotation
        if note is not None and ast.unparse(note) == "str | Reason":
            found[name] = place - method


def _heir(name: str, classes: dict[str, list[str]], found: dict[str, int]) -> int | None:
    if name in found:
        return found[name]
    places = (_heir(base, classes, found) for base in classes.get(name, []))
    return next((place for place in places if place is not None), None)


def uses(trees: dict[str, ast.Module], known: dict[str, int]) -> Iterator[Use]:
    """Every code that is written out where a code is taken."""
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = _called(node.func)
            place = known.get(name)
            if place is None or len(node.args) <= place:
                continue
            named = [keyword.arg for keyword in node.keywords]
            values = None if None in named else frozenset(arg for arg in named if arg)
            for code in _written(node.args[place]):
                yield Use(f"{path}:{node.lineno}", code, values)


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _written(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.IfExp):
        yield from _written(argument.body)
        yield from _written(argument.orelse)
    elif isinstance(argument, ast.JoinedStr):
        yield ast.unparse(argument)  # never a code
    elif isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value


def strings(trees: dict[str, ast.Module]) -> set[str]:
    """Every string that is written out."""
    return {
        node.value
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def raised_text(trees: dict[str, ast.Module]) -> Iterator[str]:
    """Every place where an exception is raised with text of its own, not with a code."""
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                texts = [arg for arg in node.exc.args if " " in "".join(_written(arg))]
                if texts:
                    yield f"{path}:{node.lineno}: {ast.unparse(texts[0])}"
