"""A red-black tree whose nodes are the objects themselves, as in Linux.

The tree knows nothing of what it orders: the caller finds the place, links the node, and asks
for the colours to be mended. An augmented tree keeps a value per subtree right through every
change; `RbRoot.augment` recomputes it for one node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from vmlab.codes import NO_REASON, Reason, because
from vmlab.errors import KernelBug

RED = False
BLACK = True
# Told of each step: what ('link', 'left', 'right', 'recolor'), the node, the textbook's case.
Watcher = Callable[[str, Any, Reason], None]

_ROOT_BLACK = because("rb_root_is_black")
_RED_UNCLE = because("rb_insert_red_uncle")
_INNER_CHILD = because("rb_insert_inner_child")
_OUTER_CHILD = because("rb_insert_outer_child")
_ONLY_CHILD = because("rb_erase_only_child")
_RED_SIBLING = because("rb_erase_red_sibling")
_BLACK_CHILDREN = because("rb_erase_black_children")
_INNER_RED = because("rb_erase_inner_red")
_OUTER_RED = because("rb_erase_outer_red")


class RbNode:
    """What an object needs to stand in a tree (struct rb_node)."""

    __slots__ = ("rb_color", "rb_left", "rb_parent", "rb_right")

    def __init__(self) -> None:
        self.rb_parent: Any = None
        self.rb_left: Any = None
        self.rb_right: Any = None
        self.rb_color = RED


class RbRoot:
    """A tree (struct rb_root).

    Args:
        augment: recomputes the augmented value of a node from its children; says whether it
            changed.
        watch: called for each new leaf, rotation and recolouring, or None.
    """

    __slots__ = ("augment", "rb_node", "watch")

    def __init__(
        self, augment: Callable[[Any], bool] | None = None, watch: Watcher | None = None
    ) -> None:
        self.rb_node: Any = None
        self.augment = augment
        self.watch = watch

    def __repr__(self) -> str:
        return f"<rb_root of {self.rb_node!r}>" if self.rb_node is not None else "<rb_root, empty>"

    def __iter__(self) -> Iterator[Any]:
        node = rb_first(self)
        while node is not None:
            yield node
            node = rb_next(node)


def rb_first(root: RbRoot) -> Any:
    """Return the leftmost node, or None. Source: lib/rbtree.c: rb_first() [v5.4]."""
    node = root.rb_node
    while node is not None and node.rb_left is not None:
        node = node.rb_left
    return node


def rb_next(node: Any) -> Any:
    """Return the node after `node` in order, or None. Source: lib/rbtree.c: rb_next() [v5.4]."""
    if node.rb_right is not None:
        node = node.rb_right
        while node.rb_left is not None:
            node = node.rb_left
        return node
    while node.rb_parent is not None and node is node.rb_parent.rb_right:
        node = node.rb_parent
    return node.rb_parent


def augment_up(root: RbRoot, node: Any) -> None:
    """Recompute the augmented value of `node` and of its ancestors, as far as it changes.

    Source: include/linux/rbtree_augmented.h: RB_DECLARE_CALLBACKS() [v5.4].
    """
    augment = root.augment
    if augment is not None:
        while node is not None and augment(node):
            node = node.rb_parent


def rb_insert(root: RbRoot, node: Any, parent: Any, left: bool) -> None:
    """Link `node` as a red leaf under `parent` and mend the colours.

    Args:
        root: the tree.
        node: the new node.
        parent: where the search ended; None in an empty tree.
        left: whether the node goes to the left of `parent`.

    Source: lib/rbtree.c: __rb_insert() [v5.4].
    """
    node.rb_parent = parent
    node.rb_left = node.rb_right = None
    node.rb_color = RED
    if parent is None:
        root.rb_node = node
    elif left:
        parent.rb_left = node
    else:
        parent.rb_right = node
    if root.augment is not None:
        root.augment(node)
        augment_up(root, parent)
    if root.watch is not None:
        root.watch("link", node, NO_REASON)
    _insert_color(root, node)


def _insert_color(root: RbRoot, node: Any) -> None:
    # The textbook's three cases; `node` is red and may have a red parent.
    while True:
        parent = node.rb_parent
        if parent is None:
            _recolor(root, node, BLACK, _ROOT_BLACK)
            return
        if parent.rb_color is BLACK:
            return
        grand = parent.rb_parent
        left = parent is grand.rb_left
        uncle = grand.rb_right if left else grand.rb_left
        if uncle is not None and uncle.rb_color is RED:
            _recolor(root, parent, BLACK, _RED_UNCLE)
            _recolor(root, uncle, BLACK, _RED_UNCLE)
            _recolor(root, grand, RED, _RED_UNCLE)
            node = grand
            continue
        if node is (parent.rb_right if left else parent.rb_left):
            _rotate(root, parent, left, _INNER_CHILD)
            node, parent = parent, node
        _rotate(root, grand, not left, _OUTER_CHILD)
        _recolor(root, parent, BLACK, _OUTER_CHILD)
        _recolor(root, grand, RED, _OUTER_CHILD)
        return


def rb_erase(root: RbRoot, node: Any) -> None:
    """Take `node` out of the tree and mend the colours.

    Source: lib/rbtree.c: rb_erase() [v5.4].
    """
    successor = None
    if node.rb_left is not None and node.rb_right is not None:
        successor = _swap_with_successor(root, node)
    child = node.rb_left if node.rb_left is not None else node.rb_right
    parent = node.rb_parent
    was_left = parent is not None and parent.rb_left is node
    _replace(root, node, child)
    augment_up(root, parent)
    if successor is not None and root.augment is not None:
        # Its own value is that of its old place; those above know that of the node.
        root.augment(successor)
        augment_up(root, successor.rb_parent)
    if node.rb_color is BLACK:
        if child is not None:
            _recolor(root, child, BLACK, _ONLY_CHILD)
        elif parent is not None:
            _erase_color(root, parent, was_left)
    node.rb_parent = node.rb_left = node.rb_right = None


def _swap_with_successor(root: RbRoot, node: Any) -> Any:
    # A node with two children changes places (and colours) with the next one in order.
    next_ = node.rb_right
    while next_.rb_left is not None:
        next_ = next_.rb_left
    node.rb_color, next_.rb_color = next_.rb_color, node.rb_color
    right, parent = next_.rb_right, next_.rb_parent
    _replace(root, node, next_)
    next_.rb_left = node.rb_left
    next_.rb_left.rb_parent = next_
    if parent is node:
        next_.rb_right = node
        node.rb_parent = next_
    else:
        next_.rb_right = node.rb_right
        next_.rb_right.rb_parent = next_
        parent.rb_left = node
        node.rb_parent = parent
    node.rb_left = None
    node.rb_right = right
    if right is not None:
        right.rb_parent = node
    return next_


def _erase_color(root: RbRoot, parent: Any, left: bool) -> None:
    # The textbook's four cases: the side `left` of `parent` lacks one black node.
    while True:
        sibling = parent.rb_right if left else parent.rb_left
        if sibling.rb_color is RED:
            _rotate(root, parent, left, _RED_SIBLING)
            _recolor(root, sibling, BLACK, _RED_SIBLING)
            _recolor(root, parent, RED, _RED_SIBLING)
            sibling = parent.rb_right if left else parent.rb_left
        outer = sibling.rb_right if left else sibling.rb_left
        inner = sibling.rb_left if left else sibling.rb_right
        if _is_black(outer) and _is_black(inner):
            _recolor(root, sibling, RED, _BLACK_CHILDREN)
            if parent.rb_color is RED:
                _recolor(root, parent, BLACK, _BLACK_CHILDREN)
                return
            above = parent.rb_parent
            if above is None:
                return
            left = parent is above.rb_left
            parent = above
            continue
        if _is_black(outer):
            _rotate(root, sibling, not left, _INNER_RED)
            _recolor(root, inner, BLACK, _INNER_RED)
            _recolor(root, sibling, RED, _INNER_RED)
            sibling, outer = inner, sibling
        _rotate(root, parent, left, _OUTER_RED)
        _recolor(root, sibling, parent.rb_color, _OUTER_RED)
        _recolor(root, parent, BLACK, _OUTER_RED)
        _recolor(root, outer, BLACK, _OUTER_RED)
        return


def _is_black(node: Any) -> bool:
    return node is None or node.rb_color is BLACK


def _recolor(root: RbRoot, node: Any, color: bool, case: Reason) -> None:
    if node.rb_color is not color:
        node.rb_color = color
        if root.watch is not None:
            root.watch("recolor", node, case)


def _replace(root: RbRoot, old: Any, new: Any) -> None:
    # Put `new` (or nothing) where `old` hangs.
    parent = old.rb_parent
    if new is not None:
        new.rb_parent = parent
    if parent is None:
        root.rb_node = new
    elif parent.rb_left is old:
        parent.rb_left = new
    else:
        parent.rb_right = new


def _rotate(root: RbRoot, node: Any, left: bool, case: Reason) -> None:
    # Turn the edge between `node` and its child on the other side.
    if left:
        child = node.rb_right
        inner = node.rb_right = child.rb_left
    else:
        child = node.rb_left
        inner = node.rb_left = child.rb_right
    if inner is not None:
        inner.rb_parent = node
    _replace(root, node, child)
    if left:
        child.rb_left = node
    else:
        child.rb_right = node
    node.rb_parent = child
    if root.augment is not None:
        root.augment(node)
        root.augment(child)
    if root.watch is not None:
        root.watch("left" if left else "right", node, case)


def validate_rbtree(root: RbRoot) -> int:
    """Check links, colours and augmented values; return the number of nodes.

    Raises:
        KernelBug: with the rule that is broken.

    Source: lib/rbtree_test.c: check() [v5.4].
    """
    if root.rb_node is not None and root.rb_node.rb_parent is not None:
        raise KernelBug("rb_root_has_parent")
    if root.rb_node is not None and root.rb_node.rb_color is RED:
        raise KernelBug("rb_root_is_red")
    return _validate(root, root.rb_node)[0]


def _validate(root: RbRoot, node: Any) -> tuple[int, int]:
    # Number of nodes and black height of a subtree.
    if node is None:
        return 0, 1
    for child in (node.rb_left, node.rb_right):
        if child is not None and child.rb_parent is not node:
            raise KernelBug("rb_no_way_back", child=repr(child), parent=repr(node))
        if child is not None and child.rb_color is RED and node.rb_color is RED:
            raise KernelBug("rb_red_child_of_red", parent=repr(node), child=repr(child))
    nr_left, black_left = _validate(root, node.rb_left)
    nr_right, black_right = _validate(root, node.rb_right)
    if black_left != black_right:
        raise KernelBug(
            "rb_black_heights_differ", node=repr(node), left=black_left, right=black_right
        )
    if root.augment is not None and root.augment(node):
        raise KernelBug("rb_stale_augmented", node=repr(node))
    return nr_left + nr_right + 1, black_left + (node.rb_color is BLACK)
