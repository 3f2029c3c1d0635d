"""`vmlab doctor` reports whatever it finds, and never falls over."""

import sys
import types
from argparse import Namespace

import pytest

from tests.pseudo_language import plain_words, pseudo_language
from vmlab.commands import doctor


@pytest.fixture
def layout(monkeypatch: pytest.MonkeyPatch) -> types.SimpleNamespace:
    """Stands in for the layout module; a test may give it another `render_svg`."""
    module = types.SimpleNamespace(render_svg=lambda dot: f"<svg>{dot}</svg>")
    monkeypatch.setitem(sys.modules, "vmlab.diagrams", types.ModuleType("vmlab.diagrams"))
    monkeypatch.setitem(sys.modules, "vmlab.diagrams.layout", module)
    return module


def test_a_healthy_environment(
    layout: types.SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor.run(Namespace()) == 0
    report = capsys.readouterr().out
    assert "mini-racer" in report
    assert "Drew a picture in" in report


@pytest.mark.parametrize("svg", ["", "not a picture"])
def test_a_layout_that_gives_no_picture(
    layout: types.SimpleNamespace, capsys: pytest.CaptureFixture[str], svg: str
) -> None:
    layout.render_svg = lambda dot: svg
    assert doctor.run(Namespace()) == 1
    assert "Could not draw a picture: DiagramError" in capsys.readouterr().out


def test_a_layout_that_cannot_be_imported(
    layout: types.SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    del layout.render_svg
    assert doctor.run(Namespace()) == 1
    assert "Could not draw a picture: ImportError" in capsys.readouterr().out


def test_an_empty_machine(
    layout: types.SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(doctor, "_version", lambda distribution: "")
    monkeypatch.setattr(doctor, "find_program", lambda *names: "")
    assert doctor.run(Namespace()) == 1
    report = capsys.readouterr().out
    assert "NO  Graphviz engine  not found" in report
    assert "no  gcc              not found" in report


def test_a_dot_program_is_the_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda distribution: "")
    monkeypatch.setattr(doctor, "find_program", lambda *names: f"/bin/{names[0]}")
    assert next(doctor.findings()).found == "/bin/dot"


# Names of programs.
PROGRAMS = {
    "Unicorn",
    "vmlab",
    "Python",
    "Linux",
    "JupyterLab",
    "Chromium",
    "gcc",
    "strace",
    "root",
}


@pytest.mark.parametrize("healthy", [True, False])
def test_the_report_is_in_the_language_of_the_reader(
    layout: types.SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    healthy: bool,
) -> None:
    monkeypatch.setattr(doctor, "_version", lambda distribution: "1.2" if healthy else "")
    monkeypatch.setattr(doctor, "find_program", lambda *names: "/3" if healthy else "")
    monkeypatch.setattr("platform.platform", lambda: "Linux")
    monkeypatch.setattr("platform.release", lambda: "6.18")
    layout.render_svg = lambda dot: "<svg>" if healthy else "nothing"
    with pseudo_language():
        assert doctor.run(Namespace()) == (0 if healthy else 1)
    report = capsys.readouterr().out
    assert plain_words(report) - PROGRAMS == (set() if healthy else {"DiagramError", "nothing"})
