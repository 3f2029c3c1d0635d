"""What the page-fault handler decides: its places, and the ways between them."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.words.language import N_


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the tree."""

    title: str  # the name of a function or of a signal, or a message
    words: str  # the name of a code, or a message
    tone: str = "struct"
    shape: str = "box"  # 'octagon' for a signal


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one place to another, taken if the first gave one of these answers."""

    tail: str
    answers: tuple[str, ...]
    head: str
    label: str  # a message


NODES = {
    "fault": Node("do_page_fault", N_("exception 14")),
    "find_vma": Node("find_vma", N_("which VMA holds the address?")),
    "expand_stack": Node("expand_stack", N_("may the stack grow down to it?")),
    "access": Node("access_error", N_("do its vm_flags allow the access?")),
    "pte": Node("handle_pte_fault", N_("what does the entry say?")),
    "anonymous": Node("do_anonymous_page", N_("read or write?")),
    "fault_type": Node("do_fault", N_("read or write? shared?")),
    "cow": Node("do_wp_page", N_("who else uses the frame?")),
    "read_fault": Node("do_read_fault", N_("map neighbours too")),
    "cow_fault": Node("do_cow_fault", N_("copy before mapping")),
    "shared_fault": Node("do_shared_fault", N_("map it writable")),
    "page_cache": Node(N_("page cache"), N_("is the page in the object?")),
    "zero": Node(N_("zero page"), N_("read-only"), "zero"),
    "new": Node(N_("new frame"), N_("of zeros"), "anon"),
    "object": Node(N_("the object's frame"), N_("mapped"), "file"),
    "copy": Node(N_("private copy"), N_("a new frame"), "anon"),
    "reuse": Node("wp_page_reuse", N_("same frame, writable now"), "anon"),
    "maperr": Node("SIGSEGV", "SEGV_MAPERR", shape="octagon"),
    "accerr": Node("SIGSEGV", "SEGV_ACCERR", shape="octagon"),
    "sigbus": Node("SIGBUS", "BUS_ADRERR", shape="octagon"),
    "spurious": Node(N_("nothing to do"), N_("a spurious fault"), "paper"),
}

# From left to right, as they leave a place.
EDGES = (
    Edge("fault", ("user",), "find_vma", ""),
    Edge("fault", ("outside",), "maperr", N_("not user space")),
    Edge("find_vma", ("inside",), "access", N_("inside one")),
    Edge("find_vma", ("stack",), "expand_stack", N_("below a stack")),
    Edge("find_vma", ("hole",), "maperr", N_("a hole")),
    Edge("expand_stack", ("grown",), "access", N_("yes")),
    Edge("expand_stack", ("refused",), "maperr", N_("no")),
    Edge("access", ("allowed",), "pte", N_("yes")),
    Edge("access", ("refused",), "accerr", N_("no")),
    Edge("pte", ("spurious",), "spurious", N_("allows it already")),
    Edge("pte", ("none_anonymous",), "anonymous", N_("empty, anonymous")),
    Edge("pte", ("none_object",), "fault_type", N_("empty, mapped object")),
    Edge("pte", ("write_protected",), "cow", N_("write-protected")),
    Edge("pte", ("guard",), "maperr", N_("guard")),
    Edge("anonymous", ("read",), "zero", N_("read")),
    Edge("anonymous", ("write",), "new", N_("write")),
    Edge("fault_type", ("read",), "read_fault", N_("read")),
    Edge("fault_type", ("shared_write",), "shared_fault", N_("shared write")),
    Edge("fault_type", ("private_write",), "cow_fault", N_("private write")),
    Edge("read_fault", ("around",), "object", N_("cached")),
    Edge("read_fault", ("look",), "page_cache", ""),
    Edge("cow_fault", ("look",), "page_cache", ""),
    Edge("shared_fault", ("look",), "page_cache", ""),
    Edge("page_cache", ("map",), "object", N_("yes, or made now")),
    Edge("page_cache", ("beyond",), "sigbus", N_("past the end")),
    Edge("page_cache", ("copy",), "copy", N_("yes; private")),
    Edge("cow", ("shared_frame", "zero_page", "file_page"), "copy", N_("yes")),
    Edge("cow", ("exclusive", "last_owner", "shared"), "reuse", N_("no, or shared mapping")),
)
# What the tree has besides where a page was in swap.
SWAP_NODES = {
    "swap": Node("do_swap_page", N_("does a frame still hold the page?")),
    "back": Node(N_("page from swap"), N_("mapped"), "anon"),
}
SWAP_EDGES = (
    Edge("pte", ("swapped",), "swap", N_("in swap")),
    Edge("swap", ("cached", "device"), "back", N_("yes, or read now")),
    Edge("swap", ("copied",), "cow", N_("a write; others need it")),
)
# What each answer is called.
ANSWERS = {
    "user": N_("user"),
    "outside": N_("outside"),
    "inside": N_("inside"),
    "stack": N_("stack"),
    "hole": N_("hole"),
    "grown": N_("grown"),
    "refused": N_("refused"),
    "allowed": N_("allowed"),
    "spurious": N_("spurious"),
    "none_anonymous": N_("none, anonymous"),
    "none_object": N_("none, object"),
    "write_protected": N_("write-protected"),
    "guard": N_("guard"),
    "swapped": N_("in swap"),
    "cached": N_("a frame holds it"),
    "device": N_("read"),
    "copied": N_("others need it"),
    "read": N_("read"),
    "write": N_("write"),
    "shared_write": N_("shared write"),
    "private_write": N_("private write"),
    "around": N_("around"),
    "look": N_("look"),
    "map": N_("map"),
    "beyond": N_("beyond"),
    "copy": N_("copy"),
    "shared_frame": N_("shared frame"),
    "zero_page": N_("zero page"),
    "file_page": N_("file page"),
    "exclusive": N_("exclusive"),
    "last_owner": N_("last owner"),
    "shared": N_("shared"),
}
