"""The page that plays a recording: whole in itself, closed to all that comes from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import html
import re

import pytest

from tests.pseudo_language import marked, plain_words, pseudo_language
from tests.widgets.played_values import unpacked, values_of
from vmlab import Machine, Recorder
from vmlab.errors import UsageError
from vmlab.widgets.base import messages
from vmlab.widgets.export import data_of
from vmlab.widgets.played import Data
from vmlab.widgets.played_page import IN_LINK, LONGEST_LINK, code, link, page, style
from vmlab.words.language import speaking

TITLE = "</title></script><script>alert('1')</script>"


@pytest.fixture(scope="module")
def data() -> Data:
    machine = Machine()
    process = machine.spawn()
    recorder = Recorder(machine)
    machine.fs.write("/</li><img src=x>", b"x")
    process.brk(0)
    return data_of(recorder, title=TITLE)


@pytest.fixture(scope="module")
def shown(data: Data) -> str:
    return page(data)


def inside(shown: str, tag: str) -> list[str]:
    """What stands in the elements of a kind that have no attribute but a type."""
    return re.findall(rf'<{tag}(?: type="module")?>(.*?)</{tag}>', shown, re.DOTALL)


def test_it_holds_what_is_played(data: Data, shown: str) -> None:
    held = values_of(shown)
    assert {name: held.pop(name) for name in ("format", "version", "language", "words")} == {
        "format": "vmlab-player",
        "version": 1,
        "language": "en",
        "words": {},
    }
    assert held.keys() == data.keys()
    assert held["lines"] == data["lines"]


def test_only_its_own_script_and_styles_are_let_in(shown: str) -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', shown)
    rules = dict(rule.split(" ", 1) for rule in html.unescape(policy).split("; "))
    for tag, name in (("script", "script-src"), ("style", "style-src")):
        (text,) = inside(shown, tag)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules.pop(name) == f"'sha256-{digest}'"
    assert rules == {
        "default-src": "'none'",
        "img-src": "data: blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_nothing_comes_from_a_network(shown: str) -> None:
    found = set(re.findall(r"https?://[^\s\"'`]+", shown))
    assert found == {"http://www.w3.org/2000/svg"}, "the name of a namespace"
    assert re.findall(r'(?:src|href)="([^"]*)"', shown) == ["data:,"]
    assert "import(" not in code()
    assert "url(" not in style()


def test_its_script_cannot_be_left() -> None:
    assert "<script" not in code().lower()
    assert "</script" not in code().lower()
    assert "</style" not in style().lower()


@pytest.mark.parametrize("way", ["innerHTML", "outerHTML", "insertAdjacent", "document.write"])
def test_no_text_is_read_as_a_page(way: str) -> None:
    assert way not in code()


def test_names_are_text(shown: str) -> None:
    assert TITLE not in shown
    assert shown.count(html.escape(TITLE)) == 2
    assert "<img" not in shown
    assert "&lt;/li&gt;&lt;img src=x&gt;" in shown
    assert shown.count("<script") == shown.count("</script>") == 2


def test_without_a_script_it_tells_the_story(data: Data, shown: str) -> None:
    (told,) = inside(shown, "noscript")
    for call in data["calls"]:
        assert html.escape(call["headline"]) in told
    assert told.index("brk") > told.index("img src=x")


def test_it_speaks_a_language(data: Data) -> None:
    with speaking("ko"):
        shown = page(data)
    assert '<html lang="ko">' in shown
    words = values_of(shown)["words"]
    assert words["Next step"] == "다음 단계"
    assert set(words) <= set(messages(code()))
    with pseudo_language():
        shown = page(None)
        assert not plain_words("".join(inside(shown, "title") + inside(shown, "p")))
        assert values_of(shown)["words"]["Play"] == marked("Play")


def test_a_page_without_a_recording_plays_what_its_link_holds(data: Data) -> None:
    assert "scenes" not in values_of(page(None))
    found = link(data, "https://example.org/player.html?a=b")
    address, packed = found.split(IN_LINK)
    assert address == "https://example.org/player.html?a=b"
    assert re.fullmatch(r"[\w-]+", packed, re.ASCII)
    assert unpacked(packed) == values_of(page(data))


def test_what_is_too_much_for_a_link_is_refused(data: Data) -> None:
    numbers = hashlib.shake_256(b"").hexdigest(LONGEST_LINK)
    with pytest.raises(UsageError, match=r"the link would have \d+,\d+ characters, more than 64,0"):
        link({**data, "lines": [*data["lines"], numbers]}, "a")
