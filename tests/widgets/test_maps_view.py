"""Two texts of /proc/PID/maps laid over each other."""

from __future__ import annotations

from vmlab.widgets.clickable_view import Pick
from vmlab.widgets.maps_view import MapsView, compare


def changes(before: str, after: str) -> str:
    """Lines are letters with a digit of content: `a1 b1`; the answer marks each line."""
    old, new = ([(word[0], word[1:]) for word in text.split()] for text in (before, after))
    signs = {"": " ", "new": "+", "changed": "~", "gone": "-"}
    return " ".join(signs[line["change"]] + line["id"] + line["text"] for line in compare(old, new))


def test_compare() -> None:
    assert changes("a1 b1", "a1 b1") == " a1  b1"
    assert changes("a1 c1", "a1 b1 c1") == " a1 +b1  c1"
    assert changes("a1 b1 c1", "a1 c2") == " a1 -b1 ~c2"
    assert changes("a1 b1", "a1") == " a1 -b1"
    assert changes("", "a1") == "+a1"
    assert changes("a1", "") == "-a1"
    assert changes("a1 b1 c1", "d1 c1") == "+d1 -a1 -b1  c1"


def test_a_click_on_a_line() -> None:
    view = MapsView(title="/proc/1/maps")
    told: list[Pick] = []
    view.on_click(told.append)
    view._handle_custom_msg({"type": "click", "id": "vma_1_401000"}, [])
    view._handle_custom_msg({"type": "hover", "id": "vma_1_401000"}, [])
    assert told == [Pick("vma_1_401000")]
    assert repr(view) == "MapsView('/proc/1/maps')"
