"""Putting the code of a mutant in the place of a function that everybody already uses."""

from __future__ import annotations

import ast
import importlib
import inspect
from types import CodeType, FunctionType
from typing import Any

from tests.mutation.mutants import Mutant


class NotPatched(Exception):
    """A function whose code cannot be found."""


def put_in(mutant: Mutant, tree: ast.Module) -> None:
    """Let the function of a mutant run the changed code from now on.

    Raises:
        NotPatched: there is no such function at run time.
    """
    module: Any = importlib.import_module(mutant.path.removesuffix(".py").replace("/", "."))
    code: CodeType = compile(tree, inspect.getfile(module), "exec")
    owner = module
    for name in mutant.function.split("."):
        code = _inner(code, name)
        owner = owner.__dict__.get(name) if isinstance(owner, type) else getattr(owner, name)
    _function(owner, mutant).__code__ = code


def _inner(code: CodeType, name: str) -> CodeType:
    # The last one of that name is the one that counts.
    found = [c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name]
    if not found:
        raise NotPatched(name)
    return found[-1]


def _function(found: Any, mutant: Mutant) -> FunctionType:
    if isinstance(found, property):
        found = found.fget
    if isinstance(found, staticmethod | classmethod):
        found = found.__func__
    cleared = getattr(found, "cache_clear", None)
    if cleared is not None:
        cleared()
    found = inspect.unwrap(found) if callable(found) else found
    if not isinstance(found, FunctionType):
        raise NotPatched(mutant.function)
    return found
