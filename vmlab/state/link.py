"""A link that holds a machine: a file of vmlab, compressed, in the fragment of an address.

What stands after `#` in an address is never sent to a server, so the machine stays between those
who have the link. The form, which JavaScript reads too, is

    SITE/#vmlab=HELD

where HELD is base64url (RFC 4648, section 5, without `=` at its end) of raw deflate (RFC 1951) of
the UTF-8 text of the file: a recording or a state, as an Explorer saves it. In a browser
`DecompressionStream("deflate-raw")` reads it.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from vmlab.errors import StateError

FRAGMENT = "#vmlab="

# Characters of HELD in a link that is given out. Browsers take a hundred times as many, but not
# everything through which people send a link to each other does.
MOST = 16_000

_LARGEST = 1 << 24  # bytes that a link is unpacked to
_RAW = -zlib.MAX_WBITS  # deflate without a head
_HELD = re.compile(r"[\w-]+", re.ASCII)


def encode(text: str) -> str:
    """Return what stands after `#vmlab=` in the link that holds a file.

    Args:
        text: the file.

    >>> encode("{}")
    'q64FAA'
    """
    packer = zlib.compressobj(9, wbits=_RAW)
    packed = packer.compress(text.encode()) + packer.flush()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode(link: str) -> str:
    """Return the text of the file that a link holds.

    Args:
        link: the whole address, or what stands after `#vmlab=` in it.

    Raises:
        StateError: it holds none.

    >>> decode("https://example.org/lab/index.html#vmlab=q64FAA")
    '{}'
    """
    held = link.rpartition(FRAGMENT)[2].strip().rstrip("=") if isinstance(link, str) else ""
    if not _HELD.fullmatch(held):
        raise StateError("link_holds_nothing")
    try:
        packed = base64.urlsafe_b64decode(held + "=" * (-len(held) % 4))
        unpacker = zlib.decompressobj(_RAW)
        text = unpacker.decompress(packed, _LARGEST).decode()
    except (binascii.Error, UnicodeDecodeError, zlib.error):
        raise StateError("link_damaged") from None
    if not unpacker.eof or unpacker.unused_data:
        raise StateError("link_damaged")
    return text
