"""Sphinx extension: words of Korean are found without the particles that stand at their end."""

from __future__ import annotations

import re
from typing import Any

from sphinx.search import SearchLanguage, languages

_HANGUL = re.compile(r"[가-힣]+")


class Korean(SearchLanguage):
    """Indexes each beginning of a word of Hangul, from its second syllable on."""

    lang = "ko"
    language_name = "Korean"
    js_stemmer_code = "class Stemmer { stemWord(word) { return word; } }"
    stopwords: frozenset[str] = frozenset()

    def split(self, text: str) -> list[str]:
        """Return the words of a text, and where they are Hangul what they begin with.

        >>> Korean({}).split("페이지를 mmap으로")
        ['페이', '페이지', '페이지를', 'mmap', '으로']
        """
        found = []
        for word in super().split(text):
            for part in re.split(r"([가-힣]+)", word):
                if _HANGUL.match(part):
                    found += [part[:n] for n in range(min(2, len(part)), len(part) + 1)]
                elif part:
                    found.append(part)
        return found


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    languages["ko"] = Korean
    return {"parallel_read_safe": True, "parallel_write_safe": True}
