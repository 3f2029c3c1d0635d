"""The page of real processes stands alone, and names of files are text in it."""

from __future__ import annotations

import html
import re

from tests.widgets.played_values import values_of
from vmlab import host
from vmlab.host.observed import observed
from vmlab.host.page import page

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
SMAPS = f"""\
00400000-00402000 r-xp 00000000 08:01 5 /bin/{EVIL}
Rss: 8 kB
Pss: 6 kB
Private_Clean: 4 kB
00403000-00405000 rw-p 00000000 00:00 0
Rss: 0 kB
what is this
"""


def shown(*readings: host.Reading) -> str:
    return page(observed(readings), readings)


def test_it_has_the_pictures_that_can_be_drawn_and_all_regions() -> None:
    readings = host.load(host.EXAMPLES / "shell.vmproc")
    values = values_of(shown(*readings))
    assert [each["tab"] for each in values["pictures"]] == [
        "Where the memory is",
        "Address space",
        "Sharing",
        "Frames",
    ]
    assert values["columns"] == [
        *("process", "addresses", "rights", "size", "RSS", "PSS", "private", "name")
    ]
    assert len(values["rows"]) == sum(len(each.regions.lines) for each in readings)
    assert values["notes"] == []


def test_of_a_text_it_says_what_is_not_known() -> None:
    values = values_of(shown(host.read("00400000-00402000 r-xp 00000000 08:01 5 /bin/x\nhello")))
    assert [each["tab"] for each in values["pictures"]] == ["Address space"]
    assert values["columns"] == ["addresses", "rights", "size", "name"]
    assert values["rows"] == [["vma_1_400000", "00400000-00402000", "r-xp", 8, "/bin/x"]]
    assert values["notes"] == [
        "line 2: 'hello' is not a line of /proc/PID/maps",
        "How much is in memory is not known: that takes /proc/PID/smaps.",
        "Which pages are present is not known: that takes /proc/PID/pagemap.",
    ]


def test_names_are_never_markup() -> None:
    text = shown(host.read(SMAPS))
    assert EVIL not in text
    assert text.count("<script") == 2
    assert "<img" not in text
    assert html.escape("script><img src=x") in text  # in words, for pages without scripts
    (row, other) = values_of(text)["rows"]
    assert row[3:-1] == [8, 8, 6, 4]
    assert row[-1] == f"/bin/{EVIL}"
    assert other[3:-1] == [8, 0, -1, 0]


def test_no_script_runs_but_its_own_and_nothing_is_loaded() -> None:
    text = shown(host.read(SMAPS))
    policy = html.unescape(re.findall(r'Security-Policy" content="([^"]*)"', text)[0])
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.findall(r'(?:src|href)="(?!data:)', text.partition("<script")[0])


def test_swap_has_a_column_where_there_is_some() -> None:
    swapped = SMAPS.replace("Private_Clean: 4 kB\n", "Private_Clean: 4 kB\nSwap: 12 kB\n")
    values = values_of(shown(host.read(swapped)))
    assert values["columns"][-2:] == ["swapped", "name"]
    assert [row[-2] for row in values["rows"]] == [12, -1]


def test_many_lines_that_could_not_be_read_are_counted() -> None:
    text = SMAPS + "no line\n" * 9
    notes = values_of(shown(host.read(text)))["notes"]
    assert notes[4] == "line 11: 'no line' is not a line of /proc/PID/maps"
    assert notes[5] == "5 more lines were not read"
