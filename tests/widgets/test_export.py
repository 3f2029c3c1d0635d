"""A recording of any kind becomes a file that plays it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

from tests.widgets.played_values import values_of
from vmlab import Machine, Recorder, StateError, VmlabError, build, export
from vmlab.errors import ArgumentError, ArgumentTypeError
from vmlab.widgets import export as module
from vmlab.words.language import spoken


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    machine = Machine()
    process = machine.spawn()
    with Recorder(machine) as recorder:
        process.brk(0)
    return recorder


@pytest.fixture
def file(recorder: Recorder, tmp_path: Path) -> Path:
    path = tmp_path / "brk.json"
    path.write_text(recorder.to_json(), encoding="utf-8")
    return path


def test_a_recorder_and_its_file_give_the_same_page(
    recorder: Recorder, file: Path, tmp_path: Path
) -> None:
    pages = [
        export(recorder, tmp_path / "a.html"),
        export(file, tmp_path / "b.html"),
        export(str(file), str(tmp_path / "c.html")),
    ]
    first, *others = (path.read_text(encoding="utf-8") for path in pages)
    assert others == [first, first]
    assert len(values_of(first)["scenes"]) == len(recorder) + 1


def test_what_can_be_chosen(recorder: Recorder, tmp_path: Path) -> None:
    path = export(
        recorder,
        tmp_path / "a.html",
        pictures="frames",
        by="chapters",
        language="ko",
        title="heap",
    )
    values = values_of(path.read_text(encoding="utf-8"))
    assert values["tabs"] == {"frames": "프레임"}
    assert (values["steps"], values["language"], values["title"]) == (False, "ko", "heap")
    assert spoken() == "en"


def test_the_run_of_a_program(tmp_path: Path) -> None:
    pytest.importorskip("unicorn")
    machine = Machine()
    process = build("int main(void) { return 0; }").spawn(machine)
    process.run("line")
    recorder = Recorder(machine)
    process.run("line")
    path = export(recorder, tmp_path / "a.html", by="chapters")
    stories = values_of(path.read_text(encoding="utf-8"))["stories"]
    assert any(".c:1" in story["headline"] for story in stories)


def test_progress_is_told(
    recorder: Recorder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(recorder, tmp_path / "a.html", progress=True)
    assert f"pictures: 100%|██████████| {len(recorder) + 1}/" in capsys.readouterr().err


def test_a_page_for_links(tmp_path: Path) -> None:
    path = export(None, tmp_path / "player.html")
    assert "scenes" not in values_of(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("by", "advice"), [("steps", "for each chapter only"), ("chapters", "with fewer pictures")]
)
def test_a_large_page_is_written_with_a_warning(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str, advice: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        export(recorder, tmp_path / "a.html", by=by)
    monkeypatch.setattr(module, "LARGE", 100_000)
    with pytest.warns(UserWarning, match=rf"b\.html: the page has 0\.1 MB, .*{advice}"):
        path = export(recorder, tmp_path / "b.html", by=by)
    assert path.stat().st_size > 100_000


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"pictures": ["tree"]}, VmlabError, "no picture is named 'tree'; there are sharing"),
        ({"by": "calls"}, ArgumentError, "by.*'calls'.*steps, chapters"),
        ({"language": "tlh"}, VmlabError, "vmlab does not speak 'tlh'"),
        ({"title": 3}, ArgumentTypeError, "title"),
    ],
)
def test_a_slip_is_named(
    recorder: Recorder,
    tmp_path: Path,
    options: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        export(recorder, tmp_path / "a.html", **options)
    assert not [*tmp_path.iterdir()]


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentTypeError, match="recording"):
        export(Machine(), tmp_path / "a.html")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: "", "line 1: not valid JSON"),
        (lambda text: text[:2000], "is the file cut short"),
        (lambda text: text.replace('"brk"', '"brx"', 1), "sha256"),
        (lambda text: "\udcff\udcfe", "line 1: not valid JSON"),
        (lambda text: Machine().snapshot().to_json(), "format"),
    ],
)
def test_a_broken_file_says_what_is_wrong(
    file: Path, tmp_path: Path, change: Any, words: str
) -> None:
    text = change(file.read_text(encoding="utf-8"))
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(StateError, match=words):
        export(file, tmp_path / "a.html")
    assert not (tmp_path / "a.html").exists()
