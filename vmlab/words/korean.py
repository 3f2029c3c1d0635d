"""Korean particles after values: 0x404000을, 프레임 14를, 프레임 22로.

A particle has two forms, and what the word before it ends in chooses. A translation writes the form
that follows a consonant within the place of the value, `{pfn:|을}`. The value is read here as a
Korean student reads it aloud: digits by their names, an English word as Korean has taken it over
(frame: 프레임), an abbreviation letter by letter (VMA: 브이엠에이).
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import Any

# The form after a consonant -> the one after a vowel.
PARTICLES = {
    "은": "는",
    "이": "가",
    "을": "를",
    "과": "와",
    "으로": "로",
    "이나": "나",
    "이라": "라",
    "이며": "며",
    "이고": "고",
    "이면": "면",
}
# What a word ends in. 로 follows ㄹ as it follows a vowel.
VOWEL, CONSONANT, RIEUL = "vowel", "consonant", "ㄹ"

_LETTERS = {"l": RIEUL, "m": CONSONANT, "n": CONSONANT, "r": RIEUL}  # 엘 엠 엔 알; else a vowel
_DIGITS = {"0": CONSONANT, "1": RIEUL, "3": CONSONANT, "6": CONSONANT, "7": RIEUL, "8": RIEUL}

# How an English word ends -> what it ends in as Korean has taken it over. The first that fits.
_ENDINGS = [
    (re.compile(rf"(?:{pattern})\Z"), end)
    for pattern, end in (
        (r"\b(?:bit|exit)|check|loop|\b(?:ok|rip)", VOWEL),  # 비트 엑시트 체크 루프 오케이 알아이피
        (r"aslr", RIEUL),
        (r"type|private|web|job|ook|out", CONSONANT),  # 타입 프라이빗 웹 잡 훅 타임아웃
        (r"le|l", RIEUL),  # 파일 테이블 커널
        (r"[mn]e|[mn]|ng", CONSONANT),  # 프레임 클론 콤 리턴 매핑
        (r"e", VOWEL),  # 페이지 파이프 라이트
        (r"ck|[aeiou][cp]", CONSONANT),  # 스택 이그젝 엠맵 힙
        (r"(?<![aeiou])[aeiouy]t", CONSONANT),  # 오프셋 스탯
        (r"", VOWEL),  # 포크 버퍼 프로세스 폴트 플래그
    )
]
_ASIDE = re.compile(r"(?<=\S)\s*\([^()]*\)\Z")  # 페이지 폴트(page fault)를
_SILENT = re.compile(r"[^\w%]+\Z|_+\Z")
_HEXADECIMAL = re.compile(r"(?:0x)?(?=\w*[0-9])[0-9a-f]*[a-f]\Z", re.IGNORECASE)
_TRILLIONS = range(12, 16)  # the zeros after which a number is read as so many 조


class Particles(string.Formatter):
    """Put values into a translation, each with the particle that its place asks for."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return a value as text; `|` divides how it is written from its particle."""
        spec, bar, particle = format_spec.partition("|")
        text = str(format(value, spec))
        return text + particle_after(text, particle) if bar else text


def with_particles(text: str, values: Mapping[str, Any]) -> str:
    """Return a translation with its values.

    >>> with_particles("프레임 {pfn:|을} {addr:#x|으로}", {"pfn": 4, "addr": 0x41})
    '프레임 4를 0x41로'
    """
    return _PARTICLES.vformat(text, (), values)


def particle_after(text: str, particle: str) -> str:
    """Return the form of a particle after a text; both forms if nobody knows how it is read.

    Raises:
        KeyError: there is no such particle.
    """
    after_vowel = PARTICLES[particle]
    end = ending(text)
    if end is None:
        if particle.endswith(after_vowel):
            return f"({particle.removesuffix(after_vowel)}){after_vowel}"
        return f"{particle}({after_vowel})"
    if end == VOWEL or (end == RIEUL and particle == "으로"):
        return after_vowel
    return particle


def ending(text: str) -> str | None:
    """Return what a text ends in when it is read aloud; None if that is unknown.

    >>> [ending(text) for text in ("14", "0x1c", "프레임", "kernel", "VMA", "?")]
    ['vowel', 'vowel', 'consonant', 'ㄹ', 'vowel', None]
    """
    spoken = _SILENT.sub("", _ASIDE.sub("", text)) or _SILENT.sub("", text)
    last = spoken[-1:]
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28  # Unicode counts 28 finals: none, ㄱ, … ㄹ is the 8th
        return RIEUL if final == 8 else CONSONANT if final else VOWEL
    if last.isascii() and last.isdigit():
        return _number_ending(spoken)
    if last == "%":
        return VOWEL  # 퍼센트
    return _word_ending(spoken) if last.isascii() and last.isalpha() else None


def _number_ending(spoken: str) -> str:
    number = re.findall(r"[\w,]+", spoken)[-1].replace(",", "")
    zeros = len(number) - len(number.rstrip("0"))
    if number.isdigit() and number.strip("0") and zeros in _TRILLIONS:
        return VOWEL
    return _DIGITS.get(number[-1], VOWEL)  # 십, 백, 천 end in a consonant as 영 does


def _word_ending(spoken: str) -> str:
    token = re.findall(r"\w+", spoken)[-1]
    if _HEXADECIMAL.match(token):
        return VOWEL  # 에이 비 씨 디 이 에프
    found = re.search(r"[A-Za-z]+\Z", token)
    assert found
    word = found[0].lower()
    abbreviated = token.isupper() and token.isalpha() and len(token) <= 3
    if abbreviated or not re.search("[aeiouy]", word):
        return _LETTERS.get(word[-1], VOWEL)
    return next(end for pattern, end in _ENDINGS if pattern.search(word))


_PARTICLES = Particles()
