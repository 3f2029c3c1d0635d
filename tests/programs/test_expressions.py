"""What C would write for an address is said where it is sure, and only there."""

import pytest

pytest.importorskip("elftools", reason="the extra vmlab[programs] is not installed")
pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")

from vmlab import Machine, MiB, Process, build
from vmlab.model.linux.include.structs import MmStruct
from vmlab.programs.compilers import compiler
from vmlab.programs.debug import of
from vmlab.programs.expressions import expression, identifiers
from vmlab.programs.frames import call_stack
from vmlab.programs.variables import Variable, locals_of, statics_of

SOURCE = """\
#include <stdlib.h>
struct node { int value; struct node *next; char tail[8]; };
union both { int whole; char part[4]; };
int grid[3][4];
union both both;
struct node node;
int main(void)
{
    struct node *n = malloc(sizeof *n);
    struct node *other = malloc(sizeof *n);
    char *text = malloc(64);
    void *raw = text;
    int (*rows)[4] = grid;
    int grid = 5;
    char *nowhere = NULL;
    n->next = other;
    return grid + (raw == rows) + (nowhere == text);
}
"""


@pytest.fixture(scope="module")
def process() -> Process:
    """Its variables have their values."""
    process = build(SOURCE).spawn(Machine(ram=64 * MiB), env={})
    process.run(17)
    return process


@pytest.fixture(scope="module")
def variables(process: Process) -> list[Variable]:
    loaded, frame = of(process.mm), call_stack(process.task)[0]
    statics = statics_of(process.task, process.mm, loaded)
    return [*statics, *locals_of(process.task, process.mm, loaded, frame)]


@pytest.fixture
def mm(process: Process) -> MmStruct:
    return process.mm


def held(process: Process, variables: list[Variable], name: str) -> int:
    """What a pointer holds."""
    return int.from_bytes(process.load(address(variables, name), 8), "little")


def address(variables: list[Variable], name: str) -> int:
    found = next(each for each in variables if each.name == name)
    assert found.location.addr is not None
    return found.location.addr


def test_a_variable_is_named_with_the_part_that_stands_there(
    mm: MmStruct, variables: list[Variable]
) -> None:
    start = address(variables, "node")
    found = [expression(mm, variables, "", start + n, direct=True) for n in (0, 8, 18)]
    assert found == ["node.value", "node.next", "node.tail[2]"]
    assert expression(mm, variables, "", address(variables, "both") + 2, direct=True) == "both"


def test_what_is_hidden_is_not_named(mm: MmStruct, variables: list[Variable]) -> None:
    hidden = next(each for each in variables if each.name == "grid" and not each.scope)
    assert hidden.location.addr is not None
    assert expression(mm, variables, "", hidden.location.addr, direct=True) == ""
    line = "rows[1][2] = 4;"
    assert expression(mm, variables, line, hidden.location.addr + 24, direct=True) == "rows[1][2]"


@pytest.mark.parametrize(
    ("pointer", "offset", "line", "said"),
    [
        ("n", 0, "n->value = 1;", "n->value"),
        ("n", 0, "n[0].value = 1;", "n[0].value"),
        ("n", 18, "n->tail[2] = 1;", "n->tail[2]"),
        ("other", 0, "n->next->value = 1;", "n->next->value"),
        ("text", 0, "*text = 1;", "*text"),
        ("text", 5, "text[5] = 1;", "text[5]"),
        ("text", 5, "use(raw);", "raw + 5"),
        ("nowhere", 0, "*nowhere = 1;", "*nowhere"),
        ("text", 5, "something else", ""),
    ],
)
def test_a_pointer_that_the_line_names_leads_there(
    process: Process, variables: list[Variable], pointer: str, offset: int, line: str, said: str
) -> None:
    addr = held(process, variables, pointer) + offset
    assert expression(process.mm, variables, line, addr, direct=True) == said


@pytest.mark.parametrize(
    ("line", "offset", "said"),
    [
        ("memset(text, 0, 64);", 63, "text[63]"),
        ("printf(text);", 5000, ""),  # a buffer of the library
        ("text = malloc(64);", 5, ""),  # where it leads is not yet told
    ],
)
def test_a_library_stays_in_the_block_that_it_was_given(
    process: Process, variables: list[Variable], line: str, offset: int, said: str
) -> None:
    if compiler().name == "zig":
        pytest.skip("its libc notes the sizes of blocks elsewhere")
    addr = held(process, variables, "text") + offset
    assert expression(process.mm, variables, line, addr, direct=False) == said


def test_names_in_a_line() -> None:
    assert identifiers("a1->b = *c + 3;") == {"a1", "b", "c"}
