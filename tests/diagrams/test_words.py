"""Every word of a picture is said in the reader's language, when the picture is drawn."""

import re

import pytest

from tests.diagrams.machines import Machine, many_vmas, three_processes
from tests.diagrams.pictures import DOT, TEXT, drawn, words
from tests.diagrams.test_fault_path import WAYS
from tests.plain_codes import plain_codes
from tests.pseudo_language import plain_words, pseudo_language
from vmlab.diagrams.call_path import call_path_dot, call_path_text
from vmlab.diagrams.fault_path import NODES, fault_path_dot, fault_path_text
from vmlab.diagrams.fault_tree import SWAP_NODES

TITLE = "{http://www.w3.org/1999/xlink}title"
EVERY = pytest.mark.parametrize("name", list(DOT))

# Names of Linux, of files, of regions, and of units; letters that stand for bits.
NAMES = set(
    """
    task_struct mm_struct vm_area_struct mm pid comm init a.out shared.dat bin xp
    mmap mm_rb pgd mm_users mm_count map_count total_vm mmap_base vm_next struct
    start_code end_code start_data end_data start_brk brk start_stack arg_start arg_end env_start
    env_end vm_start vm_end vm_page_prot vm_flags READ WRITE EXEC GROWSDOWN SHARED
    refcount mapcount f_pos f_count dirty
    text rodata data bss heap stack anon vdso shared
    PGD PUD PMD PTE TLB ASID NX US RW NULL KiB MiB GiB TiB
    """.split()
)
ALL_NODES = NODES | SWAP_NODES
# Places in the tree that are functions or signals of Linux.
FUNCTIONS = {
    word
    for node in ALL_NODES.values()
    for word in (node.title, node.words)
    if re.fullmatch("[a-z]+(_[a-z]+)+|[A-Z_]+", word)
}


def shown(dot: str) -> set[str]:
    """Return the words in plain letters that a picture shows, tips among them."""
    root = drawn(dot)
    tips = [element.get(TITLE, "") for element in root.iter()]
    found = plain_words("\n".join((*words(root), *tips)))
    return {word for word in found if not re.fullmatch(r"[PWUADN]+|r[w-]?x?[ps]?", word)}


@EVERY
@pytest.mark.parametrize(
    "snap", [three_processes(), many_vmas(60), Machine().snapshot()], ids=["three", "many", "none"]
)
def test_a_picture_is_in_the_language_of_the_reader(name: str, snap):
    with pseudo_language():
        dot, text = DOT[name](snap), TEXT[name](snap)
    left = shown(dot) | {word for word in plain_words(text) if not re.fullmatch("r[wxps-]*", word)}
    ids = {word for word in left if re.match("(pfn|mm|vma|task|ino|more)_[0-9a-z]", word)}
    assert left - ids <= NAMES
    assert DOT[name](snap) != dot


@pytest.mark.parametrize("way", list(WAYS))
def test_the_path_of_a_fault_is_too(way: str):
    events = WAYS[way][0]
    with pseudo_language(), plain_codes():
        assert shown(fault_path_dot(events)) <= FUNCTIONS
        assert plain_words(fault_path_text(events)) <= {"said", "by", *ALL_NODES, *FUNCTIONS}


def test_so_is_a_recording_without_events():
    with pseudo_language():
        assert shown(call_path_dot(())) == plain_words(call_path_text(())) == set()
