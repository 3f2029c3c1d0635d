"""The command line."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.pseudo_language import plain_words, pseudo_language
from vmlab import __version__, cli
from vmlab.words.language import languages

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
    assert "required: command" in capsys.readouterr().err


# What argparse says itself, by whatever version of Python.
OF_ARGPARSE = set(
    """
    usage positional arguments options show this help message and exit program version number
    """.split()
)


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (["--help"], {"lab", "export", "doctor"}),
        (
            ["lab", "--help"],
            {"lab", "folder", "no", "browser", "port", "PORT", "lessons", "lang", *languages()},
        ),
        (
            ["export", "--help"],
            {"export", "file", "output", "PAGE", "link", "ADDRESS", "pictures", "NAMES", "by"}
            | {"steps", "chapters", "title", "TITLE", "VMLAB_LANG", "lang", *languages()},
        ),
        (["doctor", "--help"], {"doctor"}),
    ],
)
def test_help_is_in_the_language_of_the_reader(
    capsys: pytest.CaptureFixture[str], command: list[str], names: set[str]
) -> None:
    with pseudo_language(), pytest.raises(SystemExit, match="0"):
        cli.main(command)
    assert plain_words(capsys.readouterr().out) <= OF_ARGPARSE | names | {"vmlab"}
