"""Arguments as strace writes them."""

import pytest

from vmlab.errors import ArgumentError
from vmlab.host.strace_tokens import DEEPEST, MOST_VALUES, Value, parse_arguments


def values(text: str) -> tuple[Value, ...]:
    found, end = parse_arguments(f"{text})", 0)
    assert end == len(text) + 1
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("NULL, 8192", ["NULL", "8192"]),
        ("PROT_READ|PROT_WRITE", ["PROT_READ|PROT_WRITE"]),
        ("0x3 /* PROT_READ|PROT_WRITE */, 1", ["0x3", "1"]),
        ('"a, \\"b)", 1', ['"a, \\"b)"', "1"]),
        ('"/* no comment */"', ['"/* no comment */"']),
        ("21<<MAP_HUGE_SHIFT|MAP_SHARED", ["21<<MAP_HUGE_SHIFT|MAP_SHARED"]),
        ("3</tmp/a, b)>, 4<TCP:[127.0.0.1:1->127.0.0.1:2]>", ["3", "4"]),
        ("5</dev/null<char 1:3>>", ["5"]),
        ("AT_FDCWD</home>, 8192*1024", ["AT_FDCWD", "8192*1024"]),
        ("[INT CHLD], ~[RTMIN RT_1]", ["[INT CHLD]", "~[RTMIN RT_1]"]),
        ("[{WIFEXITED(s) && WEXITSTATUS(s) == 2}]", ["[{WIFEXITED(s) && WEXITSTATUS(s) == 2}]"]),
        ("makedev(0x88, 0x3)", ["makedev(0x88, 0x3)"]),
        ("{a=1} => {b=2}", ["{a=1} => {b=2}"]),
    ],
)
def test_values_keep_their_text(text: str, expected: list[str]) -> None:
    assert [value.text for value in values(text)] == expected


def test_fields_are_found_by_name_wherever_they_stand() -> None:
    stat = values("{st_mode=S_IFREG|0644, st_size=36599, st_x={y=[1, 2]}, ...}")[0]
    size = stat.field("st_size")
    assert size is not None
    assert size.number == 36599
    assert stat.cut
    assert stat.field("y") == Value("[1, 2]", "y", items=(Value("1"), Value("2")))
    assert stat.field("st_gid") is None


def test_what_a_descriptor_leads_to_is_told() -> None:
    found = values("3</tmp/a-b>, 4<TCP:[127.0.0.1:1->127.0.0.1:2]>, 5")
    assert [value.path for value in found] == ["/tmp/a-b", "TCP:[127.0.0.1:1->127.0.0.1:2]", ""]


@pytest.mark.parametrize("text", ['"abc"...', "[1, 2, ...]", "{a=1, ...}"])
def test_what_strace_left_out_is_marked(text: str) -> None:
    assert values(text)[0].cut


@pytest.mark.parametrize(
    ("text", "number"), [("0x10", 16), ("010", 8), ("8*1024", 8192), ("-1", -1), ("NULL", None)]
)
def test_numbers(text: str, number: int | None) -> None:
    assert Value(text).number == number


def test_a_number_without_end_is_none() -> None:
    assert Value("9" * 10_000).number is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1, 2", "line_cut"),
        ('"abc', "line_unreadable"),
        ("[1}", "line_unreadable"),
        ("[" * (DEEPEST + 2), "nested_too_deep"),
        ("1," * (MOST_VALUES + 2), "too_many_values"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, code: str) -> None:
    with pytest.raises(ArgumentError) as failure:
        parse_arguments(text, 0)
    assert failure.value.code == code
