"""docs/events.md says what the code says."""

from tests.event_catalogue import PAGE, catalogue
from vmlab.model.trace.event import Event


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == catalogue(), "run python -m tests.event_catalogue"


def test_no_event_is_left_out() -> None:
    for kind in Event.__subclasses__():
        assert f"### `{kind.name}`" in catalogue()
