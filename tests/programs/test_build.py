"""C text becomes a program that runs on the machine."""

from types import SimpleNamespace

import pytest

from vmlab import Machine, MiB, VmlabError, build
from vmlab.model.machine import A_OUT
from vmlab.programs import compilers
from vmlab.programs.build import BuildError
from vmlab.programs.compilers import Compiler

HELLO = """\
#include <stdio.h>

int main(void)
{
    puts("hello");
    return 3;
}
"""
PROGRAM = Machine(ram=1 * MiB).spawn().machine.fs.read(A_OUT)


@pytest.fixture(scope="module")
def compiler() -> Compiler:
    """A compiler, or no test."""
    try:
        return compilers.compiler()
    except VmlabError as failure:
        pytest.skip(str(failure))


pytestmark = pytest.mark.usefixtures("compiler")


def test_a_program_runs() -> None:
    pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")
    machine = Machine(ram=64 * MiB)
    process = build(HELLO, name="hello").spawn(machine)
    process.run()
    assert (machine.console, process.exit_code) == ("hello\n", 3 << 8)


def test_another_program_of_its_name_leaves_the_one_that_runs_alone() -> None:
    machine = Machine(ram=64 * MiB)
    program = build(HELLO, name="hello")
    first = program.spawn(machine)
    file = first.mm.exe_file
    assert program.spawn(machine).mm.exe_file.f_inode is file.f_inode
    other = build(HELLO.replace("hello", "bye"), name="hello").spawn(machine)
    assert program.path == "/bin/hello"
    assert machine.fs.read("/bin/hello") != program.elf
    assert other.mm.exe_file.f_inode is not file.f_inode


def test_the_same_text_gives_the_same_bytes(compiler: Compiler) -> None:
    once, again = (compiler.compile(HELLO, "a.c", ["-static"]) for _ in range(2))
    assert once == again


def test_its_lines_are_those_of_the_text() -> None:
    starts = build(HELLO).debug.starts.values()
    assert {str(line) for line in starts} == {"program.c:5", "program.c:6", "program.c:7"}


def test_errors_say_where_they_are() -> None:
    with pytest.raises(BuildError) as failure:
        build("int main(void)\n{\n    return missing;\n}\n")
    first = next(each for each in failure.value.errors if each.kind == "error")
    assert (first.file, first.line, first.column) == ("program.c", 3, 12)
    assert "missing" in first.text
    assert "    return missing;\n               ^" in str(failure.value)


def test_errors_of_the_linker_are_told_too() -> None:
    with pytest.raises(BuildError, match="nowhere"):
        build("void nowhere(void);\nint main(void) { nowhere(); }\n")


def test_a_program_keeps_its_warnings() -> None:
    said = build("int main(void) { int a = 'ab'; return a; }\n").warnings
    assert [(each.kind, each.line) for each in said] == [("warning", 1)]


def test_options_come_last() -> None:
    assert build("int main(void) { return N; }\n", options=("-DN=4",)).elf


@pytest.mark.parametrize("name", ["", "..", "a/b", "-o", "a b", "a\n", "x" * 300, "é"])
def test_a_name_must_be_one_of_a_file(name: str) -> None:
    with pytest.raises(VmlabError, match="is no name of a program"):
        build(HELLO, name=name)


def test_the_longest_name_is_one_of_a_file() -> None:
    assert build(HELLO, name="x" * 253).elf


@pytest.mark.parametrize("options", ["-O2", b"-O2", None, [2]])
def test_options_must_be_strings(options: object) -> None:
    with pytest.raises(TypeError, match="options"):
        build(HELLO, options=options)


@pytest.mark.parametrize("option", ["-c", "-E", "-S", "-o", "-oelsewhere", "-fsyntax-only", "-M"])
def test_options_must_let_a_program_come_out(option: str) -> None:
    with pytest.raises(VmlabError, match=f"with the options '{option}' no program comes"):
        build(HELLO, options=[option])


def test_a_source_must_be_utf_8() -> None:
    with pytest.raises(ValueError, match="source cannot be written as UTF-8"):
        build(f"{HELLO}// \udc80\n")


def test_a_dynamic_program_says_which_loader_it_needs() -> None:
    program = build(HELLO, static=False)
    with pytest.raises(VmlabError, match=r"m\.fs\.import_host\('/lib"):
        program.spawn(Machine(ram=64 * MiB))


def test_it_shows_its_source_with_line_numbers() -> None:
    page = build(HELLO)._repr_html_()
    assert "5      puts(&quot;hello&quot;);" in page
    assert "<script" not in page


def test_without_a_compiler_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilers, "_candidates", lambda: iter(()))
    compilers.compiler.cache_clear()
    try:
        with pytest.raises(VmlabError, match="ziglang"):
            compilers.compiler()
    finally:
        compilers.compiler.cache_clear()


def test_zig_is_taken_where_there_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilers.shutil, "which", lambda name: None)
    monkeypatch.setattr(
        compilers, "find_spec", lambda name: SimpleNamespace(origin="/x/ziglang/__init__.py")
    )
    (zig,) = compilers._candidates()
    assert zig.command[:2] == ("/x/ziglang/zig", "cc")


def test_a_compiler_for_other_machines_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Compiler("other", ("/bin/true",), 10)
    monkeypatch.setattr(compilers, "_candidates", lambda: iter((other,)))
    compilers.compiler.cache_clear()
    try:
        with pytest.raises(VmlabError, match="no C compiler"):
            compilers.compiler()
    finally:
        compilers.compiler.cache_clear()


def test_a_compiler_that_takes_too_long_is_ended() -> None:
    slow = Compiler("slow", ("/bin/sh", "-c", "sleep 60"), 0.1)
    with pytest.raises(VmlabError, match=r"more than 0\.1 seconds"):
        slow.compile(HELLO, "a.c", ())


def test_the_usual_name_is_no_other_program() -> None:
    pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")
    machine = Machine(ram=64 * MiB)
    machine.spawn()  # the small a.out that comes with the machine
    build(HELLO).spawn(machine).run()
    assert machine.console == "hello\n"


def test_a_program_may_have_the_name_of_the_small_one() -> None:
    machine = Machine(ram=64 * MiB)
    small = machine.spawn().maps()
    build(HELLO, name="a.out").spawn(machine)
    assert machine.fs.read(A_OUT) != PROGRAM
    assert [line.split()[:3] for line in machine.spawn().maps().splitlines()] == [
        line.split()[:3] for line in small.splitlines()
    ]
    assert machine.fs.read(A_OUT) == PROGRAM


OWN_MAPS = """\
#include <stdio.h>

int main(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    for (int c; (c = getc(maps)) != EOF;)
        putchar(c);
    fflush(stdout);
    return getchar() == EOF;
}
"""


def test_a_program_shows_its_own_maps_and_waits_for_what_is_typed() -> None:
    pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")
    machine = Machine(ram=64 * MiB)
    process = build(OWN_MAPS, name="own_maps").spawn(machine)
    assert process.run().why == "sleeps"
    assert machine.console == process.maps()
    machine.type("\x04")
    assert (process.run().why, process.exit_code) == ("exit", 1 << 8)
