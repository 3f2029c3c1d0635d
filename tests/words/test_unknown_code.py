"""A code that nobody knows, as an altered file may hold one, is not taken for a message."""

from vmlab.codes import because


def test_it_is_its_own_words() -> None:
    assert str(because("never_heard_of", path="{x}")) == "never_heard_of(path='{x}')"
    assert str(because("{path.__class__}", path="/a")) == "{path.__class__}(path='/a')"
