"""/proc/PID/status."""

from __future__ import annotations

import pytest

from vmlab import Machine, MiB


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a.out", "a.out"),
        ("a\nb", r"a\nb"),
        ("a\\nb", r"a\\nb"),
        ("\\\n", r"\\\n"),
        ("a\tb\x07", "a\tb\x07"),
    ],
)
def test_a_name_stays_on_its_line(name: str, shown: str) -> None:
    """As Linux 6.18 shows it: a newline and a backslash are escaped, nothing else."""
    process = Machine(ram=4 * MiB).spawn()
    process.machine.fs.write(f"/{name}", process.machine.fs.read("/bin/a.out"))
    process.execve(f"/{name}")
    assert process.status().split("\nState:")[0] == f"Name:\t{shown}"
