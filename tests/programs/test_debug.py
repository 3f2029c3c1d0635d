"""Debug information tells lines, functions and who called whom."""

import pytest

from tests.programs import archive
from tests.programs.machine_code import elf
from vmlab import Machine, MiB, Process, VmlabError
from vmlab.programs import debug
from vmlab.programs.frames import call_stack


@pytest.fixture(scope="module")
def static(files: dict[str, bytes]) -> debug.Debug:
    return debug.read(files["static/segv_mprotect"])


def started(name: str, build: str, files: dict[str, bytes]) -> Process:
    machine = Machine(ram=64 * MiB)
    for path, data in archive.tree(name, build, files).items():
        machine.fs.write(path, data)
    return machine.spawn(f"/bin/{name}", env={})


def test_functions_have_a_range_and_a_body(static: debug.Debug) -> None:
    assert {function.name for function in static.functions} == {"on_segv", "main"}
    for function in static.functions:
        assert function.start <= function.body < function.end
        assert static.function_at(function.start) is function
        assert static.function_at(function.end - 1) is function
        assert static.function_at(function.end) is not function


def test_each_statement_begins_in_a_function(static: debug.Debug) -> None:
    for addr, line in static.starts.items():
        assert static.function_at(addr) is not None
        assert line.file == "segv_mprotect.c"


def test_the_body_of_a_function_begins_after_its_prologue(static: debug.Debug) -> None:
    main = next(each for each in static.functions if each.name == "main")
    assert min(addr for addr in static.starts if addr >= main.start) == main.body


def test_code_of_a_library_is_of_no_line(static: debug.Debug) -> None:
    last = max(function.end for function in static.functions)
    assert static.line_at(last) is None
    assert static.line_at(0) is None


def test_a_program_at_a_fixed_address_lies_where_it_says(files: dict[str, bytes]) -> None:
    assert debug.of(started("fork_global", "no_pie", files).mm).bias == 0


def test_a_position_independent_one_is_moved(files: dict[str, bytes]) -> None:
    loaded = debug.of(started("fork_global", "dynamic", files).mm)
    assert loaded.bias == 0x5555_5555_4000
    main = next(each for each in loaded.debug.functions if each.name == "main")
    assert str(loaded.line_at(main.body + loaded.bias)) == "fork_global.c:12"
    assert loaded.function_at(main.start + loaded.bias) is main


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"#!/bin/sh\n", elf("90")])
def test_a_file_without_debug_information_is_refused(data: bytes) -> None:
    with pytest.raises(VmlabError, match="no debug information"):
        debug.read(data)


def test_the_call_stack_leads_through_the_library_to_the_first_function(
    files: dict[str, bytes],
) -> None:
    pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")
    process = started("fork_global", "static", files)
    process.run(13)
    while process.run("syscall").why == "syscall":  # in a function that main called
        frames = call_stack(process.task)
        own = [frame for frame in frames if frame.function is not None]
        if own:
            break
    assert frames[0].function is None
    assert [frame.function.name for frame in own if frame.function] == ["main"]
    assert own[0].line is not None
    assert own[0].line.number >= 13
    assert frames[-1] is not own[0]  # _start and __libc_start_main are further out
    sizes = [frame.cfa for frame in frames if frame.cfa is not None]
    assert sizes == sorted(sizes)
