"""Every public function of the model's kernel says which Linux function it stands for.

Source: mm/mmap.c: do_mmap(), mmap_region() [v5.4]; mm/util.c: vm_mmap_pgoff() [v5.4].
"""

import ast
import re
from pathlib import Path

import pytest

KERNEL = Path(__file__).parent.parent / "vmlab" / "model" / "linux"

NAME = r"(?:\w+\([\w, ]*\)|struct \w+|[A-Z][A-Z0-9_]+)"  # function() or struct name or MACRO
PLACE = rf"[\w./-]+\.[chS]: {NAME}(?:, {NAME})* \[v\d+\.\d+\]"
SOURCE = re.compile(rf"Source: {PLACE}(?:[,;] {PLACE})*(?:\.|$)")


def problems(source: str) -> list[str]:
    """The public functions of a module without a good Source."""
    found = []
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        docstring = " ".join((ast.get_docstring(node) or "").split())
        if not SOURCE.search(docstring):
            given = re.search("Source:.*", docstring)
            found.append(f"{node.name}: " + (f"cannot read '{given[0]}'" if given else "no Source"))
    return found


@pytest.mark.parametrize("path", sorted(KERNEL.rglob("*.py")), ids=lambda path: path.name)
def test_sources(path: Path) -> None:
    found = problems(path.read_text(encoding="utf-8"))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "mm/mmap.c: do_mmap() [v5.4]",
        "mm/mmap.c: __do_munmap(), unmap_region() [v5.4].",
        "mm/mmap.c: SYSCALL_DEFINE2(munmap, unsigned long, addr) [v5.4].",
        "mm/mmap.c: do_mmap() [v5.4]; arch/x86/mm/fault.c: do_user_addr_fault() [v5.4].",
        "include/linux/mm.h: struct vm_fault, VM_FAULT_ERROR [v5.4]. Left out: locks.",
        "mm/mmap.c: do_mmap() [v5.4],\n    mm/util.c: vm_mmap() [v6.1].\n    Left out: locks.",
    ],
)
def test_a_good_source_is_read(line: str) -> None:
    assert problems(f'def f():\n    """Do it.\n\n    Source: {line}\n    """') == []


@pytest.mark.parametrize(
    "docstring",
    [
        "",
        '"""Do it."""',
        '"""Do it.\n\n    Source: the kernel."""',
        '"""Do it.\n\n    Source: mm/mmap.c: do_mmap()."""',
        '"""Do it.\n\n    Source: mm/mmap.c: do_mmap [v5.4]."""',
        '"""Do it.\n\n    Source: mm/mmap.c: a() [v5.4] and b()."""',
    ],
)
def test_a_bad_source_is_found(docstring: str) -> None:
    (problem,) = problems(f"def do_mmap():\n    {docstring}\n    return 0")
    assert problem.startswith("do_mmap: ")


def test_private_functions_need_none() -> None:
    assert problems("def _helper(): pass\nclass Vma:\n    def f(self): pass") == []
