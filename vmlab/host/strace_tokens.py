"""Arguments as strace writes them: numbers, names, strings, and what stands in brackets.

There is one grammar for all calls:

    arguments = [value {"," value}]
    value     = [name "="] (string | "{" arguments "}" | "[" arguments "]" | other) ["..."]
    other     = {word | "<" path ">" | "(" arguments ")" | string}

Comments may stand anywhere. What a word means depends on the call: it stays a text, which
`vmlab.model.abi.strace_values` reads by the kind of the parameter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vmlab.errors import ArgumentError
from vmlab.model.abi.strace_numbers import LONGEST_NUMBER, parse_number

DEEPEST = 64  # brackets in each other
MOST_VALUES = 1 << 16  # on one line

_TOKEN = re.compile(
    r"""(?P<comment>\s*/\*.*?\*/)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<more>\.\.\.)
    | (?P<open>[({\[])
    | (?P<close>[)}\]])
    | (?P<comma>,\s*)
    | (?P<path>(?<=[0-9A-Z])<(?:->|[^<>]|<[^<>]*>)*>)
    | (?P<word>(?:[^\s"(){}\[\],<.]|<<|\.(?!\.\.)|(?<=[\s=])<)+)
    | (?P<space>\s+)""",
    re.VERBOSE | re.DOTALL,
)
_NAME = re.compile(r"([A-Za-z_]\w*)=(?!=)")
_PAIRS = {"(": ")", "{": "}", "[": "]"}


@dataclass(frozen=True, slots=True)
class Value:
    """One argument, or a part of one."""

    text: str  # as it stands, without comments and without what -y adds
    name: str = ""  # of the field that it is, '' = none
    path: str = ""  # what -y says of a descriptor
    items: tuple[Value, ...] = ()  # what stands in its {} or []
    cut: bool = False  # strace left out a part of it

    def field(self, name: str) -> Value | None:
        """Return the field of that name, wherever it stands in it.

        >>> parse_arguments("{a=1, b={c=0x10}})", 0)[0][0].field("c").number
        16
        """
        for item in self.items:
            found = item if item.name == name else item.field(name)
            if found is not None:
                return found
        return None

    @property
    def number(self) -> int | None:
        """Return the number that it is, None if it is none."""
        try:
            return parse_number(self.text) if len(self.text) <= LONGEST_NUMBER else None
        except ArgumentError:
            return None


class _Reader:
    # Reads values from a place of a text on.
    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at
        self.count = 0
        self.kind, self.token = "", ""

    def next(self) -> None:
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            raise ArgumentError("line_cut" if self.at >= len(self.text) else "line_unreadable")
        self.at = found.end()
        self.kind, self.token = str(found.lastgroup), found[0]

    def values(self, closer: str, depth: int) -> tuple[list[Value], bool]:
        # Up to a bracket; and whether something was left out.
        if depth > DEEPEST:
            raise ArgumentError("nested_too_deep", most=DEEPEST)
        values: list[Value] = []
        cut = False
        while True:
            value = self._value(depth)
            if value.text or value.name:
                values.append(value)
            cut |= value.cut
            if self.kind == "close":
                if self.token != closer:
                    raise ArgumentError("line_unreadable")
                return values, cut

    def _value(self, depth: int) -> Value:
        self.count += 1
        if self.count > MOST_VALUES:
            raise ArgumentError("too_many_values", most=MOST_VALUES)
        pieces: list[str] = []
        name = path = ""
        items: tuple[Value, ...] = ()
        cut = False
        while True:
            self.next()
            match self.kind:
                case "close" | "comma":
                    return Value("".join(pieces).strip(), name, path, items, cut)
                case "more":
                    cut = True
                case "path":
                    path = self.token[1:-1]
                case "open":
                    opened, begin = self.token, self.at
                    inner, inner_cut = self.values(_PAIRS[opened], depth + 1)
                    pieces.append(opened + self.text[begin : self.at])
                    if opened != "(":
                        items, cut = (*items, *inner), cut or inner_cut
                case "word" if not pieces and not name and (found := _NAME.match(self.token)):
                    name = found[1]
                    pieces += [rest] if (rest := self.token[found.end() :]) else []
                case "word" | "string" | "space":
                    pieces.append(self.token)
            self.kind = ""


def parse_arguments(text: str, at: int) -> tuple[tuple[Value, ...], int]:
    r"""Read arguments from a place on, and the bracket behind them; return where that ends.

    Raises:
        ArgumentError: they are not such, or no end is there, or there are too many in each other.

    >>> values, end = parse_arguments('3</etc/passwd>, "a\n"..., {st_size=5, ...}) = 0', 0)
    >>> [value.text for value in values], values[0].path, values[1].cut
    (['3', '"a\n"', '{st_size=5, ...}'], '/etc/passwd', True)
    """
    reader = _Reader(text, at)
    values, _ = reader.values(")", 0)
    return tuple(values), reader.at
