"""What an exercise of one's own is made of.

>>> from vmlab import exercises
>>> exercises.Number("the number of pages").read("0x10")
'16'
"""

from vmlab.lessons.answer_kinds import (
    NONE,
    AnswerError,
    AnswerKind,
    Choice,
    MapsLineAnswer,
    Names,
    Number,
    Numbers,
)
from vmlab.lessons.arrows import Arrows
from vmlab.lessons.fields import Fields
from vmlab.lessons.misconceptions import distractors, misconception
from vmlab.lessons.pointing import Pointed
from vmlab.lessons.question import Generator, Question, Verdict, judge, variant
from vmlab.lessons.registry import register
from vmlab.lessons.rulers import Ruler
from vmlab.lessons.toggles import EntryBits, PageSet

__all__ = [
    "NONE",
    "AnswerError",
    "AnswerKind",
    "Arrows",
    "Choice",
    "EntryBits",
    "Fields",
    "Generator",
    "MapsLineAnswer",
    "Names",
    "Number",
    "Numbers",
    "PageSet",
    "Pointed",
    "Question",
    "Ruler",
    "Verdict",
    "distractors",
    "judge",
    "misconception",
    "register",
    "variant",
]
