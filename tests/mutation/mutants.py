"""Where a source file can be changed, and how: one operator, constant or branch at a time."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.Mod: ast.FloorDiv,
}
_NOT_RUN = (ast.arguments, ast.AnnAssign, ast.Assert)  # what has no code, or is itself a check


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one function.

    Attributes:
        path: the source file, from the root of the project.
        function: its qualified name.
        line: where, in the file.
        place: which expression or statement of the function, in order.
        way: which change of that.
        text: the change, to be read.
    """

    path: str
    function: str
    line: int
    place: int
    way: int
    text: str

    @property
    def name(self) -> str:
        """Return what stays the same when lines move."""
        return f"{self.path}:{self.function}:{self.place}.{self.way}"

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.function}: {self.text}"


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Return the functions and methods of a module with their qualified names.

    What a property is set by is left out: it has the name of the property.
    """
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and not _is_setter(inner):
                    yield f"{node.name}.{inner.name}", inner


def _is_setter(function: ast.FunctionDef) -> bool:
    return any(isinstance(d, ast.Attribute) and d.attr == "setter" for d in function.decorator_list)


def mutants(root: Path, path: str) -> list[Mutant]:
    """Return every mutant of a file."""
    tree = ast.parse((root / path).read_text(encoding="utf-8"))
    return [
        Mutant(path, name, node.lineno, place, way, f"{_words(node)}  ->  {_words(new)}")
        for name, function in functions(tree)
        for place, node in enumerate(_places(function))
        for way, new in enumerate(_ways(node))
    ]


def mutated(root: Path, mutant: Mutant) -> ast.Module:
    """Return a file's syntax tree with the change made."""
    tree = ast.parse((root / mutant.path).read_text(encoding="utf-8"))
    function = dict(functions(tree))[mutant.function]
    node = list(_places(function))[mutant.place]
    _Replace(node, _ways(node)[mutant.way]).visit(function)
    return ast.fix_missing_locations(tree)


def _words(node: ast.AST) -> str:
    return ast.unparse(node).split("\n")[0][:90]


def _places(function: ast.FunctionDef) -> Iterator[ast.expr | ast.stmt]:
    # Every node that may be changed, always in the same order.
    todo: list[ast.AST] = list(reversed(function.body))
    while todo:
        node = todo.pop()
        if isinstance(node, _NOT_RUN) and not (isinstance(node, ast.AnnAssign) and node.value):
            continue
        if isinstance(node, ast.expr | ast.stmt):
            yield node
        todo += reversed(list(_inner(node)))


def _inner(node: ast.AST) -> Iterator[ast.AST]:
    # What is run of a node, so no annotation.
    if isinstance(node, ast.AnnAssign):
        assert node.value is not None
        yield node.value
    else:
        annotation = node.returns if isinstance(node, ast.FunctionDef) else None
        yield from (each for each in ast.iter_child_nodes(node) if each is not annotation)


def _ways(node: ast.expr | ast.stmt) -> list[ast.AST]:
    found: list[ast.AST] = []

    def changed(**values: object) -> None:
        new = copy.copy(node)
        for name, value in values.items():
            setattr(new, name, value)
        found.append(new)

    match node:
        case ast.Compare(ops=ops):
            for at, op in enumerate(ops):
                changed(ops=[*ops[:at], _COMPARED[type(op)](), *ops[at + 1 :]])
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _COMPUTED:
            changed(op=_COMPUTED[type(op)]())
        case ast.BoolOp(op=op):
            changed(op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not() | ast.Invert() | ast.USub(), operand=operand):
            found.append(operand)
        case ast.Constant(value=bool() as value):
            changed(value=not value)
        case ast.Constant(value=int() as value):
            changed(value=value + 1)
        case ast.Attribute(value=ast.Name(id="errno"), attr=name):
            changed(attr="EINVAL" if name != "EINVAL" else "ENOMEM")
        case ast.If() | ast.While() | ast.IfExp():
            if not isinstance(node, ast.While):
                changed(test=ast.Constant(True))
            changed(test=ast.Constant(False))
        case ast.Break():
            found.append(ast.Continue())
        case ast.Continue():
            found.append(ast.Break())
    return [ast.copy_location(new, node) for new in found]


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)
