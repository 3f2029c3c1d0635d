"""The command line."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from vmlab import __version__, cli

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
