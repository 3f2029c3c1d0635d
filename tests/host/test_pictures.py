"""Pictures of real processes show what is known, and say what is not."""

from __future__ import annotations

import pytest

from tests.host.packed import packed_pages
from vmlab import host
from vmlab.errors import HostError, UsageError
from vmlab.host.pagemap import OF_FILE, PRESENT
from vmlab.state.observed import Observed
from vmlab.widgets.pictures import PICTURES, Focus

MAPS = """\
00400000-00402000 r-xp 00000000 08:01 5                                  /bin/x
00403000-00405000 rw-p 00000000 00:00 0
"""
SMAPS = MAPS.replace("/bin/x\n", "/bin/x\nRss: 4 kB\nPss: 4 kB\nPrivate_Clean: 4 kB\n")
KEPT = sorted(set(PICTURES) - {"address_space", "sharing", "frames"})


@pytest.fixture(scope="module")
def shell() -> Observed:
    return host.snapshot(*host.load(host.EXAMPLES / "shell.vmproc"))


@pytest.mark.parametrize("name", KEPT)
def test_what_the_kernel_keeps_to_itself_is_told_in_one_line(shell: Observed, name: str) -> None:
    focus = Focus()
    words = PICTURES[name].text(shell, focus)
    assert "\n" not in words
    assert words.startswith(("The kernel does not show", "There is no recording"))
    assert f"{name}.nothing" in PICTURES[name].svg(shell, focus)
    with pytest.raises(HostError, match=words.split(":")[0]):
        host.draw(shell, picture=name)


@pytest.mark.parametrize("name", ["memory_use", "address_space", "sharing", "frames"])
def test_the_others_are_drawn(shell: Observed, name: str) -> None:
    picture = host.draw(shell, picture=name)
    assert picture.name == name
    assert picture.svg.startswith("<svg")
    assert "bash" in picture.text or name == "frames"


@pytest.mark.parametrize(
    ("text", "first", "lacking"),
    [
        (MAPS, "address_space", {"memory_use": "smaps", "frames": "pagemap", "sharing": "pagemap"}),
        (SMAPS, "memory_use", {"frames": "pagemap"}),
    ],
)
def test_of_a_text_is_drawn_what_it_tells(text: str, first: str, lacking: dict[str, str]) -> None:
    assert host.draw(text).name == first
    for name, file in lacking.items():
        with pytest.raises(HostError, match=f"not known: that takes /proc/PID/{file}"):
            host.draw(text, picture=name)


def test_pages_that_are_not_known_are_not_counted() -> None:
    assert host.draw(MAPS, picture="address_space").text.splitlines()[1:] == [
        "  0x403000-0x405000 rw-p anon, 8 KiB, 2 pages",
        "  free 4 KiB",
        "  0x400000-0x402000 r-xp text, 8 KiB, 2 pages",
        "  free 4 MiB",
    ]


def test_smaps_tells_how_many_are_there() -> None:
    lines = host.draw(SMAPS, picture="address_space").text.splitlines()
    assert lines[3] == "  0x400000-0x402000 r-xp text, 8 KiB, 1 of 2 pages present"


def reading(frame: int) -> host.Reading:
    pages = {0x400000: PRESENT | OF_FILE | frame, 0x403000: PRESENT | (frame and frame + 1)}
    return host.Reading({"maps": MAPS.encode(), "pagemap": packed_pages(pages)})


def test_what_may_be_written_is_not_known() -> None:
    snap = host.snapshot(reading(9))
    words = host.draw(snap, picture="frames").text.splitlines()
    assert words == [
        "Frames that are mapped:",
        "  frame 9 (file):",
        "    mm 1, page 0x400000, present",
        "  frame 10 (anon):",
        "    mm 1, page 0x403000, present",
    ]
    assert "writable" not in host.draw(snap, picture="sharing").svg
    assert "the next write copies" not in host.draw(snap, picture="sharing").svg
    assert "refs" not in host.draw(snap, picture="frames").svg
    assert "zeros" not in host.draw(snap, picture="sharing").text


def test_frames_without_numbers_are_told_apart_but_not_named() -> None:
    snap = host.snapshot(reading(0), reading(0))
    words = host.draw(snap, picture="sharing").text
    assert "  frame ?: page 0, 2 pages here" in words.splitlines()
    assert "  frame ?: anon page 0, ?" in words.splitlines()
    assert str(1 << 39) not in words + host.draw(snap, picture="frames").text


def test_an_unknown_picture_is_told(shell: Observed) -> None:
    with pytest.raises(
        UsageError, match="no picture is named 'map'; there are memory_use, sharing"
    ):
        host.draw(shell, picture="map")


def test_the_same_gives_the_same_bytes(shell: Observed) -> None:
    for name in ("memory_use", "address_space", "sharing", "frames"):
        assert host.draw(shell, picture=name).svg == host.draw(shell, picture=name).svg
