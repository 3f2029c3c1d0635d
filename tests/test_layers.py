"""Imports go down only, and never in a circle: checked on the source of the package.

A module belongs to the layer with the longest name that fits it, and may import from its own layer
and from those below. Imports that run late or only for types count as any other. `vmlab` itself
(the public names, the command line) is the top.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

LAYERS = (  # from the bottom to the top
    "vmlab.messages",
    "vmlab.model.abi.errno",
    "vmlab.model.abi.signal",
    "vmlab.codes",
    "vmlab.errors",
    "vmlab.model.abi",
    "vmlab.model.trace",
    "vmlab.model.mmu",
    "vmlab.model.linux",
    "vmlab.model",
    "vmlab.words",
    "vmlab.state",
    "vmlab.record",
    "vmlab.programs",
    "vmlab.diagrams",
    "vmlab.widgets",
    "vmlab.host",
    "vmlab.lessons",
    "vmlab",
)
# Pictures read frozen values and decode page tables; the kernel stays out of reach.
OUT_OF_REACH = {"vmlab.diagrams": ("vmlab.model.linux", "vmlab.model")}

# What runs in a browser, where there are neither processes nor threads, and only Python.
IN_BROWSER = LAYERS[: LAYERS.index("vmlab.diagrams") + 1]
STDLIB_ONLY = LAYERS[: LAYERS.index("vmlab.programs")]
NEEDS_HOST = ("vmlab.diagrams.layout", "vmlab.programs.compilers")
NOT_IN_BROWSER = {"concurrent", "multiprocessing", "subprocess", "threading"}

MAX_LINES = 400
MAX_LINES_OF_LINUX = 600  # where Linux keeps one subject in one file


def layer_of(module: str) -> str:
    return max((layer for layer in LAYERS if f"{module}.".startswith(f"{layer}.")), key=len)


def objection(module: str, imported: str) -> str | None:
    """Why module may not import that, or None."""
    layer = layer_of(module)
    top = imported.partition(".")[0]
    if top == "vmlab":
        other = layer_of(imported)
        allowed = LAYERS.index(other) <= LAYERS.index(layer)
        allowed &= other not in OUT_OF_REACH.get(layer, ())
        return None if allowed else f"{layer} may not import {imported}"
    if layer in STDLIB_ONLY and top not in sys.stdlib_module_names:
        return f"{layer} may import only the standard library, not {top}"
    needs_host = any(f"{module}.".startswith(f"{each}.") for each in NEEDS_HOST)
    if layer in IN_BROWSER and top in NOT_IN_BROWSER and not needs_host:
        return f"{layer} must run in a browser, without {top}"
    return None


def imports(tree: ast.Module, package: str, modules: set[str]) -> Iterator[tuple[int, str]]:
    """Every import, wherever it stands, as its line and the module's full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: 1 - node.level or None] if node.level else []
            base = ".".join([*parents, *filter(None, [node.module])])
            for alias in node.names:
                name = f"{base}.{alias.name}"
                yield node.lineno, name if name in modules else base


def problems(root: Path) -> list[str]:
    """What is wrong in the package vmlab below root, one line each."""
    names = {path: path.relative_to(root).with_suffix("") for path in root.glob("vmlab/**/*.py")}
    modules = {path: ".".join(name.parts).removesuffix(".__init__") for path, name in names.items()}
    found = []
    graph: dict[str, set[str]] = {}
    for path, module in sorted(modules.items()):
        source = path.read_text(encoding="utf-8")
        file = path.relative_to(root).as_posix()
        limit = MAX_LINES_OF_LINUX if layer_of(module) == "vmlab.model.linux" else MAX_LINES
        if (lines := len(source.splitlines())) > limit:
            found.append(f"{file}: {lines} lines, more than {limit}")
        package = ".".join(names[path].parent.parts)
        imported = sorted({*imports(ast.parse(source), package, {*modules.values()})})
        graph[module] = {name for _, name in imported} - {module}
        found += [
            f"{file}:{line}: {why}" for line, name in imported if (why := objection(module, name))
        ]
    return found + [f"vmlab/: a circle: {' -> '.join(circle)}" for circle in circles(graph)]


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The rings of imports, one for each place where a walk meets its own path again."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> None:
        if module in path:
            found.append([*path[path.index(module) :], module])
        elif module not in done:
            for name in sorted(graph.get(module, ())):
                walk(name, [*path, module])
            done.add(module)

    for module in sorted(graph):
        walk(module, [])
    return found


def test_imports_go_down_only() -> None:
    found = problems(ROOT)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("file", "source", "expected"),
    [
        ("model/mmu/cpu.py", "import vmlab.model.linux.fault", "vmlab.model.linux.fault"),
        ("model/trace/hook.py", "from vmlab.model.mmu import cpu", "vmlab.model.mmu"),
        ("errors.py", "from vmlab.model.trace.hook import emit", "vmlab.model.trace"),
        ("model/linux/mm/mmap.py", "from vmlab.record import recorder", "vmlab.record"),
        ("model/linux/mm/mmap.py", "from vmlab.model.machine import M", "vmlab.model.machine"),
        ("model/linux/mm/mmap.py", "from ...machine import M", "vmlab.model.machine"),
        ("model/linux/__init__.py", "from .. import machine", "vmlab.model.machine"),
        ("model/linux/fs/exec.py", "from vmlab.words import say", "vmlab.words"),
        ("state/snapshot.py", "from vmlab.widgets.player import Player", "vmlab.widgets"),
        (
            "diagrams/frames.py",
            "from vmlab.model.linux.mm.vma import find_vma",
            "vmlab.model.linux",
        ),
        ("diagrams/frames.py", "from vmlab.model.machine import M", "vmlab.model.machine"),
        ("diagrams/frames.py", "from vmlab.widgets.player import Player", "vmlab.widgets"),
        ("widgets/player.py", "from vmlab import Machine", "vmlab.widgets may not import vmlab"),
        ("widgets/player.py", "def f():\n    from vmlab.lessons import x", "vmlab.lessons"),
        ("model/machine.py", "import numpy.linalg", "standard library, not numpy"),
        ("model/machine.py", "import threading", "in a browser, without threading"),
        ("diagrams/dot.py", "from subprocess import run", "in a browser, without subprocess"),
        ("cli.py", "\n" * 401, "401 lines"),
        ("model/linux/mm/memory.py", "\n" * 601, "601 lines"),
    ],
)
def test_a_bad_file_is_found(tmp_path: Path, file: str, source: str, expected: str) -> None:
    for name in ("model/machine.py", file):
        path = tmp_path / "vmlab" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    path.write_text(source)
    (problem,) = problems(tmp_path)
    assert problem.startswith(f"vmlab/{file}:")
    assert expected in problem


@pytest.mark.parametrize(
    "imports_b",
    [
        "from vmlab.state import b",
        "def f():\n    from vmlab.state import b",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from vmlab.state.b import B",
    ],
)
def test_a_circle_is_found_however_it_is_hidden(tmp_path: Path, imports_b: str) -> None:
    folder = tmp_path / "vmlab" / "state"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text(imports_b)
    (folder / "b.py").write_text("from vmlab.state.c import f")
    (folder / "c.py").write_text("import vmlab.state.a")
    assert problems(tmp_path) == [
        "vmlab/: a circle: vmlab.state.a -> vmlab.state.b -> vmlab.state.c -> vmlab.state.a"
    ]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        (
            "model/linux/mm/mmap.py",
            "import ast\nfrom vmlab.model.mmu import pte\nfrom . import vma",
        ),
        ("model/linux/mm/memory.py", "\n" * 600),
        ("model/machine.py", "from vmlab.model.linux.kernel import fork"),
        ("diagrams/layout/engine_v8.py", "import subprocess\nimport py_mini_racer"),
        ("diagrams/frames.py", "import graphviz\nfrom vmlab.state.snapshot import Snapshot"),
        ("widgets/player.py", "import ipywidgets\nfrom vmlab.record.recorder import Recorder"),
        ("__init__.py", "from vmlab.lessons import scenarios"),
    ],
)
def test_a_good_file_is_not(tmp_path: Path, file: str, source: str) -> None:
    path = tmp_path / "vmlab" / file
    path.parent.mkdir(parents=True)
    path.write_text(source)
    assert problems(tmp_path) == []
