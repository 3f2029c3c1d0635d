"""The program of an Explorer: its source, its buttons, its variables, its console."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")
pytest.importorskip("elftools", reason="the extra vmlab[programs] is not installed")

from vmlab import Machine, Program, Recorder, VmlabError, build
from vmlab.errors import ProgramError
from vmlab.model.machine_code import engines
from vmlab.programs.compilers import compiler
from vmlab.widgets.clickable_view import Pick
from vmlab.widgets.explorer import Explorer
from vmlab.widgets.program_panel import ProgramPanel

SOURCE = """\
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int counter = 3;

static int twice(int n)
{
    return 2 * n;
}

int main(void)
{
    char *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[0] = 'a';
    counter = twice(counter);
    if (fork() == 0)
        _exit(page[0] = 'c');
    wait(NULL);
    printf("%c %d\\n", page[0], counter);
    return 7;
}
"""
MMAP, WRITES, CALLS, FORKS, WAITS, PRINTS = 15, 16, 17, 18, 20, 21  # numbers of lines
LOOP = "int main(void)\n{\n    for (volatile long i = 0;; i++);\n}\n"
CRASH = "int main(void)\n{\n    volatile char *p = 0;\n    *p = 1;\n}\n"
THREADS = """\
#include <pthread.h>

static void *work(void *data)
{
    return data;
}

int main(void)
{
    pthread_t threads[2];
    pthread_create(&threads[0], 0, work, 0);
    pthread_create(&threads[1], 0, work, 0);
    pthread_join(threads[0], 0);
    return 0;
}
"""
PRINTS_MUCH = """\
#include <stdio.h>
int main(void)
{
    for (int i = 0; i < 1000; i++)
        printf("line %d\\n", i);
}
"""


@pytest.fixture(scope="module")
def program() -> Program:
    try:
        compiler()
    except VmlabError as failure:
        pytest.skip(str(failure))
    return build(SOURCE)


@pytest.fixture
def explorer(program: Program) -> Explorer:
    found = program.explore()
    assert isinstance(found, Explorer)
    return found


def panel(explorer: Explorer) -> ProgramPanel:
    assert explorer.program is not None
    return explorer.program


def press(explorer: Explorer, how: str | int) -> None:
    panel(explorer).source._told(None, {"type": "run", "how": how}, [])


# Source and buttons


def test_it_opens_at_the_first_line_of_main(explorer: Explorer) -> None:
    source = panel(explorer).source
    assert source.file == "program.c"
    assert "\n".join(source.lines) == SOURCE.rstrip("\n")
    assert (source.line, source.at, source.status) == (MMAP, True, f"It is at program.c:{MMAP}.")
    assert MMAP in source.with_code
    assert "vm-has-program" in explorer._dom_classes


def test_the_buttons_run_to_where_they_say(explorer: Explorer) -> None:
    source = panel(explorer).source
    for how, line, words in (
        ("line", WRITES, f"Stopped at program.c:{WRITES}."),
        ("fault", WRITES, f"Stopped after a page fault: program.c:{WRITES}."),
        (FORKS, FORKS, f"Stopped at program.c:{FORKS}."),
        ("syscall", FORKS, f"Stopped after a system call: program.c:{FORKS}."),
        ("end", 0, "Process 1000 has ended: exit status 7."),
    ):
        press(explorer, how)
        assert source.line == line
        assert source.status.startswith(words)
    assert source.lines  # what has ended leaves its source
    assert set(source.can) == {"all"}


def test_a_line_without_code_is_no_place_to_run_to(explorer: Explorer) -> None:
    before = len(explorer.timeline.recorder)
    for how in (1, 999, -1, True, "anywhere", None):
        panel(explorer).source._told(None, {"type": "run", "how": how}, [])
    assert len(explorer.timeline.recorder) == before


def test_in_the_past_the_line_of_then_is_marked(explorer: Explorer) -> None:
    for _ in range(2):
        press(explorer, "line")
    view = panel(explorer)
    assert view.source.line == CALLS
    explorer.player.step = 0
    assert (view.source.line, view.source.status) == (MMAP, f"It was at program.c:{MMAP} then.")
    values = {row["name"]: row["value"] for row in view.variables.rows}
    assert values["counter"] == "3"
    press(explorer, "end")
    explorer.player.step = 0
    assert view.source.line == MMAP


def test_every_step_of_a_run_can_be_seen(explorer: Explorer) -> None:
    """In the middle of a call the program is where it made it."""
    press(explorer, "end")
    lines = set()
    for step in range(0, explorer.player.count, 25):
        explorer.player.step = step
        lines.add(panel(explorer).source.line)
    assert {MMAP, FORKS} <= lines
    assert explorer.output.outputs == ()


def headline_of(explorer: Explorer) -> tuple[str, str]:
    return explorer.player.headline, explorer.player.rest


def test_a_step_over_a_line_tells_what_mattered_in_it(explorer: Explorer) -> None:
    told = {}
    for line in (MMAP, WRITES, CALLS):
        press(explorer, "line")
        told[line] = headline_of(explorer)[0]
    press(explorer, FORKS)
    press(explorer, "line")
    told[FORKS], rest = headline_of(explorer)
    assert f"program.c:{MMAP} " in told[MMAP]
    assert "mmap: 1 page at 0x7ffff7ff6000" in told[MMAP]
    assert "First write: the page of `page[0]`" in told[WRITES]
    assert "The program runs on to line 10." in told[CALLS]
    assert f"program.c:{FORKS} `if (fork() == 0)`: clone: 1001 shares" in told[FORKS]
    assert "more page fault" in rest


def test_a_step_over_a_line_tells_what_others_did_meanwhile(explorer: Explorer) -> None:
    press(explorer, WAITS)
    press(explorer, "line")
    told, rest = headline_of(explorer)
    assert f"program.c:{WAITS} `wait(NULL);`: wait: 1000 learns that 1001 ended" in told
    assert "Meanwhile other processes took" in rest
    press(explorer, "line")
    told, rest = headline_of(explorer)
    assert f"program.c:{PRINTS} " in told
    assert "4 bytes appear in the console" in told
    assert "more page faults." in rest


def test_what_a_step_is_asked_to_stop_at_is_told(explorer: Explorer) -> None:
    press(explorer, WAITS)
    press(explorer, "syscall")
    assert "wait: 1000 learns that 1001 ended" in headline_of(explorer)[0]
    press(explorer, "fault")
    assert "No copy: page 0 of data in 1000" in headline_of(explorer)[0]
    press(explorer, "end")
    assert headline_of(explorer)[0].endswith("Process 1000 ends with status 7.")


def test_a_step_over_the_birth_of_a_thread_tells_of_it(program: Program) -> None:
    explorer = build(THREADS).explore()
    assert panel(explorer).source.line == 11
    for line, tid in ((11, 1001), (12, 1002)):
        press(explorer, "line")
        told = headline_of(explorer)[0]
        assert f"program.c:{line} " in told
        assert f"{tid} and 1000 use the same address space" in told


def test_a_step_looked_back_at_and_undone_is_one(explorer: Explorer) -> None:
    press(explorer, FORKS)
    before = explorer.player.step
    press(explorer, "line")
    told, at = headline_of(explorer), explorer.player.step
    explorer.player.step = before
    assert headline_of(explorer) != told
    explorer.player.step = at
    assert headline_of(explorer) == told
    explorer.undo()
    assert explorer.player.step == before
    assert list(explorer.machine.processes) == [1000]
    assert panel(explorer).source.line == FORKS
    explorer.redo()
    assert headline_of(explorer) == told


def test_a_run_in_a_cell_is_one_act_too(explorer: Explorer) -> None:
    press(explorer, FORKS)
    before = explorer.player.step
    explorer.machine[1000].run("line")
    explorer.follow()
    told, at = headline_of(explorer), explorer.player.step
    explorer.undo()
    assert explorer.player.step == before
    press(explorer, "line")
    assert (explorer.player.step, headline_of(explorer)) == (at, told)
    explorer.machine.run()
    explorer.follow()
    explorer.undo()
    assert explorer.player.step == at


def test_the_margin_counts(explorer: Explorer) -> None:
    press(explorer, FORKS)
    faults, calls = 0, 1
    counts = panel(explorer).source.counts
    assert counts[str(MMAP)][calls] == 1
    assert counts[str(WRITES)][faults] == 1
    explorer.player.step = 0
    assert panel(explorer).source.counts == {}


def test_a_signal_is_told_with_its_address_and_its_line(program: Program) -> None:
    explorer = build(CRASH).explore()
    press(explorer, "end")
    source = panel(explorer).source
    assert source.status == "Process 1000 is killed by SIGSEGV: address 0x0. (program.c:4)"
    assert source.tone == "bad"


def test_who_waits_is_told(program: Program) -> None:
    source = "#include <unistd.h>\nint main(void)\n{\n    int fd[2];\n    char c;\n    pipe(fd);\n"
    explorer = build(f"{source}    read(fd[0], &c, 1);\n}}\n").explore()
    press(explorer, "end")
    assert panel(explorer).source.status == "1000 waits in read. (program.c:7)"


def test_all_processes_run(explorer: Explorer) -> None:
    press(explorer, "all")
    assert panel(explorer).source.status == "All processes have ended."
    assert panel(explorer).console.text == "a 6\n"


# Variables


def test_variables_stand_with_their_pages(explorer: Explorer) -> None:
    press(explorer, FORKS)
    rows = {row["name"]: row for row in panel(explorer).variables.rows}
    assert (rows["counter"]["value"], rows["counter"]["type"]) == ("6", "int")
    assert rows["counter"]["region"] == "data"
    assert rows["counter"]["frame"].isdecimal()
    assert rows["page"]["id"].startswith("pte_")


def test_a_function_on_the_stack_can_be_chosen(explorer: Explorer) -> None:
    press(explorer, 10)
    view = panel(explorer).variables
    assert view.stack == ("twice program.c:10", f"main program.c:{CALLS}")
    assert view.rows[0]["name"] == "n"
    view._told(None, {"type": "frame", "depth": 1}, [])
    assert (view.depth, view.rows[0]["name"]) == (1, "page")
    press(explorer, "line")
    assert view.depth == 0


def test_a_click_on_a_variable_marks_its_page(explorer: Explorer) -> None:
    press(explorer, FORKS)
    view = panel(explorer).variables
    key = next(row["id"] for row in view.rows if row["name"] == "counter")
    before = len(explorer.timeline.recorder)
    view._told(None, {"type": "click", "id": key}, [])
    picture = next(iter(explorer.pictures))
    assert key in picture.highlight
    assert view.chosen == key
    assert len(explorer.timeline.recorder) == before  # nothing is written there
    view._told(None, {"type": "click", "id": key}, [])
    assert key not in picture.highlight
    assert view.chosen == ""


def test_a_region_that_is_clicked_marks_its_variables(explorer: Explorer) -> None:
    view = panel(explorer).variables
    row = next(row for row in view.rows if row["name"] == "counter")
    region = next(key for key in row["ids"] if key.startswith("vma_"))
    explorer.point(Pick(region))
    assert view.chosen == region


# The console


def test_the_console_is_that_of_the_step(explorer: Explorer) -> None:
    press(explorer, "end")
    console = panel(explorer).console
    assert console.text == "a 6\n"
    explorer.player.step = 0
    assert console.text == ""


def test_of_much_output_the_end_is_shown(program: Program) -> None:
    machine = Machine()
    build(PRINTS_MUCH).spawn(machine).run()
    explorer = Explorer(machine, source=True)
    console = panel(explorer).console
    assert console.before == 800
    assert console.text.splitlines()[0] == "line 800"


def test_control_bytes_of_the_console_are_spelled_out(program: Program) -> None:
    source = '#include <stdio.h>\nint main(void) { printf("\\033[2J\\007\\xff\\tx\\n"); }\n'
    explorer = build(source).explore()
    press(explorer, "end")
    assert panel(explorer).console.text == "\\x1b[2J\\x07\\xff  x\n"


def test_a_line_that_is_typed_is_read(program: Program) -> None:
    source = (
        "#include <stdio.h>\nint main(void)\n{\n    char line[9];\n    fgets(line, 9, stdin);\n"
    )
    explorer = build(source + '    printf("<%s>", line);\n}\n').explore()
    panel(explorer).console._told(None, {"type": "line", "text": "abc"}, [])
    press(explorer, "end")
    assert panel(explorer).console.text == "<abc\n>"


# While it runs


def in_a_loop(act: Callable[[], object], until: Callable[[], bool]) -> None:
    async def main() -> None:
        act()
        async with asyncio.timeout(10):
            while not until():
                await asyncio.sleep(0.01)

    asyncio.run(main())


def test_a_program_without_an_end_is_stopped(program: Program) -> None:
    explorer = build(LOOP).explore()
    source = panel(explorer).source

    def stop_soon() -> None:
        press(explorer, "end")
        assert explorer._running.is_on
        loop = asyncio.get_running_loop()
        loop.call_later(0.2, lambda: source._told(None, {"type": "stop"}, []))

    in_a_loop(stop_soon, lambda: source.status.startswith("Stopped"))
    assert source.status == "Stopped by you: program.c:3."
    assert "line" in source.can


def test_what_nobody_sees_any_more_runs_no_further(program: Program) -> None:
    explorer = build(LOOP).explore()

    def leave() -> None:
        press(explorer, "end")
        explorer.toolbar._told(None, {"type": "shown", "view": "a"}, [])
        explorer.toolbar._told(None, {"type": "hidden", "view": "a"}, [])

    in_a_loop(leave, lambda: not explorer._running.is_on)


def test_undo_ends_what_runs(program: Program) -> None:
    explorer = build(LOOP).explore()

    def undo() -> None:
        press(explorer, "line")
        press(explorer, "end")
        explorer.press("undo", "")

    in_a_loop(undo, lambda: not explorer._running.is_on)
    assert explorer.output.outputs == ()


def test_a_short_run_is_over_at_once_in_a_loop_too(explorer: Explorer) -> None:
    in_a_loop(lambda: press(explorer, "line"), lambda: True)
    assert panel(explorer).source.line == WRITES


# What is missing


def test_a_machine_without_a_program_has_no_room_for_one() -> None:
    machine = Machine()
    machine.spawn()
    explorer = Explorer(machine)
    assert "vm-has-program" not in explorer._dom_classes
    assert Explorer(machine, source=False).program is None
    assert "vm-has-program" in Explorer(machine, source=True)._dom_classes


def test_another_process_may_have_no_source(program: Program) -> None:
    machine = Machine()
    other = machine.spawn()
    explorer = build(SOURCE, name="other").explore(machine)
    assert "vm-has-program" in explorer._dom_classes
    explorer.controls.pid = other.pid
    assert "vm-has-program" not in explorer._dom_classes


def test_a_recording_plays_without_an_emulator(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine()
    recorder = Recorder(machine)
    program.spawn(machine).run()
    text = recorder.to_json()

    def missing(_machine: object) -> None:
        raise ProgramError("no_emulator")

    monkeypatch.setattr(engines, "make", missing)
    loaded = Recorder.from_json(text)
    explorer = Explorer(loaded.machine)
    view = panel(explorer)
    assert view.source.can == ()
    assert "pip install 'vmlab[programs]'" in view.source.lacking
    assert view.console.text == "a 6\n"
    assert "\n".join(view.source.lines) == SOURCE.rstrip("\n")
    forks = next(n for n, call in enumerate(loaded.calls) if call.pid == 1001)
    explorer.player.step = loaded.calls[forks].first
    assert view.source.line == WAITS
    assert view.console.text == ""
    assert view.source.counts[str(FORKS)][1] >= 1
    explorer.run("all")
    assert "no emulator" in explorer.controls.answer["words"]


def test_what_a_cell_shows_of_a_program(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr(Explorer, "_ipython_display_", lambda explorer: shown.append(explorer))
    program._ipython_display_()
    assert len(shown) == 1

    def missing(_machine: object) -> None:
        raise ProgramError("no_emulator")

    monkeypatch.setattr(engines, "make", missing)
    with pytest.raises(NotImplementedError):
        program._ipython_display_()
