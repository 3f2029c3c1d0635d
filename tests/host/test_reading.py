"""Texts of /proc are read as people paste them, and each line that is none is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmlab import host
from vmlab.host.reading import read_regions
from vmlab.model.abi.mman import VM_READ, VM_WRITE

DATA = Path(__file__).parent / "data"


def regions(name: str) -> host.Reading:
    return host.read(DATA / f"{name}.txt")


@pytest.mark.parametrize(
    ("name", "count", "told"),
    [
        ("bits32", 7, "[heap]"),
        ("android", 7, "[anon:dalvik-main space (region space)]"),
        ("android", 7, "/dev/__properties__/properties_serial (deleted)"),
        ("container", 6, "/var/lib/docker/overlay2/3f6ab1/merged/usr/sbin/nginx"),
        ("container", 6, "/srv/a name\nwith two lines.so"),
        ("old_kernel", 6, "[stack:2301]"),
        ("old_kernel", 6, "[vsyscall]"),
    ],
)
def test_each_line_of_a_clean_text_is_read(name: str, count: int, told: str) -> None:
    reading = regions(name)
    assert len(reading.regions.lines) == count
    assert told in {line.name for line in reading.regions.lines}
    assert not reading.unread


def test_of_a_ticket_each_line_is_read_or_named() -> None:
    reading = regions("ticket")
    assert [line.number for line in reading.regions.lines] == [2, 3, 7]
    assert [line.name for line in reading.regions.lines] == [
        "/opt/app/bin/app",
        "[heap]",
        "[stack]",
    ]
    assert [(each.number, each.why.code) for each in reading.unread] == [
        (1, "not_maps_line"),
        (4, "range_empty"),
        (5, "maps_overlap"),
        (6, "not_maps_line"),
        (9, "not_maps_line"),
    ]
    assert str(reading.unread[1]) == "line 4: 0x55f2b4c21000 is not below 0x55f2b4c20000"


def test_a_long_line_that_is_told_is_cut() -> None:
    (unread,) = read_regions("x" * 1000).unread
    assert len(str(unread)) < 200


SMAPS = """\
7f0000000000-7f0000002000 rw-p 00000000 00:00 0
Size:                  8 kB
Rss:                   4 kB
  Pss:    2 kB
THPeligible:    0
VmFlags: rd wr mr mw me ac sd
7f0000003000-7f0000004000 r--p 00000000 00:00 0
Rss:                   0 kB
VmFlags: rd wr
"""


def test_counts_and_flags_belong_to_the_line_above() -> None:
    found = read_regions(SMAPS)
    assert found.counts[0x7F0000000000] == {"Size": 8, "Rss": 4, "Pss": 2, "THPeligible": 0}
    assert found.counts[0x7F0000003000] == {"Rss": 0}
    assert found.lines[0].vm_flags == ("rd", "wr", "mr", "mw", "me", "ac", "sd")
    assert found.lines[0].access == VM_READ | VM_WRITE


def test_flags_that_contradict_their_line_are_named() -> None:
    found = read_regions(SMAPS)
    assert [(each.number, each.why.code) for each in found.unread] == [
        (9, "smaps_flags_contradict")
    ]
    assert found.lines[1].vm_flags == ()


def test_counts_of_a_line_that_cannot_be_are_not_given_to_another() -> None:
    text = SMAPS.replace("7f0000003000-7f0000004000", "7f0000001000-7f0000004000")
    found = read_regions(text.replace("VmFlags: rd wr\n", ""))
    assert [each.why.code for each in found.unread] == ["maps_overlap"]
    assert list(found.counts) == [0x7F0000000000]
    assert found.counts[0x7F0000000000]["Rss"] == 4


def test_smaps_rollup_has_no_regions() -> None:
    found = read_regions("55d0c8a3f000-7ffd1a9d1000 ---p 00000000 00:00 0 [rollup]\nRss: 4 kB\n")
    assert [each.why.code for each in found.unread] == ["maps_rollup"]
    assert not found.lines


def test_what_was_read_is_written_as_the_kernel_writes_it() -> None:
    text = (
        "00400000-0040b000 r-xp 00000000 08:01 1315"
        "                               /usr/sbin/crond\n"
        "7f0c3c7f9000-7f0c3cff9000 rw-p 00000000 00:00 0 \n"
    )
    assert host.read(text).maps == text


def test_status_and_stat_are_read_by_name_and_number() -> None:
    (reading,) = host.load(host.EXAMPLES / "sleep.vmproc")
    assert (reading.comm, reading.pid) == ("sleep", reading.stat(4) and reading.pid)
    assert reading.number("VmRSS") == reading.number("RssAnon") + reading.number("RssFile")
    assert reading.number("Nothing") == 0
    assert reading.stat(1000) == 0
    assert reading.stat(20) == 1  # num_threads


def test_a_name_with_blanks_and_brackets_does_not_shift_the_fields() -> None:
    reading = host.Reading({"stat": b"7 (a) b (c) S 1 7 7 0 -1 4194560 42 0 3"})
    assert (reading.stat(3), reading.stat(4), reading.stat(10), reading.stat(12)) == (0, 1, 42, 3)
