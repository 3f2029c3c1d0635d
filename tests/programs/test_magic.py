"""A cell of C text becomes a program: `%%c`."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from vmlab import Program, VmlabError
from vmlab.programs.compilers import compiler

RETURN = "int main(void) { return N; }\n"


@pytest.fixture(scope="module")
def ipython() -> InteractiveShell:
    """IPython without a history on disk."""
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    shell.run_line_magic("load_ext", "vmlab")
    return shell


@pytest.fixture
def shell(ipython: InteractiveShell) -> InteractiveShell:
    try:
        compiler()
    except VmlabError as failure:
        pytest.skip(str(failure))
    ipython.user_ns.pop("program", None)
    return ipython


def test_the_cell_is_left_as_a_program(shell: InteractiveShell) -> None:
    made = shell.run_cell_magic("c", "", "int main(void) { return 0; }\n")
    assert isinstance(made, Program)
    assert shell.user_ns["program"] is made
    assert made.path == "/bin/program"


def test_it_takes_a_name_and_options(shell: InteractiveShell) -> None:
    made = shell.run_cell_magic("c", "seven -DN=7", RETURN)
    assert shell.user_ns["seven"] is made
    assert shell.run_cell_magic("c", "-DN=8", RETURN).name == "program"


def test_a_name_must_be_one_of_a_variable(shell: InteractiveShell) -> None:
    with pytest.raises(VmlabError, match="no name of a variable"):
        shell.run_cell_magic("c", "a.out", RETURN)


def test_errors_are_shown_at_their_line_and_nothing_else(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("%%c\nint main(void) { return missing; }\n")
    said = capsys.readouterr().out
    assert "program.c:1:25: error: " in said
    assert "Traceback" not in said
    assert "program" not in shell.user_ns
