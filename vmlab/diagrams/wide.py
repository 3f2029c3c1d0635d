"""Hangul and other wide letters in pictures: boxes that fit them, fonts that have them.

Graphviz has no measure for them, and takes one for as wide as three letters of the Latin alphabet.
So it is given other letters in their places, which it takes for two columns each, as wide letters
are in letters of one width.
"""

from __future__ import annotations

from collections.abc import Callable

from vmlab.words.columns import is_wide

# What Graphviz writes, and what has the letters of Korea where it is read: Linux, macOS, Windows.
_FONT = "Courier,monospace"
FONTS = (
    "Courier,Courier New,Liberation Mono,DejaVu Sans Mono,NanumGothicCoding,D2Coding,"
    "Noto Sans Mono CJK KR,Apple SD Gothic Neo,Malgun Gothic,monospace"
)
# Letters of two bytes: Graphviz counts bytes.
_SPARE = [chr(code) for code in range(0x100, 0x530) if chr(code).isalpha()]


def is_measured(text: str) -> bool:
    """Whether Graphviz takes a text for as wide as its columns: é and its like it takes for two."""
    return text.isascii() or all(letter.isascii() or is_wide(letter) for letter in text)


def narrowed(dot: str) -> tuple[str, Callable[[str], str]]:
    """Return DOT text with stand-ins for wide letters, and what puts these back into its SVG."""
    if dot.isascii():
        return dot, lambda svg: svg
    used = set(dot)
    wide = [letter for letter in sorted(used) if is_wide(letter)]
    spare = [letter for letter in _SPARE if letter not in used]
    pairs = [*zip(wide, spare, strict=False)]  # a picture has far fewer than there are stand-ins
    there, back = ({ord(one): other for one, other in way} for way in (pairs, map(reversed, pairs)))

    def restored(svg: str) -> str:
        return svg.translate(back).replace(_FONT, FONTS)

    return dot.translate(there), restored if pairs else lambda svg: svg
