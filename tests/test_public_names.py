"""The public names: all of them can be seen, each has its type, and none else is let through."""

import ast
import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from mypy import api

import vmlab
from vmlab import host
from vmlab.model.trace.hook import Sink

ROOT = Path(__file__).parent.parent
STUB = ast.parse((ROOT / "vmlab" / "__init__.pyi").read_text(encoding="utf-8"))
IMPORTED = [
    alias.asname for node in STUB.body if isinstance(node, ast.ImportFrom) for alias in node.names
]
CONSTANTS = {
    ast.unparse(node.target): ast.unparse(node.annotation)
    for node in STUB.body
    if isinstance(node, ast.AnnAssign)
}


@pytest.fixture
def complaints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], list[str]]:
    """What mypy finds wrong in a program that uses vmlab."""
    monkeypatch.chdir(ROOT)  # where its configuration is

    def found(program: str) -> list[str]:
        file = tmp_path / "program.py"
        file.write_text(program)
        said, failed, _ = api.run(["--strict", str(file)])
        assert not failed
        return [line for line in said.splitlines() if "error:" in line]

    return found


def test_dir_shows_every_public_name() -> None:
    assert {name for name in dir(vmlab) if not name.startswith("_")} == set(vmlab.__all__)
    assert {"Explorer", "show", "watch", "PROT_READ", "errno", "language"} <= set(vmlab.__all__)
    assert all(hasattr(vmlab, name) for name in vmlab.__all__)


def test_the_stub_lists_the_names_there_are() -> None:
    public = sorted(set(vmlab.__all__) | {"__version__"})
    assert sorted([*IMPORTED, *CONSTANTS]) == public


def test_the_stub_gives_the_constants_their_types() -> None:
    for name, kind in CONSTANTS.items():
        assert type(getattr(vmlab, name)).__name__ == kind


def test_the_stub_of_the_host_lists_the_names_there_are() -> None:
    stub = ast.parse((ROOT / "vmlab" / "host" / "__init__.pyi").read_text(encoding="utf-8"))
    nodes = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    assert {each.asname: node.module for node in nodes for each in node.names} == host._LATER
    assert [*dir(host)] == sorted([*host.__all__, "__doc__"])
    assert all(hasattr(host, name) for name in host.__all__)
    with pytest.raises(AttributeError, match="reed"):
        host.reed  # noqa: B018 - what is asked for


def test_there_is_no_other_name() -> None:
    with pytest.raises(AttributeError, match="Machin"):
        vmlab.Machin  # noqa: B018 - what is asked for
    with pytest.raises(ImportError, match="Machin"):
        exec("from vmlab import Machin")


def test_mypy_knows_the_names(complaints: Callable[[str], list[str]]) -> None:
    imports = f"from vmlab import {', '.join(vmlab.__all__)}\n"
    use = (
        "machine: Machine = Machine()\n"
        "flags: Map = MAP_PRIVATE | MAP_ANONYMOUS\n"
        "number: int = errno.EINVAL\n"
        "language('en')\n"
        "show(machine, 'frames', machine.spawn(), 1)\n"
        "Explorer(machine, show='frames', processes=[machine.spawn(), 1])\n"
    )
    assert complaints(imports + use) == []


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("from vmlab import Machin", "Machin"),
        ("import vmlab\nvmlab.PROT_RAED", "PROT_RAED"),
        ("from vmlab import Machine, show\nshow(Machine(), picture=3)", "picture"),
    ],
)
def test_mypy_refuses_a_slip(
    complaints: Callable[[str], list[str]], program: str, name: str
) -> None:
    (complaint,) = complaints(program)
    assert name in complaint


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(vmlab.VmlabError, match="vmlab does not speak 'tlh'"):
        vmlab.language("tlh")


def test_what_draws_is_loaded_late() -> None:
    program = (
        "import sys, vmlab; dir(vmlab); "
        "import vmlab.cli, vmlab.host; "
        "late = {'ipywidgets', 'graphviz', 'vmlab.host.saved', 'vmlab.host.replaying'}; "
        "print(late & {*sys.modules})"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "set()\n"


def test_what_looks_public_is_documented() -> None:
    machine = vmlab.Machine()
    process = machine.spawn()
    recorder = vmlab.Recorder(machine)
    for thing in (machine, machine.fs, process, recorder):
        kind = type(thing)
        described = inspect.getdoc(kind) or ""
        for name in (name for name in dir(thing) if not name.startswith("_")):
            own = inspect.getdoc(getattr(kind, name, None))
            assert own or f"\n    {name}: " in described, f"{kind.__name__}.{name}"


def test_what_the_model_calls_is_not_public() -> None:
    listened_to = {name for name in vars(Sink) if not name.startswith("_")}
    assert listened_to == {"begin", "end", "emit", "enter", "leave"}
    assert listened_to.isdisjoint(dir(vmlab.Recorder))
    assert not {"trace", "adopt", "attach", "take", "new_task", "syscall"} & {
        *dir(vmlab.Machine),
        *dir(vmlab.Process),
    }
