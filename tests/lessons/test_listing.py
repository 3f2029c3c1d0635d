"""The listing of a program: its source, and what each line came to."""

import pytest

pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")

from vmlab import Machine, Recorder, VmlabError, build, listing
from vmlab.programs.compilers import compiler

SOURCE = """\
#include <unistd.h>
static char page[8192];
int main(void)
{
    page[4096] = 'A';
    write(1, page + 4096, 1);
    return 0;
}
"""


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    try:
        compiler()
    except RuntimeError as missing:
        pytest.skip(str(missing))
    machine = Machine()
    process = build(SOURCE).spawn(machine)
    recorder = Recorder(machine)
    process.run()
    return recorder


def rows(recorder: Recorder) -> list[str]:
    return listing(recorder).splitlines()


def test_each_line_of_the_source_has_a_row(recorder: Recorder) -> None:
    heading, *lines = rows(recorder)
    assert heading.split() == ["faults", "calls", "bytes", "|"]
    texts = [line.partition(" | ")[2].lstrip()[1:].removeprefix("  ") for line in lines]
    assert texts == SOURCE.splitlines()


def test_a_line_has_its_faults_and_calls(recorder: Recorder) -> None:
    store, write = rows(recorder)[5:7]
    assert store.split()[0] == "1"  # fault
    assert "1" in write.split()[:2]  # call


def test_without_a_program_there_is_none() -> None:
    with pytest.raises(VmlabError, match=r"vmlab\.build"):
        listing(Recorder(Machine()))
