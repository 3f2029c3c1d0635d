"""What argparse itself says, in the reader's language: it looks its words up by gettext."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from vmlab.messages import N_
from vmlab.words.language import translated

# Those that the command line of vmlab can come to, as the versions of Python have them.
WORDS = (
    N_("usage: "),
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("%(prog)s: error: %(message)s\n"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("the following arguments are required: %s"),
    N_("one of the arguments %s is required"),
    N_("not allowed with argument %s"),
    N_("ambiguous option: %(option)s could match %(matches)s"),
    N_("unrecognized arguments: %s"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("invalid choice: %(value)r, maybe you meant %(closest)r? (choose from %(choices)s)"),
    N_("invalid %(type)s value: %(value)r"),
    N_("ignored explicit argument %r"),
    N_("expected one argument"),
)


@contextmanager
def in_the_readers_language() -> Iterator[None]:
    """Let parsers that are made and used in the block say their words in the reader's language."""
    names = vars(argparse)
    before = names["_"]
    names["_"] = translated
    try:
        yield
    finally:
        names["_"] = before
