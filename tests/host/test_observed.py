"""A snapshot of real processes holds what the kernel showed, and nothing that it did not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.host.packed import packed_pages
from vmlab import host
from vmlab.errors import HostError, StateError
from vmlab.host.pagemap import OF_FILE, PRESENT, ZERO
from vmlab.model.abi.mman import VM_GROWSDOWN, VM_MAYSHARE
from vmlab.state import views
from vmlab.state.observed import FIRST_UNNUMBERED, Observed

DATA = Path(__file__).parent / "data"
TWO = """\
00400000-00402000 r-xp 00001000 08:01 5                                  /bin/x
00403000-00405000 rw-p 00000000 00:00 0
00406000-00408000 rw-s 00000000 00:01 7                                  /dev/zero (deleted)
"""


def observed(text: str = TWO, **pages: int) -> Observed:
    """What is known of a process of this text whose pages, by address, have these values."""
    return host.snapshot(reading(text, **pages))


def reading(text: str = TWO, **pages: int) -> host.Reading:
    values = {int(name.removeprefix("at_"), 16): value for name, value in pages.items()}
    return host.Reading({"maps": text.encode(), "pagemap": packed_pages(values)})


def test_regions_have_the_rights_that_the_text_tells() -> None:
    (mm,) = observed().mms
    assert [views.perms(vma) for vma in mm.mmap] == ["r-xp", "rw-p", "rw-s"]
    assert [bool(vma.vm_flags & VM_MAYSHARE) for vma in mm.mmap] == [False, False, True]


def test_nothing_is_made_up() -> None:
    snap = observed(at_400000=PRESENT | OF_FILE | 9)
    (mm,) = snap.mms
    assert not snap.ram
    assert mm.mm_rb is None
    assert not any(vma.rb_color for vma in mm.mmap)
    assert not views.tables(snap, mm)
    (page,) = snap.pages
    assert (page.refcount, page.mapcount) == (-1, -1)
    with pytest.raises(StateError, match=r"vmlab\.host\.save"):
        snap.to_json()


def test_present_pages_show_their_frames() -> None:
    snap = observed(at_400000=PRESENT | OF_FILE | 9, at_404000=PRESENT | 12)
    pages = views.mapped(snap, snap.mms[0])
    assert [(page.addr, page.pfn) for page in pages] == [(0x400000, 9), (0x404000, 12)]
    assert [(page.pfn, page.kind, page.index) for page in snap.pages] == [
        (9, "file", 1),
        (12, "anon", 0),
    ]
    assert snap.seen[1].knows_frames


def test_a_page_outside_of_all_regions_is_left_out() -> None:
    snap = observed(at_402000=PRESENT | 8, at_404000=PRESENT | 12, at_500000=PRESENT | 13)
    assert [page.pfn for page in snap.pages] == [12]


def test_the_frame_of_zeros_is_known_where_the_kernel_tells_it() -> None:
    snap = observed(at_403000=PRESENT | ZERO | 3, at_404000=PRESENT | ZERO | 3)
    assert snap.zero_pfn == 3
    assert [page.kind for page in snap.pages] == ["zero"]


def test_without_numbers_a_page_of_a_file_is_one_frame_for_all() -> None:
    pages = {"at_400000": PRESENT | OF_FILE, "at_403000": PRESENT, "at_404000": PRESENT}
    snap = host.snapshot(reading(**pages), reading(**pages))
    frames = [[page.pfn for page in views.mapped(snap, mm)] for mm in snap.mms]
    assert frames[0][0] == frames[1][0]
    assert len({*frames[0], *frames[1]}) == 5  # nobody knows whether anonymous ones are shared
    assert min(frames[0]) >= FIRST_UNNUMBERED
    assert not any(seen.knows_frames for seen in snap.seen.values())


def test_a_private_copy_of_a_page_of_a_file_is_not_the_page_of_the_file() -> None:
    one, other = reading(at_400000=PRESENT | OF_FILE), reading(at_400000=PRESENT)
    snap = host.snapshot(one, other)
    assert [page.kind for page in snap.pages] == ["file", "anon"]


def test_the_same_path_on_another_device_is_another_file() -> None:
    snap = host.snapshot(reading(), reading(TWO.replace("08:01", "08:02")))
    assert [inode.dev for inode in snap.inodes] == ["08:01", "00:01", "08:02"]


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("bits32", ["text", "data", "heap", "anon", "library", "vdso", "stack"]),
        ("old_kernel", ["text", "data", "anon", "anon", "stack"]),
    ],
)
def test_the_parts_of_a_program_are_told_from_the_text(name: str, kinds: list[str]) -> None:
    (mm,) = host.snapshot(DATA / f"{name}.txt").mms
    assert [views.kind(mm, vma) for vma in mm.mmap] == kinds


def test_the_kernel_tells_which_file_is_the_program() -> None:
    text = TWO.replace("/bin/x", "/lib/ld.so") + (
        "00600000-00601000 r-xp 00000000 08:01 9 /bin/y (deleted)\n"
    )
    snap = host.snapshot(host.Reading({"maps": text.encode(), "exe": b"/bin/y (deleted)"}))
    (mm,) = snap.mms
    assert views.kind(mm, mm.mmap[-1]) == "text"
    assert views.kind(mm, mm.mmap[0]) == "library"


def test_flags_of_smaps_are_taken_over() -> None:
    text = "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \nVmFlags: rd wr mr mw me gd ac\n"
    (mm,) = host.snapshot(text).mms
    assert mm.mmap[0].vm_flags & VM_GROWSDOWN


def test_vsyscall_is_a_line_but_no_region() -> None:
    snap = host.snapshot(DATA / "old_kernel.txt")
    assert [len(mm.mmap) for mm in snap.mms] == [5]
    assert "[vsyscall]" in snap.maps(1)


def test_a_shell_and_its_child_share_frames() -> None:
    snap = host.snapshot(*host.load(host.EXAMPLES / "shell.vmproc"))
    shell, child = (views.mapped(snap, mm).frames() for mm in snap.mms)
    assert len(shell & child) > len(child) / 2
    assert len(child - shell) > 5
    assert snap.tasks[1].ppid == snap.tasks[0].pid


def test_the_counts_are_those_of_smaps() -> None:
    (reading,) = host.load(host.EXAMPLES / "python.vmproc")
    (seen,) = host.snapshot(reading).seen.values()
    assert sum(counts["Rss"] for counts in seen.counts.values()) == reading.number("VmRSS")
    pages = sum(len(views.mapped(snap, snap.mms[0])) for snap in [host.snapshot(reading)])
    assert pages * 4 >= reading.number("VmRSS")  # the kernel's own, in [vdso], are none of RSS


@pytest.mark.parametrize(
    ("files", "problem", "why"),
    [
        ({"maps": b""}, StateError, "there is no line"),
        ({"maps": b"hello"}, StateError, "line 1: 'hello' is not a line"),
        (
            {"status": b"Name:\tkworker\nPid:\t7\nState:\tI"},
            HostError,
            "kworker.* is of the kernel",
        ),
        ({"status": b"Name:\tsh\nPid:\t7\nState:\tZ (zombie)"}, HostError, "sh.* has ended"),
    ],
)
def test_where_there_are_no_regions_it_is_told_why(
    files: dict[str, bytes], problem: type[Exception], why: str
) -> None:
    with pytest.raises(problem, match=why):
        host.snapshot(host.Reading(files))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc")
def test_a_living_process_is_read_by_its_number() -> None:
    snap = host.snapshot(os.getpid())
    assert [task.pid for task in snap.tasks] == [os.getpid()]
    assert snap.mms[0].map_count > 20
