"""No English where another language is read: lessons, exercises, errors, the command line."""

from __future__ import annotations

import ast
import builtins
import html
import inspect
import json
import re
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import vmlab
from tests.record.scenes import SCENES, recorded
from tests.test_bad_arguments import ALL as BAD_ARGUMENTS
from tests.translation import pages
from tests.translation.catalogues import languages
from tests.translation.latin import english_words
from vmlab import Exercise, VmlabError, cli
from vmlab.commands import doctor
from vmlab.lessons.answers_file import Answers
from vmlab.lessons.checking import others
from vmlab.lessons.generators import GENERATORS
from vmlab.lessons.mmapcopy import source
from vmlab.lessons.question import judge, variant
from vmlab.record.transcript import LEVELS
from vmlab.widgets.call_forms import FORMS

LESSONS = [
    (pages.built(lesson, code), code)
    for code in languages()
    for lesson in pages.sources()
    if lesson.suffix == ".ipynb"
]
# What tests call a process and a state, an exception that only a program can raise, and how strace
# writes the number of a device.
NAMES_IN_SCENES = {"tea", "snapshot", "trap", "makedev"}
NAMES_IN_FIELDS = {field.name for form in FORMS.values() for field in form.fields} | set(FORMS)
FIELDS_OF_SMAPS = {"Rss", "Pss", "LazyFree"}
# What can be said behind `vmlab`.
COMMANDS = {
    "check-exercise",
    "check-lesson",
    "lab",
    "export",
    "draw",
    "save",
    "replay",
    "record",
    "compare",
    "doctor",
}
# What stands in exercises: a line of C, the bytes of a file.
DATA = {"char", "for", "xxxx", "if", "int", "printf"}
_COMMENT = re.compile(r"/\*.*?\*/|//.*?$", re.DOTALL | re.MULTILINE)
_UNSEEN = re.compile(r"<style.*?</style>|<title>.*?</title>|</?[a-z][^<>]*>", re.DOTALL)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    vmlab.language(code)
    try:
        yield
    finally:
        vmlab.language("en")


def source_of(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def without_c(text: str, programs: list[str]) -> str:
    """An output without the lines of C that it shows as they are."""
    lines = {" ".join(line.split()) for program in programs for line in program.splitlines()}
    shown = (re.sub(r"^.*\|( *\d+|  )  ", "", line) for line in text.splitlines())
    return "\n".join(line for line in shown if " ".join(line.split()) not in lines)


def names_in(cells: list[dict[str, Any]]) -> set[str]:
    """The names that the code of a lesson has, its data, and what its programs in C say."""
    names: set[str] = set()
    for cell in cells:
        code = source_of(cell)
        if code.startswith("%%c"):
            names |= set(re.findall("[A-Za-z]+", _COMMENT.sub(" ", code)))
            continue
        for node in ast.walk(ast.parse(code.removeprefix("%load_ext vmlab\n"))):
            match node:
                case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                    names.add(name)
                case ast.Constant(value=bytes(data)):
                    names |= set(re.findall("[A-Za-z]+", data.decode("latin-1")))
                case ast.Constant(value=str(text)) if text.startswith("/"):
                    names |= set(re.findall("[A-Za-z]+", text))
    return names | {"True", "False", "None", *DATA}


def seen(output: dict[str, Any]) -> str:
    """What a reader sees of an output: the richest of its texts."""
    data = output.get("data") or {"text/plain": output.get("text", output.get("evalue", ""))}
    texts = {kind: "".join(text) for kind, text in data.items() if kind[:4] in ("text", "imag")}
    if len(texts) > 1:
        texts.pop("text/plain", None)
    alternatives = re.findall(r'alt="([^"]*)"', texts.get("text/html", ""))
    told = [
        text if kind == "text/plain" else _UNSEEN.sub("\n", text) for kind, text in texts.items()
    ]
    return html.unescape("\n".join([*told, *alternatives]))


@pytest.mark.parametrize(("lesson", "code"), LESSONS, ids=lambda value: Path(value).stem)
def test_a_lesson(lesson: Path, code: str) -> None:
    cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    running = [cell for cell in cells if cell["cell_type"] == "code"]
    programs = [source(), *map(source_of, running)]
    names = {*names_in(running), *FIELDS_OF_SMAPS}
    found = [
        word
        for cell in cells
        if cell["cell_type"] == "markdown"
        for word in english_words(_UNSEEN.sub(" ", source_of(cell)), code)
    ]
    for cell in running:
        for output in cell["outputs"]:
            text = without_c(seen(output), programs)
            found += english_words(re.sub(r"^(Explorer|Watch)\(.*\)$", "", text), code, names)
    assert found == []


@pytest.mark.parametrize("code", languages())
@pytest.mark.parametrize("name", GENERATORS)
def test_an_exercise(code: str, name: str, tmp_path: Path) -> None:
    with speaking(code):
        answers = Answers(tmp_path / "answers.json")
        for seed in range(1, 13):
            question = variant(GENERATORS[name], name, seed)
            kind = question.kind
            said = [question.text, question.given, question.hint, question.why]
            said += [kind.form, kind.request]
            told = ("", "??", "-1", kind.shown(question.answer), *others(question)[:8])
            said += [judge(question, each).words for each in told]
            exercise = Exercise(name, seed, answers)
            said += [exercise.plain, exercise.markdown, exercise.progress]
            assert english_words(_UNSEEN.sub(" ", "\n".join(said)), code, DATA) == []


@pytest.mark.parametrize("code", languages())
def test_every_call_with_what_stands_in_its_fields(code: str) -> None:
    with speaking(code):
        for call in FORMS:
            machine = vmlab.Machine()
            machine.spawn()
            explorer = vmlab.Explorer(machine, show=["mm_struct"])
            explorer.call(call)
            told = explorer.controls.answer or explorer.controls.problem
            said = f"{told['words']}\n{explorer.timeline.recorder.transcript(LEVELS)}"
            assert english_words(said, code, NAMES_IN_FIELDS) == [], call
            explorer.close()


@pytest.mark.parametrize("code", languages())
@pytest.mark.parametrize("scene", SCENES)
def test_what_is_told_of_calls(code: str, scene: str) -> None:
    recorder = recorded(scene)
    with speaking(code):
        assert english_words(recorder.transcript(LEVELS), code, NAMES_IN_SCENES) == []


def words_of_python() -> set[str]:
    """What an error may name: arguments, classes, exercises, values of Python."""
    public = [getattr(vmlab, name) for name in dir(vmlab) if not name.startswith("_")]
    names = {*dir(builtins), *GENERATORS, *LEVELS, *languages(), "Collection", "Answers"}
    for thing in filter(callable, public):
        names |= {getattr(thing, "__name__", ""), *_arguments(thing)}
        for method in filter(inspect.isfunction, getattr(thing, "__dict__", {}).values()):
            names |= {*_arguments(method)}
    return names | {"segments", "before", "after"}


def _arguments(thing: Any) -> list[str]:
    try:
        return [*inspect.signature(thing).parameters]
    except ValueError:
        return []


@pytest.mark.parametrize("code", languages())
def test_errors_of_wrong_arguments(code: str) -> None:
    names = words_of_python()
    with speaking(code):
        for call, odd in BAD_ARGUMENTS:
            with pytest.raises(VmlabError) as refused:
                call(odd)
            said = re.sub("<[^<>]*>", " ", str(refused.value))
            assert english_words(said, code, names) == []


@pytest.mark.parametrize("code", languages())
@pytest.mark.parametrize(
    "command",
    [
        *(["--help"], ["lab", "--help"], ["doctor", "--help"]),
        *([], ["9"], ["doctor", "9"], ["lab", "--port", "9x"], ["lab", "--port"]),
        *(["lab", "--lang", "9"], ["lab", "--no-browser=9"], ["lab", "--unknown"]),
        *(["export"], ["export", "-o", "9", "--link", "9"], ["export", "--l", "9"]),
    ],
    ids=" ".join,
)
def test_the_command_line(
    code: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with speaking(code), pytest.raises(SystemExit):
        cli.main(command)
    said = re.sub(r"(?<!\w)--?[a-z-]+|\{[^}]*\}", " ", "".join(capsys.readouterr()))
    assert english_words(said, code, COMMANDS | {"en", *languages()}) == []


@pytest.mark.parametrize("code", languages())
def test_the_doctor(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    with speaking(code):
        doctor.run(Namespace())
    first, _, report = capsys.readouterr().out.partition("\n")
    assert first.startswith("vmlab ")
    assert english_words(report, code, {"root", "mini-racer"}) == []
