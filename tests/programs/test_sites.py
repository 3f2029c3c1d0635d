"""A recording of a program with debug information names lines and variables."""

import pytest

pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")
pytest.importorskip("elftools", reason="the extra vmlab[programs] is not installed")

from tests.programs.machine_code import load
from vmlab import Machine, MiB, Recorder, build
from vmlab.record.line_counts import line_counts
from vmlab.record.site import Line

FORK = """\
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/wait.h>
struct node { int value; struct node *next; };
int many[4096];
static void set(char *p, int n) { p[n] = 1; }
int main(void)
{
    char *m = mmap(0, 16384, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    m[0] = 'a';
    if (fork() == 0) {
        m[1] = 'c';
        _exit(0);
    }
    wait(NULL);
    memset(m + 4096, 1, 4096);
    set(m, 8192);
    many[2048] = 3;
    struct node *n = (struct node *)(m + 12288);
    n->value = 1;
    char buffer[4];
    int fds[2];
    pipe(fds);
    write(fds[1], "abc", 3);
    read(fds[0], buffer, 3);
    printf("%s\\n", m);
    *(volatile int *)0 = 1;
}
"""


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    """The program, from its start to its end."""
    machine = Machine(ram=64 * MiB)
    build(FORK).spawn(machine, env={})
    with Recorder(machine) as recorder:
        machine.run()
    return recorder


@pytest.fixture(scope="module")
def headlines(recorder: Recorder) -> list[str]:
    return [str(story.headline) for story in recorder.stories]


def of_line(headlines: list[str], number: int) -> list[str]:
    """What is said of a line, without how far it ran."""
    begin = f"program.c:{number} `"
    found = [each for each in headlines if each.startswith(begin)]
    return [each for each in found if "The program runs on" not in each]


def number_of(text: str) -> int:
    return next(n for n, line in enumerate(FORK.splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("line", "variable"),
    [
        ("m[0] =", "m[0]"),
        ("m[1] =", "m[1]"),
        ("set(char", "p[8192]"),
        ("memset(m", "m[4096]"),
        ("many[2048] =", "many[2048]"),
        ("n->value =", "n->value"),
    ],
)
def test_a_fault_names_the_variable(headlines: list[str], line: str, variable: str) -> None:
    found = of_line(headlines, number_of(line))
    assert any(f"the page of `{variable}` (" in each for each in found), found


def test_copy_on_write_tells_line_text_variable_and_frames(headlines: list[str]) -> None:
    found = of_line(headlines, number_of("m[1] ="))
    assert any("`m[1] = 'c';`: Copy-on-write: the page of `m[1]` (page 0 of" in h for h in found)


def test_a_call_names_the_variable_that_it_stores_into(headlines: list[str]) -> None:
    (found,) = of_line(headlines, number_of("read(fds"))
    assert "are copied to memory, into the page of `buffer[0]` (" in found


def test_what_the_library_does_is_of_the_line_that_called_it(recorder: Recorder) -> None:
    counts = line_counts(recorder.steps, len(recorder.calls) - 1)
    line = Line("program.c", number_of("printf("))
    assert counts[line].calls >= 1
    assert {each.file for each in counts} == {"program.c"}


def test_before_main_there_is_no_line(recorder: Recorder) -> None:
    site = recorder.calls[0].site
    assert site is not None
    assert site.line is None


def test_a_sleep_is_one_call(recorder: Recorder) -> None:
    counts = line_counts(recorder.steps, len(recorder.calls) - 1)
    assert counts[Line("program.c", number_of("wait(NULL)"))].calls == 1


def test_the_source_is_in_the_machine_and_the_story_in_the_file(
    recorder: Recorder, headlines: list[str]
) -> None:
    assert recorder.machine.fs.read("/src/program.c") == FORK.encode()
    again = Recorder.from_json(recorder.to_json())
    assert [str(story.headline) for story in again.stories] == headlines


def test_a_run_tells_to_which_line_it_came(recorder: Recorder) -> None:
    machine = Machine(ram=64 * MiB)
    p = build(FORK).spawn(machine, env={})
    p.run("line")
    p.run("line")
    with Recorder(machine) as recorder:
        p.run(number_of("fork()"))
    faulted, mended, ran = (str(story.headline) for story in recorder.stories)
    line = number_of("m[0] =")
    text = f"program.c:{line} `m[0] = 'a';`: "
    assert faulted == f"{text}The program runs on in this line. It loads and stores 8 bytes."
    assert mended.startswith(f"{text}First write: the page of `m[0]`")
    assert ran == f"{text}The program runs on to line {line + 1}. It loads and stores 1 byte."


def test_a_program_without_debug_information_tells_nothing() -> None:
    machine = Machine(ram=16 * MiB)
    load(machine, "bf07000000 b8e7000000 0f05")
    with Recorder(machine) as recorder:
        machine.run()
    assert all(call.site is None for call in recorder.calls)


SUM = """\
#include <string.h>
static char from[1000], to[1000];
int main(void)
{
    long sum = 0;
    for (int i = 0; i < 100000; i++)
        sum += i;
    memcpy(to, from, 1000);
    return sum == 0;
}
"""


def counted(source: str) -> Recorder:
    machine = Machine(ram=64 * MiB)
    p = build(source).spawn(machine, env={})
    p.run("line")
    with Recorder(machine) as recorder:
        p.run(until=8)
        p.run(until=9)
    return recorder


def test_bytes_are_counted_up_to_a_limit() -> None:
    recorder = counted(SUM)
    counts = line_counts(recorder.steps, len(recorder.calls) - 1)
    loop, copy = counts[Line("program.c", 7)], counts[Line("program.c", 8)]
    assert not loop.all_bytes
    assert 10_000 < loop.bytes < 100_000 * 28
    assert copy.all_bytes
    assert 2000 <= copy.bytes < 2500  # and the call itself


def test_every_load_and_store_counts() -> None:
    recorder = counted(SUM.replace("100000", "10"))
    counts = line_counts(recorder.steps, len(recorder.calls) - 1)
    assert counts[Line("program.c", 7)].all_bytes
    assert counts[Line("program.c", 7)].bytes == 10 * (4 + 8 + 8)  # i, and sum, which is changed


@pytest.mark.parametrize("section", [".debug_info", ".debug_line", ".debug_abbrev", ".eh_frame"])
def test_a_program_with_broken_debug_information_runs_as_any_other(section: str) -> None:
    program = build(SUM.replace("100000", "10"))
    found = program.debug.elf.get_section_by_name(section)
    start, end = found["sh_offset"], found["sh_offset"] + min(found["sh_size"], 256)
    data = bytearray(program.elf)
    data[start:end] = bytes(0xFF - (n % 7) for n in range(end - start))
    machine = Machine(ram=64 * MiB)
    machine.fs.write("/bin/broken", bytes(data))
    p = machine.spawn("/bin/broken", env={})
    with Recorder(machine) as recorder:
        assert p.run().why == "exit"
    assert len(recorder.stories) == len(recorder.calls)
