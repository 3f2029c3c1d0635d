"""What a page plays, read in Python as the page's script reads it."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any

Values = dict[str, Any]


def text_of(data: Values, number: int) -> str:
    """Return one of the texts, put together from its lines."""
    lines, following = [], 0
    for distance in data["texts"][number]:
        lines.append(data["lines"][following + distance])
        following += distance + 1
    return "\n".join(lines)


def unpacked(code: str) -> Values:
    """Return the values of a page or a link."""
    packed = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
    values: Values = json.loads(zlib.decompress(packed, -zlib.MAX_WBITS))
    return values


def values_of(page: str) -> Values:
    """Return what a page plays."""
    (code,) = re.findall(r'<script type="text/plain" id="vmlab-data">(.*)</script>', page)
    return unpacked(code.translate(str.maketrans("+/", "-_")))
