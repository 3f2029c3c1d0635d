"""Putting changed code in the place of a function that everybody already uses."""

from __future__ import annotations

import ast
import importlib
import inspect
from types import CodeType, FunctionType
from typing import Any


class NotPatched(Exception):
    """A function whose code cannot be found."""


def module(path: str) -> Any:
    """Return the module of a source file."""
    return importlib.import_module(path.removesuffix(".py").replace("/", "."))


def put_in(path: str, function: str, tree: ast.Module) -> None:
    """Let a function run the code that a changed syntax tree has for it from now on.

    Args:
        path: the source file, from the root of the project.
        function: its qualified name.
        tree: that of the whole file.

    Raises:
        NotPatched: there is no such function at run time.
    """
    owner = module(path)
    code: CodeType = compile(tree, inspect.getfile(owner), "exec")
    for name in function.split("."):
        owner = owner.__dict__.get(name) if isinstance(owner, type) else getattr(owner, name)
        line = None if isinstance(owner, type) else _function(owner, name).__code__.co_firstlineno
        code = _inner(code, name, line)
    _function(owner, function).__code__ = code


def _inner(code: CodeType, name: str, line: int | None) -> CodeType:
    # What a property is set by has the same name on another line.
    found = [c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name]
    for each in found:
        if line in (None, each.co_firstlineno):
            return each
    raise NotPatched(name)


def _function(found: Any, name: str) -> FunctionType:
    if isinstance(found, property):
        found = found.fget
    if isinstance(found, staticmethod | classmethod):
        found = found.__func__
    cleared = getattr(found, "cache_clear", None)
    if cleared is not None:
        cleared()
    found = inspect.unwrap(found) if callable(found) else found
    if not isinstance(found, FunctionType):
        raise NotPatched(name)
    return found
