"""Reading what is typed for options and rights."""

from __future__ import annotations

import re

from vmlab.model.abi.fcntl import Access
from vmlab.model.abi.stat import FileType
from vmlab.model.abi.wait import Wait
from vmlab.widgets.call_field import Meaning
from vmlab.widgets.typed_values import parse_flags, parse_number
from vmlab.words.typed import plain


def wait_options(text: str, _: Meaning) -> int:
    """Read options of wait4."""
    # Some names begin with two underscores.
    names = {name.strip("_").lower(): bit for name, bit in Wait.__members__.items()}
    names |= {name.removeprefix("w"): bit for name, bit in names.items()}
    words = plain(text).lower().replace("_", "").split()
    if all(word in names for word in words):
        return sum({names[word].value for word in words})
    return parse_number(text)


def access(text: str, _: Meaning) -> int:
    """Read what access asks for."""
    words = plain(text).upper().split()
    if words and all(word in Access.__members__ for word in words):
        return sum({Access[word].value for word in words})
    return parse_number(text)


def rights(text: str, _: Meaning) -> int:
    """Read rights of a file, in octal as C has them."""
    # In octal, as C and the shell have them.
    text = plain(text).strip() or "0777"
    return int(text, 8) if re.fullmatch("[0-7]{1,6}", text) else parse_number(text)


def node(text: str, _: Meaning) -> int:
    """Read what mknod makes."""
    # A kind of file by name, and rights in octal as C has them.
    words = re.sub(r"\b0([0-7]+)\b", lambda found: str(int(found[1], 8)), plain(text))
    return parse_flags(words, FileType) if words.strip() else 0
