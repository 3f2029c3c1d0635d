"""Variables of a living process are found and read without touching it."""

import pytest

from tests.programs.test_debug import started
from vmlab import Machine, MiB, VmlabError, build
from vmlab.model.look import look
from vmlab.programs import variables
from vmlab.programs.compilers import compiler
from vmlab.programs.variables import Place

TYPES = """\
#include <stdbool.h>
#include <stddef.h>

struct point { int x, y; struct point *next; unsigned low : 3; int high : 4; };
enum colour { RED, GREEN = 5 };
typedef unsigned long word;
union both { int whole; char part[4]; };

static int counter = -3;
int table[2][3] = {{1, 2, 3}, {4, 5, 6}};
char text[16] = "a\\"b\\n";
const char letter = 'A';
enum colour colour = GREEN;
double ratio = 0.5;
float third = 1.0f / 3;
bool yes = true;
word big = 0xffffffffffffffff;
union both both = {65};
int (*function)(int, char *) = NULL;
volatile int fast[2];
__thread int mine = 9;

static int twice(int n)
{
    static int calls;
    int result = 2 * n;
    calls++;
    {
        int inner = result;
        result = inner;
    }
    return result;
}

int main(int argc, char **argv)
{
    struct point p = {1, -2, NULL, 5, -1};
    p.next = &p;
    counter++;
    p.x = twice(argc + fast[0]);
    return p.x == 2;
}
"""


def named(places: list[Place]) -> dict[str, Place]:
    return {place.name: place for place in places}


def test_globals_are_there_before_the_first_instruction(files: dict[str, bytes]) -> None:
    process = started("segv_mprotect", "dynamic", files)
    before = process.machine.snapshot()
    found = named(variables.variables(process))
    assert (found["area"].type, found["area"].value) == ("char *", "0x0")
    assert found["dirty"].type == "volatile int[8]"
    assert found["dirty"].value == "{0, 0, 0, 0, 0, 0, 0, 0}"
    assert found["area"].region == "/bin/segv_mprotect"
    assert process.machine.snapshot() == before


def test_a_page_that_is_not_there_reads_as_what_a_fault_would_bring(
    files: dict[str, bytes],
) -> None:
    process = started("thread_local", "dynamic", files)
    vma = next(vma for vma in process.mm if vma.vm_file is not None)
    assert look(process.mm, vma.vm_start, 4) == b"\x7fELF"
    assert named(variables.variables(process))["ours"].value == "10"
    assert named(variables.variables(process))["mine"].addr is None  # before it has a thread area


def test_parent_and_child_have_a_frame_each_once_one_writes(files: dict[str, bytes]) -> None:
    pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")
    process = started("fork_global", "static", files)
    process.run(15)
    child = next(each for each in process.machine.processes.values() if each is not process)
    old, same = (named(variables.variables(each))["global"] for each in (process, child))
    assert old == same
    assert child.run("line").why == "line"
    while named(variables.variables(child))["global"].value != "7":
        child.run("line")
    new = named(variables.variables(child))["global"]
    assert (new.addr, new.value) == (old.addr, "7")
    assert new.frames != old.frames
    assert named(variables.variables(process))["global"] == old


@pytest.fixture(scope="module")
def at_inner() -> dict[int, dict[str, Place]]:
    """Variables where `inner` is known: 0 = of `twice`, 1 = of `main`."""
    pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")
    try:
        compiler()
    except VmlabError as failure:
        pytest.skip(str(failure))
    process = build(TYPES, name="types").spawn(Machine(ram=64 * MiB))
    line = TYPES.splitlines().index("        result = inner;") + 1
    process.run(line)
    return {depth: named(variables.variables(process, depth)) for depth in (0, 1)}


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("counter", "int", "-2"),
        ("table", "int[2][3]", "{{1, 2, 3}, {4, 5, 6}}"),
        ("text", "char[16]", r'"a\"b\n"'),
        ("letter", "const char", "65 'A'"),
        ("colour", "enum colour", "GREEN"),
        ("ratio", "double", "0.5"),
        ("third", "float", "0.333333343"),
        ("yes", "_Bool", "true"),
        ("big", "word", "18446744073709551615"),
        ("both", "union both", r'{whole = 65, part = "A"}'),
        ("function", "int (*)(int, char *)", "0x0"),
        ("fast", "volatile int[2]", "{0, 0}"),
        ("mine", "int", "9"),
        ("calls", "int", "1"),
        ("n", "int", "1"),
        ("inner", "int", "2"),
    ],
)
def test_a_value_is_written_as_in_c(
    at_inner: dict[int, dict[str, Place]], name: str, kind: str, value: str
) -> None:
    place = at_inner[0][name]
    assert (place.type, place.value) == (kind, value)


def test_a_struct_names_its_members(at_inner: dict[int, dict[str, Place]]) -> None:
    place = at_inner[1]["p"]
    assert place.value == f"{{x = 1, y = -2, next = {place.addr:#x}, low = 5, high = -1}}"
    assert (place.scope, place.region) == ("main", "[stack]")


def test_locals_are_those_of_one_function(at_inner: dict[int, dict[str, Place]]) -> None:
    assert {"n", "result", "inner", "calls"} <= at_inner[0].keys()
    assert "argc" not in at_inner[0]
    assert {"argc", "argv", "p"} <= at_inner[1].keys()
    assert "n" not in at_inner[1]
