"""Arrows that a reader draws from pages to frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vmlab.diagrams.dot import Picture, cell, row, table, text
from vmlab.words.language import say


def arrows_dot(
    tails: Sequence[str], heads: Sequence[str], drawn: Mapping[str, str], *, chosen: str = ""
) -> str:
    """Draw what arrows may begin at on the left, what they may lead to on the right.

    Args:
        tails: names; the object of a tail has the id 'tail_' and its place.
        heads: names; 'head_' and the place.
        drawn: the arrows there are: heads by tails.
        chosen: the tail from which an arrow is being drawn; '' = none.
    """
    picture = Picture("arrows", across=True, ranksep="1.6", nodesep="0.1")
    for number, name in enumerate(tails):
        tip = say("an arrow begins at {tail}", tail=name)
        tone = "hot" if name == chosen else "anon"
        _box(picture, f"tail_{number}", name, tip=tip, tone=tone)
    for number, name in enumerate(heads):
        tip = say("an arrow leads to frame {pfn}", pfn=name)
        _box(picture, f"head_{number}", say("frame {pfn}", pfn=name), tip=tip, tone="struct")
    picture.same_rank([f"tail_{number}" for number in range(len(tails))])
    picture.same_rank([f"head_{number}" for number in range(len(heads))])
    picture.unseen("tail_0", "head_0")
    for tail, head in drawn.items():
        at, to = tails.index(tail), heads.index(head)
        key = f"edge_tail_{at}_head_{to}"
        picture.edge(f"tail_{at}", f"head_{to}", key=key, constraint="false", penwidth="1.6")
    return picture.dot()


def _box(picture: Picture, key: str, name: str, *, tip: str, tone: str) -> None:
    inner = text(name, bold=tone == "hot")
    picture.node(key, table([row(cell(inner, tone=tone, width=70, height=26, padding=4))]), tip=tip)


def arrows_text(drawn: Mapping[str, str]) -> str:
    """Say the arrows in words."""
    told = (
        say("An arrow leads from {tail} to frame {pfn}.", tail=tail, pfn=head)
        for tail, head in drawn.items()
    )
    return "\n".join(told) or say("No arrow is drawn yet.")
