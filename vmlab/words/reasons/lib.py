"""Why a tree was rotated or recoloured, and what is wrong with one (`vmlab.model.linux.lib`)."""

from vmlab.words.language import N_

REASONS = {
    "too_many_pieces": N_("{nr} pieces"),
    "rb_root_is_black": N_("the root is black"),
    "rb_insert_red_uncle": N_("insert case 1: red uncle"),
    "rb_insert_inner_child": N_("insert case 2: inner child, black uncle"),
    "rb_insert_outer_child": N_("insert case 3: outer child, black uncle"),
    "rb_erase_only_child": N_("erase: the only child takes the colour"),
    "rb_erase_red_sibling": N_("erase case 1: red sibling"),
    "rb_erase_black_children": N_("erase case 2: black sibling with black children"),
    "rb_erase_inner_red": N_("erase case 3: the sibling's inner child is red"),
    "rb_erase_outer_red": N_("erase case 4: the sibling's outer child is red"),
    # A tree that is wrong
    "rb_root_has_parent": N_("the root of the tree has a parent"),
    "rb_root_is_red": N_("the root of the tree is red"),
    "rb_no_way_back": N_("{child} does not point back to its parent {parent}"),
    "rb_red_child_of_red": N_("red {parent} has a red child {child}"),
    "rb_black_heights_differ": N_("{node}: {left} black nodes on the left, {right} on the right"),
    "rb_stale_augmented": N_("{node} has a stale augmented value"),
}
