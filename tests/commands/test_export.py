"""`vmlab export`: a file becomes a page, or a link."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.widgets.played_values import unpacked, values_of
from vmlab import Machine, Recorder, cli, language
from vmlab.widgets import export

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    machine = Machine()
    process = machine.spawn()
    with Recorder(machine) as recorder:
        process.brk(0)
    path = tmp_path / "brk.json"
    path.write_text(recorder.to_json(), encoding="utf-8")
    return path


def test_a_page(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "brk.html"
    assert cli.main(["export", str(file), "-o", str(page)]) == 0
    assert values_of(page.read_text(encoding="utf-8"))["title"] == "Recording: brk"
    assert capsys.readouterr() == ("", "")


def test_its_options(file: Path, tmp_path: Path) -> None:
    page = tmp_path / "brk.html"
    options = ["--pictures", "frames,sharing", "--by", "chapters", "--title", "heap"]
    try:
        assert cli.main(["export", str(file), "-o", str(page), "--lang", "ko", *options]) == 0
    finally:
        language("en")
    values = values_of(page.read_text(encoding="utf-8"))
    assert [*values["tabs"]] == ["frames", "sharing"]
    assert (values["steps"], values["language"], values["title"]) == (False, "ko", "heap")


def test_a_link(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    player = tmp_path / "player.html"
    assert cli.main(["export", "-o", str(player)]) == 0
    assert cli.main(["export", str(file), "--link", "https://example.org/player.html"]) == 0
    address, _, packed = capsys.readouterr().out.strip().partition("#vmlab-player=")
    assert address == "https://example.org/player.html"
    assert unpacked(packed)["title"] == "Recording: brk"
    assert "scenes" not in values_of(player.read_text(encoding="utf-8"))


def test_a_large_page_is_named(
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(export, "LARGE", 1)
    assert cli.main(["export", str(file), "-o", str(tmp_path / "brk.html")]) == 0
    assert "brk.html: the page has 0.1 MB, more than" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["{folder}/none.json", "-o", "{folder}/a.html"], 1, "none.json: No such file"),
        (["{folder}", "-o", "{folder}/a.html"], 1, ": Is a directory"),
        (["{folder}/brk.json", "-o", "{folder}/none/a.html"], 1, "a.html: No such file"),
        (["{folder}/cut.json", "-o", "{folder}/a.html"], 1, "cut.json: line 2: not valid JSON"),
        (["{folder}/brk.json", "-o", "a.html", "--pictures", "tree"], 2, "named 'tree'"),
        (["--link", "https://example.org"], 2, "--link goes with a recording"),
    ],
)
def test_what_is_wrong_is_named(
    file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    words: str,
) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    (tmp_path / "cut.json").write_text("\n".join(lines[:3])[:-20], encoding="utf-8")
    given = [argument.format(folder=tmp_path) for argument in arguments]
    assert cli.main(["export", *given]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err
    assert len(said.err.splitlines()) == 1


def test_a_page_or_a_link_must_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["export", "a.json"])
    assert "--output" in capsys.readouterr().err


def test_the_page_of_documentation_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    made: dict[str, Recorder] = {}
    exec(program, made)
    first = Path("fork.html").read_text(encoding="utf-8")
    Path("vmlab-recording.json").write_text(made["recorder"].to_json(), encoding="utf-8")
    commands = re.findall(r"^vmlab (export .*)$", text, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        assert cli.main(shlex.split(command)) == 0
    assert Path("fork.html").read_text(encoding="utf-8") == first
    assert capsys.readouterr().out.startswith("https://example.org/player.html#vmlab-player=")
