"""The command line."""

import argparse
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.pseudo_language import plain_words, pseudo_language
from vmlab import __version__, cli
from vmlab.commands import argparse_words
from vmlab.words.language import language, languages, translated

CHECKS = {"check", "exercise", "lesson"}
COMMANDS = {"lab", "export", "draw", "save", "replay", "record", "compare", "doctor"} | CHECKS
OPTIONS = {"help", "version", "no", "browser", "lang", "port", "output", "link"}
SCRIPT = Path(sysconfig.get_path("scripts"), "vmlab")


@pytest.mark.parametrize("command", [[SCRIPT], [sys.executable, "-m", "vmlab"]])
def test_the_version_is_told(command: list[str]) -> None:
    result = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert result.stdout == f"vmlab {__version__}\n"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    assert "lab" in shown
    assert "doctor" in shown


def test_a_command_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main([])
    assert (
        "required: {lab,export,draw,save,replay,record,compare,check-exercise,check-lesson,doctor}"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (["--help"], {*COMMANDS, *OPTIONS}),
        (
            ["lab", "--help"],
            {"lab", "FOLDER", *OPTIONS, "PORT", "lessons", *languages()},
        ),
        (
            ["export", "--help"],
            {"export", "FILE", "PAGE", "output", "link", "ADDRESS", "pictures", "NAMES", "by"}
            | {"steps", "chapters", "title", "TITLE", "VMLAB_LANG", *OPTIONS, *languages()},
        ),
        (
            ["draw", "--help"],
            {"draw", "PID", "FILE", "NAME", "picture", "output", "VMLAB_LANG", *OPTIONS}
            | {"save", "memory_use", "address_space", "sharing", "frames", *languages()},
        ),
        (
            ["save", "--help"],
            {"save", "PID", "FILE", "output", "cmdline", "environ", *OPTIONS},
        ),
        (
            ["replay", "--help"],
            {"replay", "LOG", "logs", "FILE", "import", "DIR", "lines", "FROM", "TO", "by", "html"}
            | {"steps", "chapters", "strace", "perf", "trace", "vmlab", "record", "ff", "json"}
            | {"VMLAB_LANG", *OPTIONS, *languages()},
        ),
        (["compare", "--help"], {"compare", "FILE", "save", "stored", "strace", "JSON", *OPTIONS}),
        (["record", "--help"], {"record", "FILE", "strings", "PROGRAM", "vmrun", *OPTIONS}),
        (["doctor", "--help"], {"doctor", *OPTIONS}),
    ],
)
def test_help_is_in_the_language_of_the_reader(
    capsys: pytest.CaptureFixture[str], command: list[str], names: set[str]
) -> None:
    with pseudo_language(), pytest.raises(SystemExit, match="0"):
        cli.main(command)
    assert plain_words(capsys.readouterr().out) <= names | {"vmlab"}


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ([], COMMANDS),
        (["cat"], COMMANDS | {"cat"}),
        (["doctor", "x1"], COMMANDS | {"x1"}),
        (["lab", "--port", "x1"], {"lab", "x1", "int"}),
        (["lab", "--port"], {"lab"}),
        (["lab", "--lang", "x1"], {"lab", "x1", *languages()}),
        (["lab", "--no-browser=x1"], {"lab", "x1"}),
        (["export", "x1"], {"export"}),
        (["export", "-o", "x1", "--link", "x1"], {"export", "o"}),
        (["export", "--l", "x1"], {"export", "l"}),
        (["draw"], {"draw", "PID", "FILE"}),
        (["save", "x1", "-o", "x1"], {"save", "PID", "x1", "int"}),
        (["save", "1"], {"save", "o"}),
    ],
)
def test_errors_are_in_the_language_of_the_reader(
    capsys: pytest.CaptureFixture[str], command: list[str], names: set[str]
) -> None:
    with pseudo_language(), pytest.raises(SystemExit, match="2"):
        cli.main(command)
    said = capsys.readouterr().err.splitlines()[-1]
    assert plain_words(said) <= names | OPTIONS | {"vmlab"}


def test_other_programs_keep_the_words_of_argparse() -> None:
    with pseudo_language(), pytest.raises(SystemExit):
        cli.main([])
    with pseudo_language():
        assert argparse.ArgumentParser().format_help().startswith("usage")


@pytest.mark.parametrize("code", languages())
@pytest.mark.parametrize("words", argparse_words.WORDS)
def test_a_translation_takes_the_values_that_argparse_gives(code: str, words: str) -> None:
    language(code)
    try:
        text = translated(words)
    finally:
        language("en")
    given = re.findall(r"%(?:\((\w+)\))?.", words)
    taken = re.findall(r"%(?:\((\w+)\))?.", text)
    assert taken == given if "" in given else set(taken) <= set(given)
