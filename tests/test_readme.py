"""The README's two commands are what it says they are."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
VENV = "python3 -m venv .venv && .venv/bin/pip install -e "
COMMANDS = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith(VENV)]


def test_there_are_two_commands() -> None:
    opens, tests = COMMANDS
    assert opens.endswith(" .venv/bin/vmlab lab")
    assert tests.endswith(" .venv/bin/python -m tests")


def test_ci_runs_the_test_command() -> None:
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == COMMANDS[1]
