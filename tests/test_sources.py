"""Every public function of the model's kernel says which Linux function it stands for.

Source: mm/mmap.c: do_mmap(), mmap_region() [v5.4]; mm/util.c: vm_mmap_pgoff() [v5.4].
"""

import ast
import re
from pathlib import Path

import pytest

KERNEL = Path(__file__).parent.parent / "vmlab" / "model" / "kernel"

FUNCTION = r"\w+\([\w, ]*\)"
PLACE = rf"[\w./-]+\.[chS]: {FUNCTION}(, {FUNCTION})* \[v\d+\.\d+\]"
SOURCE = re.compile(rf"{PLACE}([,;] {PLACE})*\.?")
# A section of a docstring ends at an empty line or where the next one begins.
SECTION = re.compile(r"^Source:((?:(?!\n\n|\n[A-Z][\w ]*:).)*)", re.MULTILINE | re.DOTALL)


def problems(source: str) -> list[str]:
    """The public functions of a module without a good Source line."""
    found = []
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        section = SECTION.search(ast.get_docstring(node) or "")
        if section is None:
            found.append(f"{node.name}: no Source")
        elif not SOURCE.fullmatch(text := " ".join(section[1].split())):
            found.append(f"{node.name}: cannot read the Source {text!r}")
    return found


@pytest.mark.parametrize("path", sorted(KERNEL.rglob("*.py")), ids=lambda path: path.name)
def test_sources(path: Path) -> None:
    assert problems(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "mm/mmap.c: do_mmap() [v5.4]",
        "mm/mmap.c: __do_munmap(), unmap_region() [v5.4].",
        "mm/mmap.c: SYSCALL_DEFINE2(munmap, unsigned long, addr) [v5.4].",
        "mm/mmap.c: do_mmap() [v5.4]; arch/x86/mm/fault.c: do_user_addr_fault() [v5.4].",
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
