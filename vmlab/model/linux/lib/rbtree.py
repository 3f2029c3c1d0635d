"""A red-black tree whose nodes are the objects themselves, as in Linux.

The tree knows nothing of what it orders: the caller finds the place, links the node, and asks
for the colours to be mended. An augmented tree keeps a value per subtree right through every
change; `RbRoot.augment` recomputes it for one node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from vmlab.errors import KernelBug

RED = False
BLACK = True
# Told of each step: what ('link', 'left', 'right', 'recolor'), the node, the case in words.
Watcher = Callable[[str, Any, str], None]


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
        root.watch("link", node, "a red leaf")
    _insert_color(root, node)


def _insert_color(root: RbRoot, node: Any) -> None:
    # The textbook's three cases; `node` is red and may have a red parent.
    while True:
        parent = node.rb_parent
        if parent is None:
            _recolor(root, node, BLACK, "the root is black")
            return
        if parent.rb_color is BLACK:
            return
        grand = parent.rb_parent
        left = parent is grand.rb_left
        uncle = grand.rb_right if left else grand.rb_left
        if uncle is not None and uncle.rb_color is RED:
            case = "insert case 1: red uncle"
            _recolor(root, parent, BLACK, case)
            _recolor(root, uncle, BLACK, case)
            _recolor(root, grand, RED, case)
            node = grand
            continue
        if node is (parent.rb_right if left else parent.rb_left):
            _rotate(root, parent, left, "insert case 2: inner child, black uncle")
            node, parent = parent, node
        case = "insert case 3: outer child, black uncle"
        _rotate(root, grand, not left, case)
        _recolor(root, parent, BLACK, case)
        _recolor(root, grand, RED, case)
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
            _recolor(root, child, BLACK, "erase: the only child takes the colour")
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
            case = "erase case 1: red sibling"
            _rotate(root, parent, left, case)
            _recolor(root, sibling, BLACK, case)
            _recolor(root, parent, RED, case)
            sibling = parent.rb_right if left else parent.rb_left
        outer = sibling.rb_right if left else sibling.rb_left
        inner = sibling.rb_left if left else sibling.rb_right
        if _is_black(outer) and _is_black(inner):
            case = "erase case 2: black sibling with black children"
            _recolor(root, sibling, RED, case)
            if parent.rb_color is RED:
                _recolor(root, parent, BLACK, case)
                return
            above = parent.rb_parent
            if above is None:
                return
            left = parent is above.rb_left
            parent = above
            continue
        if _is_black(outer):
            case = "erase case 3: the sibling's inner child is red"
            _rotate(root, sibling, not left, case)
            _recolor(root, inner, BLACK, case)
            _recolor(root, sibling, RED, case)
            sibling, outer = inner, sibling
        case = "erase case 4: the sibling's outer child is red"
        _rotate(root, parent, left, case)
        _recolor(root, sibling, parent.rb_color, case)
        _recolor(root, parent, BLACK, case)
        _recolor(root, outer, BLACK, case)
        return


def _is_black(node: Any) -> bool:
    return node is None or node.rb_color is BLACK


def _recolor(root: RbRoot, node: Any, color: bool, case: str) -> None:
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


def _rotate(root: RbRoot, node: Any, left: bool, case: str) -> None:
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
        raise KernelBug("the root of the tree has a parent")
    if root.rb_node is not None and root.rb_node.rb_color is RED:
        raise KernelBug("the root of the tree is red")
    return _validate(root, root.rb_node)[0]


def _validate(root: RbRoot, node: Any) -> tuple[int, int]:
    # Number of nodes and black height of a subtree.
    if node is None:
        return 0, 1
    for child in (node.rb_left, node.rb_right):
        if child is not None and child.rb_parent is not node:
            raise KernelBug(f"{child!r} does not point back to its parent {node!r}")
        if child is not None and child.rb_color is RED and node.rb_color is RED:
            raise KernelBug(f"red {node!r} has a red child {child!r}")
    nr_left, black_left = _validate(root, node.rb_left)
    nr_right, black_right = _validate(root, node.rb_right)
    if black_left != black_right:
        raise KernelBug(
            f"{node!r}: {black_left} black nodes on the left, {black_right} on the right"
        )
    if root.augment is not None and root.augment(node):
        raise KernelBug(f"{node!r} has a stale augmented value")
    return nr_left + nr_right + 1, black_left + (node.rb_color is BLACK)
