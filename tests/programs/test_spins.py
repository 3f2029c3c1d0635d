"""Programs that wait without sleeping: others run meanwhile."""

from pathlib import Path

import pytest

pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")
pytest.importorskip("elftools", reason="the extra vmlab[programs] is not installed")

from vmlab import Machine, MiB, Program, build
from vmlab.programs.compilers import compiler

RELAY = """\
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int pipes[3][2], n = 0;
    for (int i = 0; i < 3; i++)
        pipe(pipes[i]);
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            for (int i1 = 0; i1 < 1000; i1++) {
                read(pipes[i][0], &n, sizeof n);
                n++;
                write(pipes[i + 1][1], &n, sizeof n);
            }
            _exit(0);
        }
    for (int i = 0; i < 1000; i++) {
        write(pipes[0][1], &n, sizeof n);
        read(pipes[2][0], &n, sizeof n);
    }
    while (wait(0) > 0)
        ;
    printf("%d\\n", n);
    return 0;
}
"""

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler")


def program(source: str, *options: str) -> Program:
    return build(source, options=["-static", *options])


def test_a_spin_lets_a_sleeper_and_a_child_run() -> None:
    machine = Machine(ram=64 * MiB)
    program(Path(__file__).with_name("spin_for_others.c").read_text()).spawn(machine).run()
    assert machine.console == "the thread slept\nthe child answered: 7\n"


def test_processes_pass_something_on_through_pipes() -> None:
    machine = Machine(ram=64 * MiB)
    program(RELAY).spawn(machine).run()
    machine.run()
    assert machine.console == "2000\n"
