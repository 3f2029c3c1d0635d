"""All pictures under one signature, and what every one of them must satisfy."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable

from vmlab.diagrams.address_space import address_space_dot
from vmlab.diagrams.address_space_words import address_space_text
from vmlab.diagrams.frames import frames_dot, frames_text
from vmlab.diagrams.layout import render
from vmlab.diagrams.mm_struct import mm_struct_dot
from vmlab.diagrams.mm_struct_words import mm_struct_text
from vmlab.diagrams.page_cache import page_cache_dot, page_cache_text
from vmlab.diagrams.page_table import page_table_dot
from vmlab.diagrams.page_table_words import page_table_text
from vmlab.diagrams.process_tree import process_tree_dot, process_tree_text
from vmlab.diagrams.sharing import sharing_dot, sharing_text
from vmlab.diagrams.tlb import tlb_dot, tlb_text
from vmlab.diagrams.vma_tree import vma_tree_dot, vma_tree_text

DOT: dict[str, Callable[..., str]] = {
    "sharing": sharing_dot,
    "address_space": address_space_dot,
    "mm_struct": mm_struct_dot,
    "vma_tree": vma_tree_dot,
    "page_table": page_table_dot,
    "frames": frames_dot,
    "page_cache": page_cache_dot,
    "process_tree": process_tree_dot,
    "tlb": tlb_dot,
}
TEXT: dict[str, Callable[..., str]] = {
    "sharing": sharing_text,
    "address_space": address_space_text,
    "mm_struct": mm_struct_text,
    "vma_tree": vma_tree_text,
    "page_table": page_table_text,
    "frames": frames_text,
    "page_cache": page_cache_text,
    "process_tree": process_tree_text,
    "tlb": tlb_text,
}

GROUP = "{http://www.w3.org/2000/svg}g"
TEXTS = "{http://www.w3.org/2000/svg}text"
NARROW = "no value for width of non-ASCII character"


def drawn(dot: str) -> ET.Element:
    """Lay a picture out; Graphviz must have nothing to complain of but the width of letters."""
    svg, messages = render(dot)
    assert [text for _, text in messages if NARROW not in text] == []
    return ET.fromstring(svg)


def element_ids(root: ET.Element) -> list[str]:
    """Return the ids of the objects in a picture, as its author gave them."""
    found = []
    for group in root.iter(GROUP):
        key = group.get("id", "")
        if group.get("class") == "node" or key.startswith("a_"):
            found.append(key)
    nodes = {key for key in found if not key.startswith("a_")}
    return [
        key.removeprefix("a_")
        for key in found
        if key.removeprefix("a_") not in nodes or key in nodes
    ]


def words(root: ET.Element) -> list[str]:
    """Return the texts that a picture shows."""
    return [element.text or "" for element in root.iter(TEXTS)]
