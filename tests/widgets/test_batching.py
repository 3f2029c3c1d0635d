"""What changes in several views travels in one message, once the page has said that it may."""

from __future__ import annotations

from typing import Any

import pytest

from vmlab.widgets.base import View
from vmlab.widgets.batching import Batching
from vmlab.widgets.player import Player
from vmlab.widgets.story_strip import StoryStrip

Sent = list[tuple[View, dict[str, Any]]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What widgets sent: which one, and the message."""
    messages: Sent = []
    monkeypatch.setattr(View, "_send", lambda self, msg, **_: messages.append((self, msg)))
    return messages


@pytest.fixture
def post() -> Batching:
    return Batching()


@pytest.fixture
def ready(post: Batching) -> Batching:
    post._handle_custom_msg({"type": "ready"}, [])
    return post


def test_one_message_for_all_views(ready: Batching, sent: Sent) -> None:
    player, strip = Player(count=9), StoryStrip()
    sent.clear()
    with ready.together((player, strip)):
        player.step = 3
        strip.sentence = "first"
        strip.sentence = "last"
        assert sent == []
    states = {player.model_id: {"step": 3}, strip.model_id: {"sentence": "last"}}
    assert sent == [(ready, {"method": "custom", "content": {"type": "states", "states": states}})]


def test_blocks_in_a_block_wait_for_its_end(ready: Batching, sent: Sent) -> None:
    player, strip = Player(count=9), StoryStrip()
    sent.clear()
    with ready.together((player, strip)):
        with ready.together((player,)):
            player.step = 3
        strip.sentence = "later"
        assert sent == []
    ((_, message),) = sent
    assert set(message["content"]["states"]) == {player.model_id, strip.model_id}
    player.step = 4
    assert sent[-1] == (player, {"method": "update", "state": {"step": 4}, "buffer_paths": []})


def test_each_sends_its_own_where_the_page_cannot_take_them_together(
    post: Batching, sent: Sent
) -> None:
    player, strip = Player(count=9), StoryStrip()
    sent.clear()
    with post.together((player, strip)):
        player.step = 3
        strip.sentence = "one"
        assert sent == []
    assert {view for view, _ in sent} == {player, strip}
    assert {message["method"] for _, message in sent} == {"update"}


def test_what_failed_in_between_loses_no_change(ready: Batching, sent: Sent) -> None:
    player = Player(count=9)
    sent.clear()

    def fail_after_a_change() -> None:
        with ready.together((player,)):
            player.step = 3
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fail_after_a_change()
    ((_, message),) = sent
    assert message["content"]["states"] == {player.model_id: {"step": 3}}


def test_nothing_is_sent_when_nothing_changed_or_the_view_is_closed(
    ready: Batching, sent: Sent
) -> None:
    player = Player(count=9)
    sent.clear()
    with ready.together((player,)):
        player.step = player.step
    assert sent == []
    player.close()
    sent.clear()
    with ready.together((player,)):
        player.step = 5
    assert sent == []
