"""The picture of what takes memory: what one name has is one row, those that take most first."""

from __future__ import annotations

from vmlab import host
from vmlab.diagrams.memory_use import LISTED, ROWS, memory_use_svg, memory_use_text, uses
from vmlab.state.observed import Observed


def smaps(*regions: tuple[str, int, int, int, int]) -> Observed:
    """Regions, each with its name and KiB that are private, shared, its share of them, swapped."""
    text = ""
    for place, (name, private, shared, share, swap) in enumerate(regions):
        start = 0x7F0000000000 + (place << 24)
        file = f"08:01 {abs(hash(name)) % 1000 + 1}" if name.startswith("/") else "00:00 0"
        text += f"{start:x}-{start + (1 << 20):x} rw-p 00000000 {file} {name}\n"
        text += (
            f"Rss: {private + shared} kB\nPss: {private + share} kB\nShared_Clean: {shared} kB\n"
        )
        text += f"Private_Dirty: {private} kB\nSwap: {swap} kB\n"
    return host.snapshot(text)


def test_regions_of_one_name_are_one() -> None:
    parts = (("/lib/a.so", 1, 2, 1, 0), ("", 8, 0, 0, 0), ("/lib/a.so", 4, 0, 0, 0))
    snap = smaps(("/bin/program", 0, 0, 0, 0), *parts)
    found = uses(snap, snap.mms[0])[:2]
    assert [(use.name, use.regions, use.private >> 10, use.shared >> 10) for use in found] == [
        ("", 1, 8, 0),
        ("a.so", 2, 5, 2),
    ]
    assert found[1].start == 0x7F0003000000  # the one that takes most


def test_what_takes_most_comes_first_by_its_share_and_what_is_swapped() -> None:
    snap = smaps(("[a]", 1, 100, 2, 0), ("[b]", 4, 0, 0, 0), ("[c]", 1, 0, 0, 9))
    assert [use.name for use in uses(snap, snap.mms[0])] == ["c", "b", "a"]


def test_it_is_said_in_words() -> None:
    snap = smaps(("[heap]", 2048, 1024, 512, 64), ("", 0, 0, 0, 0), ("/lib/a.so", 0, 64, 8, 0))
    assert memory_use_text(snap).splitlines() == [
        "pid 1 : RSS 3.06 MiB, PSS 2.51 MiB, private 2 MiB, swapped 64 KiB",
        "  heap: private 2 MiB, shared 1 MiB, PSS 2.5 MiB, swapped 64 KiB",
        "  a.so: private 0 bytes, shared 64 KiB, PSS 8 KiB",
    ]


def test_many_names_are_folded() -> None:
    snap = smaps(*((f"[n{place}]", 100 - place, 0, 0, 0) for place in range(60)))
    assert memory_use_text(snap).splitlines()[-1] == f"  ... {60 - LISTED} more: 1010 KiB ..."
    svg = memory_use_svg(snap)
    assert svg.count('id="vma_') == ROWS
    assert f"... {60 - ROWS} more: " in svg


def test_several_processes_share_the_room() -> None:
    snap = host.snapshot(*host.load(host.EXAMPLES / "shell.vmproc"))
    both, one = memory_use_svg(snap), memory_use_svg(snap, mms=[snap.mms[0].mm])
    assert both.count('id="mm_') == 2
    assert one.count('id="mm_') == 1
    assert memory_use_text(snap, mms=[snap.mms[1].mm]).startswith(f"pid {snap.tasks[1].pid} bash:")


def test_kernels_before_pss_tell_what_is_in_memory() -> None:
    snap = host.snapshot(
        "00400000-00500000 rw-p 00000000 00:00 0\nRss: 8 kB\nPrivate_Dirty: 8 kB\n"
    )
    (use,) = uses(snap, snap.mms[0])
    assert use.pss == use.rss == 8 << 10
