"""Which statements of the kernel's functions run while something else does."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from tests.mutation.mutants import Mutant, functions
from tests.mutation.patch import module, put_in

ROOT = Path(__file__).parent.parent.parent
LINUX = "vmlab/model/linux"
_SEEN = "__seen__"  # a name in each module


class Reach:
    """Lets the functions of some files tell which of their statements run, from now on.

    Attributes:
        places: the statements, as `place` names them.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self.places: list[str] = []
        self._seen = bytearray()
        for path in paths:
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            found = dict(functions(tree))
            for name, function in found.items():
                self._mark(f"{path}:{name}", function)
            ast.fix_missing_locations(tree)
            setattr(module(path), _SEEN, self._seen)
            for name in found:
                put_in(path, name, tree)
        self._seen.extend(bytes(len(self.places)))

    def _mark(self, name: str, function: ast.FunctionDef) -> None:
        # Each statement comes after one that stores its number.
        for node in [*ast.walk(function)]:
            for field in ("body", "orelse", "finalbody"):
                block = getattr(node, field, None)
                if not isinstance(block, list):
                    continue
                marked: list[ast.stmt] = []
                for statement in block:
                    if not _is_docstring(statement):
                        number = len(self.places)
                        marked += ast.parse(f"{_SEEN}[{number}] = 1").body
                        self.places.append(f"{name}:{statement.lineno - function.lineno}")
                    marked.append(statement)
                block[:] = marked

    def forget(self) -> None:
        """Begin anew: nothing ran yet."""
        self._seen[:] = bytes(len(self._seen))

    def numbers(self) -> Iterator[int]:
        """Return which of `places` ran."""
        return (number for number, seen in enumerate(self._seen) if seen)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def place(mutant: Mutant) -> str:
    """Return the innermost statement of a mutant: it stays when other functions change."""
    function = _functions(mutant.path)[mutant.function]
    line = max(
        node.lineno
        for node in ast.walk(function)
        if isinstance(node, ast.stmt)
        and node.lineno <= mutant.line <= (node.end_lineno or node.lineno)
    )
    return f"{mutant.path}:{mutant.function}:{line - function.lineno}"


@cache
def _functions(path: str) -> dict[str, ast.FunctionDef]:
    return dict(functions(ast.parse((ROOT / path).read_text(encoding="utf-8"))))
