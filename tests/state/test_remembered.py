"""What was found out about a part is not found out again, as long as it is remembered."""

from __future__ import annotations

from vmlab.state.remembered import remembered


def test_a_part_is_looked_through_once_for_each_question() -> None:
    asked: list[tuple[int, ...]] = []

    @remembered(4)
    def total(part: tuple[int, ...], factor: int) -> int:
        asked.append(part)
        return sum(part) * factor

    part = (1, 2, 3)
    assert [total(part, 1), total(part, 1), total(part, 2)] == [6, 6, 12]
    assert len(asked) == 2


def test_an_equal_part_is_another_one() -> None:
    asked: list[object] = []

    @remembered(4)
    def same(part: object) -> object:
        asked.append(part)
        return part

    one, other = [1], [1]
    assert same(one) is one
    assert same(other) is other
    assert len(asked) == 2


def test_no_more_is_remembered_than_was_said() -> None:
    asked: list[object] = []
    parts = [(number,) for number in range(10)]

    @remembered(3)
    def look(part: object) -> int:
        asked.append(part)
        return len(asked)

    for part in parts:
        look(part)
    look(parts[-1])
    assert len(asked) == 10
    look(parts[0])
    assert len(asked) == 11
