"""The red-black tree alone: a textbook tree of numbers, augmented with the largest weight."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.refused import refused
from vmlab.codes import Reason
from vmlab.errors import KernelBug
from vmlab.model.linux.lib.rbtree import (
    BLACK,
    RED,
    RbNode,
    RbRoot,
    augment_up,
    rb_erase,
    rb_first,
    rb_insert,
    rb_next,
    validate_rbtree,
)


class Number(RbNode):
    """A node with a key, and the largest weight of its subtree."""

    def __init__(self, key: int, weight: int = 0) -> None:
        super().__init__()
        self.key = key
        self.weight = weight
        self.largest = weight

    def __repr__(self) -> str:
        return f"<{self.key}>"


def compute_largest(node: Number) -> bool:
    below = [child.largest for child in (node.rb_left, node.rb_right) if child is not None]
    largest = max([node.weight, *below])
    changed = largest != node.largest
    node.largest = largest
    return changed


def insert(root: RbRoot, node: Number) -> None:
    parent, left = None, False
    place = root.rb_node
    while place is not None:
        parent, left = place, node.key < place.key
        place = place.rb_left if left else place.rb_right
    rb_insert(root, node, parent, left)


def tree(*keys: int) -> tuple[RbRoot, dict[int, Number]]:
    root = RbRoot(compute_largest)
    nodes = {key: Number(key, weight=key * 7 % 11) for key in keys}
    for node in nodes.values():
        insert(root, node)
    return root, nodes


def shape(node: Number | None) -> str:
    """Draw a tree in one line: red nodes in small brackets."""
    if node is None:
        return "-"
    inside = str(node.key)
    if node.rb_left is not None or node.rb_right is not None:
        inside = f"{shape(node.rb_left)} {node.key} {shape(node.rb_right)}"
    return f"[{inside}]" if node.rb_color is BLACK else f"({inside})"


def test_an_empty_tree() -> None:
    root = RbRoot()
    assert validate_rbtree(root) == 0
    assert list(root) == []
    assert rb_first(root) is None


@pytest.mark.parametrize(
    ("keys", "expected", "cases"),
    [
        ([5], "[5]", ["recolor 5: rb_root_is_black"]),
        ([5, 3, 8], "[(3) 5 (8)]", []),
        (
            [5, 3, 8, 1],
            "[[(1) 3 -] 5 [8]]",
            [f"recolor {key}: rb_insert_red_uncle" for key in (3, 8, 5)]
            + ["recolor 5: rb_root_is_black"],
        ),
        (
            [5, 3, 4],
            "[(3) 4 (5)]",
            [
                "left 3: rb_insert_inner_child",
                "right 5: rb_insert_outer_child",
                "recolor 4: rb_insert_outer_child",
                "recolor 5: rb_insert_outer_child",
            ],
        ),
        (
            [1, 2, 3],
            "[(1) 2 (3)]",
            [
                "left 1: rb_insert_outer_child",
                "recolor 2: rb_insert_outer_child",
                "recolor 1: rb_insert_outer_child",
            ],
        ),
    ],
)
def test_insertion_names_the_textbook_case(
    keys: list[int], expected: str, cases: list[str]
) -> None:
    seen: list[str] = []

    def watch(what: str, node: object, case: Reason) -> None:
        if what != "link":
            seen.append(f"{what} {node.key}: {case.code}")

    root = RbRoot(watch=watch)
    for key in keys:
        del seen[:]
        insert(root, Number(key))
    assert shape(root.rb_node) == expected
    assert seen == cases


@pytest.mark.parametrize(
    ("keys", "erased", "expected", "case"),
    [
        ([5, 3, 8], 3, "[- 5 (8)]", None),
        ([5, 3, 8, 1], 3, "[[1] 5 [8]]", "rb_erase_only_child"),
        ([5, 3, 8, 1], 8, "[[1] 3 [5]]", "rb_erase_outer_red"),
        ([5, 3, 8, 4], 8, "[[3] 4 [5]]", "rb_erase_inner_red"),
        ([1, 2, 3, 4, 5, 6, 7], 1, "[[- 2 (3)] 4 [(5) 6 (7)]]", "rb_erase_red_sibling"),
        (
            [1, 2, 3, 4, 5, 6, 7, 8],
            1,
            "[[- 2 (3)] 4 ([5] 6 [- 7 (8)])]",
            "rb_erase_black_children",
        ),
        ([4, 2, 6, 5], 4, "[[2] 5 [6]]", None),
    ],
)
def test_erasure_names_the_textbook_case(
    keys: list[int], erased: int, expected: str, case: str | None
) -> None:
    seen: list[str] = []
    root = RbRoot(watch=lambda what, node, why: seen.append(why.code))
    nodes = {key: Number(key) for key in keys}
    for node in nodes.values():
        insert(root, node)
    del seen[:]
    rb_erase(root, nodes[erased])
    assert shape(root.rb_node) == expected
    assert case is None or case in seen
    assert validate_rbtree(root) == len(keys) - 1


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30), st.integers(0, 1000)), max_size=120))
def test_any_insertions_and_erasures(steps: list[tuple[bool, int, int]]) -> None:
    root = RbRoot(compute_largest)
    nodes: dict[int, Number] = {}
    for put, key, weight in steps:
        if put and key not in nodes:
            nodes[key] = Number(key, weight)
            insert(root, nodes[key])
        elif not put and key in nodes:
            rb_erase(root, nodes.pop(key))
        assert validate_rbtree(root) == len(nodes)
        assert [node.key for node in root] == sorted(nodes)


@pytest.mark.parametrize("erased", range(15))
def test_the_largest_weight_is_forgotten_when_it_goes(erased: int) -> None:
    root, nodes = tree(*range(15))
    nodes[erased].weight = 99
    augment_up(root, nodes[erased])
    rb_erase(root, nodes[erased])
    assert root.rb_node.largest < 99
    assert validate_rbtree(root) == 14


def test_next_goes_in_order() -> None:
    root, nodes = tree(3, 1, 2, 5, 4)
    assert rb_first(root) is nodes[1]
    assert [rb_next(nodes[key]) for key in (1, 2, 4, 5)] == [nodes[2], nodes[3], nodes[5], None]


def test_a_changed_weight_is_carried_up() -> None:
    root, nodes = tree(*range(20))
    nodes[0].weight = 99
    augment_up(root, nodes[0])
    assert root.rb_node.largest == 99
    assert validate_rbtree(root) == 20


def _red_root(root: RbRoot) -> None:
    root.rb_node.rb_color = RED


def _red_child(root: RbRoot) -> None:
    child = root.rb_node.rb_right
    child.rb_color = child.rb_left.rb_color = RED


def _black_leaf(root: RbRoot) -> None:
    rb_first(root).rb_color = RED if rb_first(root).rb_color is BLACK else BLACK


def _lost_parent(root: RbRoot) -> None:
    root.rb_node.rb_left.rb_parent = None


def _root_with_parent(root: RbRoot) -> None:
    root.rb_node.rb_parent = rb_first(root)


def _stale_value(root: RbRoot) -> None:
    root.rb_node.largest += 1


@pytest.mark.parametrize(
    ("corrupt", "code"),
    [
        (_red_root, "rb_root_is_red"),
        (_red_child, "rb_red_child_of_red"),
        (_black_leaf, "rb_black_heights_differ"),
        (_lost_parent, "rb_no_way_back"),
        (_root_with_parent, "rb_root_has_parent"),
        (_stale_value, "rb_stale_augmented"),
    ],
)
def test_a_corrupted_tree_is_caught(corrupt: Callable[[RbRoot], None], code: str) -> None:
    root, _ = tree(*range(12))
    validate_rbtree(root)
    corrupt(root)
    with refused(KernelBug, code):
        validate_rbtree(root)
