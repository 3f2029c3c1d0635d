"""Imports go down only: the layers of the package, checked on its source.

A module belongs to the layer with the longest name that fits it, and may import from its own
layer and from the layers listed for that one. `vmlab` itself (the public names, the command line)
is the top.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAX_LINES = 400

TRACE = ["vmlab.errno", "vmlab.errors", "vmlab.model.trace"]
# Numbers and their names, like mman.
PTE = ["vmlab.model.mmu.page", "vmlab.model.mmu.pte", "vmlab.model.mmu.traps"]
BELOW_MMU = [*TRACE, *PTE, "vmlab.model.events", "vmlab.model.rbtree"]
BELOW_KERNEL = [*BELOW_MMU, "vmlab.model.mmu", "vmlab.model.kernel.mman"]
MODEL = [*BELOW_KERNEL, "vmlab.model.kernel", "vmlab.model"]
VALUES = ["vmlab.record.snapshot", "vmlab.record.ids", "vmlab.record.views"]
RECORD = [*MODEL, *VALUES, "vmlab.record"]
WIDGETS = [*RECORD, "vmlab.diagrams", "vmlab.widgets"]

MAY_IMPORT = {
    "vmlab.errno": [],
    "vmlab.errors": ["vmlab.errno"],
    "vmlab.model.trace": ["vmlab.errors"],
    "vmlab.model.mmu.page": [],
    "vmlab.model.mmu.pte": PTE,
    "vmlab.model.mmu.traps": [],
    "vmlab.model.kernel.mman": [],
    "vmlab.model.events": [*TRACE, *PTE, "vmlab.model.kernel.mman"],
    "vmlab.model.rbtree": [*TRACE, "vmlab.model.events"],
    "vmlab.model.mmu": BELOW_MMU,
    "vmlab.model.kernel": BELOW_KERNEL,
    "vmlab.model": MODEL,
    "vmlab.record.snapshot": [*MODEL, "vmlab.record"],  # to_json and from_json, when called
    "vmlab.record.ids": [],
    "vmlab.record.views": [*MODEL, *VALUES],
    "vmlab.record": RECORD,
    # Pictures read frozen values and decode page tables; the kernel stays out of reach.
    "vmlab.diagrams": [*TRACE, *PTE, "vmlab.model.mmu", *VALUES, "vmlab.record"],
    "vmlab.widgets": WIDGETS,
    "vmlab.lessons": WIDGETS,
    "vmlab": [*WIDGETS, "vmlab.lessons"],
}
STDLIB_ONLY = set(RECORD)

# What runs in a browser, where there are neither processes nor threads.
IN_BROWSER = {*RECORD, "vmlab.diagrams"}
NEEDS_HOST = {"vmlab.diagrams.layout"}
NOT_IN_BROWSER = {"concurrent", "multiprocessing", "subprocess", "threading"}


def layer_of(module: str) -> str:
    return max((layer for layer in MAY_IMPORT if f"{module}.".startswith(f"{layer}.")), key=len)


def objection(module: str, imported: str) -> str | None:
    """Why module may not import that, or None."""
    layer = layer_of(module)
    top = imported.partition(".")[0]
    if top == "vmlab":
        allowed = layer_of(imported) in {layer, *MAY_IMPORT[layer]}
        return None if allowed else f"{layer} may not import {imported}"
    if layer in STDLIB_ONLY and top not in sys.stdlib_module_names:
        return f"{layer} may import only the standard library, not {top}"
    if layer in IN_BROWSER and top in NOT_IN_BROWSER and module not in NEEDS_HOST:
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
    for path, module in sorted(modules.items()):
        source = path.read_text(encoding="utf-8")
        file = path.relative_to(root).as_posix()
        if (lines := len(source.splitlines())) > MAX_LINES:
            found.append(f"{file}: {lines} lines, more than {MAX_LINES}")
        package = ".".join(names[path].parent.parts)
        for line, imported in sorted({*imports(ast.parse(source), package, {*modules.values()})}):
            if why := objection(module, imported):
                found.append(f"{file}:{line}: {why}")
    return found


def test_imports_go_down_only() -> None:
    found = problems(ROOT)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("file", "source", "expected"),
    [
        ("model/events/cpu.py", "from vmlab.model.mmu import cpu", "vmlab.model.mmu"),
        ("model/kernel/mmap.py", "from vmlab.record import recorder", "vmlab.record"),
        ("model/kernel/mmap.py", "from vmlab.model.machine import Machine", "vmlab.model.machine"),
        ("model/kernel/mmap.py", "from ..machine import Machine", "vmlab.model.machine"),
        ("model/kernel/__init__.py", "from .. import machine", "vmlab.model.machine"),
        ("model/mmu/cpu.py", "import vmlab.model.kernel.fault", "vmlab.model.kernel.fault"),
        ("model/mmu/cpu.py", "from vmlab.model.kernel.mman import Prot", "vmlab.model.kernel.mman"),
        ("model/trace.py", "from vmlab.model import rbtree", "vmlab.model.rbtree"),
        ("errors.py", "from vmlab.model.trace import emit", "vmlab.model.trace"),
        ("record/snapshot.py", "from vmlab.widgets.player import Player", "vmlab.widgets"),
        ("diagrams/frames.py", "from vmlab.model.kernel.vma import find_vma", "vmlab.model.kernel"),
        ("diagrams/frames.py", "from vmlab.widgets.player import Player", "vmlab.widgets"),
        ("widgets/player.py", "from vmlab import Machine", "vmlab.widgets may not import vmlab"),
        ("widgets/player.py", "def f():\n    from vmlab.lessons import x", "vmlab.lessons"),
        ("model/machine.py", "import numpy.linalg", "standard library, not numpy"),
        ("model/machine.py", "import threading", "in a browser, without threading"),
        ("diagrams/dot.py", "from subprocess import run", "in a browser, without subprocess"),
        ("cli.py", "\n" * 401, "401 lines"),
    ],
)
def test_a_bad_file_is_found(tmp_path: Path, file: str, source: str, expected: str) -> None:
    for name in ("model/machine.py", "model/rbtree.py", file):
        path = tmp_path / "vmlab" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    path.write_text(source)
    (problem,) = problems(tmp_path)
    assert problem.startswith(f"vmlab/{file}:")
    assert expected in problem


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("model/kernel/mmap.py", "import ast\nfrom vmlab.model.mmu import pte\nfrom . import vma"),
        ("model/machine.py", "from vmlab.model.kernel import fork"),
        ("diagrams/layout.py", "import subprocess\nimport py_mini_racer"),
        ("diagrams/frames.py", "import graphviz\nfrom vmlab.record.snapshot import Snapshot"),
        ("widgets/player.py", "import ipywidgets\nfrom vmlab.record.recorder import Recorder"),
        ("__init__.py", "from vmlab.lessons import scenarios"),
    ],
)
def test_a_good_file_is_not(tmp_path: Path, file: str, source: str) -> None:
    path = tmp_path / "vmlab" / file
    path.parent.mkdir(parents=True)
    path.write_text(source)
    assert problems(tmp_path) == []
