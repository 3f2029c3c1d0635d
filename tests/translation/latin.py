"""English words in what a person sees in another language, wherever they come from.

Code and names stay as they are: what stands in backquotes or is quoted, what has a digit, an
underscore, a slash or a capital letter within, lines of /proc, bytes, and the English of a term in
parentheses behind it. So do the words that the last paragraph of the glossary lists, calls and
their arguments, events, and the fields of the kernel's structs.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection
from functools import cache

from tests.translation.glossary import kept
from vmlab.model.abi.calls import CALLS
from vmlab.model.linux.include import structs
from vmlab.words.sentences import SENTENCES

_CODE = re.compile(
    "|".join(
        (
            r"```.*?```",
            r"`[^`]*`",
            r"<!--.*?-->",
            r"\]\([^)]*\)",  # a link
            r"\bb?'[^'\n]*'",
            r'\bb?"[^"\n]*"|"[^"\n]*"',
            r"(?<=[가-힣*`])\s?\([^()]*\)",  # 페이지 폴트(page fault)
            r"^.*\b[0-9a-f]{8,16}-[0-9a-f]{8,16} [r-][w-][x-][ps].*$",  # /proc/PID/maps
            r"^(Name|State|Tgid|Pid|PPid):\t.*$",  # /proc/PID/status
            r"^ *Type +Offset +VirtAddr.*$",  # readelf
            r" \(deleted\)",  # of a path
            r"<[A-Za-z]+ [^<>\n]*>",  # what Python shows of an object
            r"\bstruct [a-z_]+",
            r"\+0x[0-9a-f]+( [0-9a-f]{2})+",  # bytes at an offset
            r"\b[r-][w-][x-][ps]?(?![A-Za-z])",  # rights
        )
    ),
    re.DOTALL | re.MULTILINE,
)
_RUN = re.compile(r"[A-Za-z0-9_./\\@%$#=+\-&|~^]*[A-Za-z][A-Za-z0-9_./\\@%$#=+\-&|~^]*(?:\(\))?")
_BYTE = re.compile("[a-f]{2}")
_WORD = re.compile(r"[A-Za-z][a-z]+(-[a-z]+)*")


@cache
def _names() -> frozenset[str]:
    kinds = (kind for kind in vars(structs).values() if dataclasses.is_dataclass(kind))
    return frozenset(
        {parameter.name for call in CALLS.values() for parameter in call.parameters}
        | {kind.name for kind in SENTENCES}
        | {field.name for kind in kinds for field in dataclasses.fields(kind)}
    )


def english_words(text: str, code: str, names: Collection[str] = ()) -> list[str]:
    """Return the words of a text that nothing says may be in Latin letters.

    Args:
        text: what a person sees, all of it in one language.
        code: that language.
        names: other names, such as those of the variables of a program.
    """
    runs = (
        run.lstrip("=+-&|~^.").rstrip("./=+-&|~^") for run in _RUN.findall(_CODE.sub(" ", text))
    )
    allowed = {*kept(code), *_names(), *names}
    words = [run for run in runs if _WORD.fullmatch(run) and run not in allowed]
    return [word for word in words if not _BYTE.fullmatch(word)]
