"""The text of /proc/PID/maps and smaps, as the kernel writes it and as people paste it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.refused import refused
from vmlab import StateError
from vmlab.model.abi.maps import MapsLine
from vmlab.model.abi.maps_text import parse_maps

MAPS = """\
555555554000-555555558000 r-xp 00000000 08:01 7                          /opt/my app
555555558000-555555559000 rw-p 00003000 08:01 7                          /opt/my app
555555559000-55555557a000 rw-p 00000000 00:00 0 
7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0                          [stack]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
"""  # noqa: W291
SMAPS_ENTRY = """\
7f0000000000-7f0000002000 rw-s 00000000 00:01 9 /dev/shm/x
Size:                  8 kB
KernelPageSize:        4 kB
Rss:                   4 kB
Pss_Dirty:             4 kB
THPeligible:           0
ProtectionKey:         0
VmFlags: rd wr sh mr mw me ms lo ??
"""


def read(text: str) -> list[MapsLine]:
    return parse_maps(text, 0x7FFFFFFFF000, 4096)


def each_line(change: Callable[[int, str], str]) -> str:
    return "".join(f"{change(number, line)}\n" for number, line in enumerate(MAPS.splitlines(), 1))


PASTED = {
    "indented": lambda number, line: f"    {line}",
    "after a tab": lambda number, line: f"\t{line}",
    "quoted in mail": lambda number, line: f"> > {line}",
    "in a comment": lambda number, line: f"# {line}",
    "cat -n": lambda number, line: f"{number:6}\t{line}",
    "grep -n": lambda number, line: f"{number}:{line}",
    "grep -C": lambda number, line: f"{number}-{line}",
    "grep -H": lambda number, line: f"/proc/4711/maps:{line}",
    "dmesg": lambda number, line: f"[   12.34567{number}] {line}",
    "syslog": lambda number, line: f"2024-05-06T07:08:09.1Z host app[4711]: {line}",
    "a clock": lambda number, line: f"07:08:0{number} {line}",
    "blanks at the end": lambda number, line: f"{line}   ",
    "CRLF": lambda number, line: f"{line}\r",
    "blanks lost at the end": lambda number, line: line.rstrip(),
    "tabs for columns": lambda number, line: "\t".join(line.split(None, 5)),
    "one blank between columns": lambda number, line: " ".join(line.split(None, 5)),
}


@pytest.mark.parametrize("how", PASTED)
def test_a_pasted_text_is_read(how: str) -> None:
    assert read(each_line(PASTED[how])) == read(MAPS)
    assert len(read(MAPS)) == 4


def test_the_line_that_cannot_be_read_is_named() -> None:
    text = each_line(lambda number, line: f"{number:4} {line}").replace("rw-p 00003000", "rw-p")
    with refused(StateError, "not_maps_line", at=2):
        read(text)


@pytest.mark.parametrize("row", ["Name:\tcat", "Size: 8 kB", "VmFlags: rd", "hello", "a 1000-2000"])
def test_what_is_no_line_is_refused_where_no_entry_is_above_it(row: str) -> None:
    with refused(StateError, "not_maps_line", at=2):
        read(f"\n{row}\n")


def test_a_name_ends_in_blanks_if_the_text_is_as_the_kernel_wrote_it() -> None:
    assert read(MAPS.replace("my app", "app ", 1))[0].name == "/opt/app "
    assert read("1000-2000 r--p 0 08:01 7 /opt/app \n")[0].name == "/opt/app"
    padded = each_line(lambda number, line: f"{line.rstrip():100}")
    assert [line.name for line in read(padded)] == ["/opt/my app", "/opt/my app", "", "[stack]"]


def test_the_flags_of_smaps_belong_to_their_line() -> None:
    (line,) = read(SMAPS_ENTRY)
    assert line.vm_flags == ("rd", "wr", "sh", "mr", "mw", "me", "ms", "lo", "??")
    quoted = "".join(f"> {row} \r\n" for row in SMAPS_ENTRY.splitlines())
    assert read(quoted) == [line]


@pytest.mark.parametrize("words", ["rd sh ms", "rd wr ex sh ms", "rd wr mr mw"])
def test_flags_of_another_line_are_refused(words: str) -> None:
    with refused(StateError, "smaps_flags_contradict", at=8):
        read(SMAPS_ENTRY.replace("rd wr sh mr mw me ms lo ??", words))


def test_smaps_rollup_is_told_from_smaps() -> None:
    with refused(StateError, "maps_rollup", at=1):
        read("555555554000-7ffffffff000 ---p 00000000 00:00 0    [rollup]\nRss: 4 kB\n")


def test_vsyscall_is_no_vma_but_a_file_may_have_its_name() -> None:
    text = "1000-2000 r--p 00000000 08:01 7 /srv/[vsyscall]\n"
    assert [line.name for line in read(text)] == ["/srv/[vsyscall]"]
    assert read("ffffffffff600000-ffffffffff601000 --xp 0 00:00 0 [vsyscall]\nVmFlags: ex\n") == []
