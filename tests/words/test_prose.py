"""No prose outside of the catalogue: what people read stands in `say`, `N_` and their kin.

Every literal of the package is looked at that is neither a docstring nor a message. It reads like
prose if it has a plain word beside another word or a value, or is one word with a capital letter.
Single small words are keys and codes: that none of them is read shows in the made-up language of
`tests/pseudo_language.py`. The JavaScript has the same rule in `eslint.config.js`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import chain

import pytest

from tests.catalogue import ROOT, marked

# Names of Linux, C and vmlab that look like words.
NAMES = {"active_mm", "brk", "mm", "struct", "file", "refcount", "mapcount", "rlimits", "vmlab"}
NAMES |= {"Chromium", "Graphviz", "Unicorn", "Linux", "Pyodide", "Python"}

# What else is written out, by module; the same in every language.
EXCEPTIONS = {
    "vmlab/diagrams/dot.py": {"Courier"},  # a font
    "vmlab/diagrams/wide.py": {  # fonts
        "Courier,Courier New,Liberation Mono,DejaVu Sans Mono,NanumGothicCoding,D2Coding,"
        "Noto Sans Mono CJK KR,Apple SD Gothic Neo,Malgun Gothic,monospace"
    },
    "vmlab/diagrams/layout/javascript.py": {  # programs in JavaScript
        "Viz.instance().then(viz => { globalThis.vmlabViz = viz; return viz.graphvizVersion; })",
        "async function r(A={})",
        "aA=await async function(){",
        "await async function(){N&&await(async()=>T)(),E||",
        "function r(A={})",
        "new a(r())",
    },
    "vmlab/diagrams/layout/engine_dot.py": {"Error", "Warning"},  # what Graphviz begins lines with
    "vmlab/model/linux/fs/proc/inode.py": {  # /proc/cpuinfo
        "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu cores\t: 1\nclflush size\t: 64\n"
        "cache_alignment\t: 64\naddress sizes\t: 40 bits physical, 48 bits virtual\n\n"
    },
    "vmlab/words/language.py": {"English"},  # what it calls itself
    "vmlab/programs/compilers.py": {"int main(void){}"},  # C
    "vmlab/diagrams/palette.py": {  # CSS
        '[fill="{}"] { fill: {}; }',
        '[stroke="{}"] { stroke: {}; }',
    },
    "vmlab/diagrams/address_space_words.py": {"Rss"},  # /proc/PID/smaps
    "vmlab/diagrams/memory_use.py": {"Rss", "Pss", "Swap"},
    "vmlab/host/observed.py": {"None", "State"},  # Python, /proc/PID/status
    "vmlab/host/page.py": {"Rss", "Pss", "Swap"},
    "vmlab/host/proc.py": {"Rss"},
    "vmlab/host/reading.py": {"Name", "Pid"},  # /proc/PID/status
    "vmlab/host/call_text.py": {  # strace
        "errno {}",
    },
    "vmlab/host/follow.py": {  # Python, strace
        "\n"
        "import ctypes, os, signal, sys\n"
        "if ctypes.CDLL(None).ptrace(0, 0, None, None):  # PTRACE_TRACEME\n"
        "    os._exit(126)\n"
        "os.kill(os.getpid(), signal.SIGSTOP)\n"
        "os.execv(sys.argv[1], sys.argv[2:])\n",
        "exited with {}",
        "killed by {}",
    },
    "vmlab/host/real_calls.py": {  # strace
        "errno {}",
    },
    "vmlab/host/traced.py": {  # registers
        "ptrace {}: {}",
        "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags"
        " rsp ss fs_base gs_base ds es fs gs",
    },
    "vmlab/host/victims.py": {  # Python
        "\n"
        "import ctypes, os, resource, signal, sys\n"
        "libc = ctypes.CDLL(None)\n"
        "libc.personality(0x40000)  # ADDR_NO_RANDOMIZE\n"
        "libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS\n"
        "libc.prctl(41, 1, 0, 0, 0)  # PR_SET_THP_DISABLE\n"
        'for name, limit in (("CORE", 0), ("NOFILE", 1024), ("STACK", 8 << 20), ("MEMLOCK'
        '", 8 << 20)):\n'
        '    hard = resource.getrlimit(getattr(resource, "RLIMIT_" + name))[1]\n'
        "    soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)\n"
        '    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (soft, hard))\n'
        "os.umask(0o022)\n"
        'open("/proc/self/oom_score_adj", "w").write("1000")\n'
        "if libc.ptrace(0, 0, None, None):  # PTRACE_TRACEME\n"
        "    os._exit(126)\n"
        "os.kill(os.getpid(), signal.SIGSTOP)\n"
        "os.execve(sys.argv[1], [sys.argv[2]], {})\n",
    },
    "vmlab/host/watching.py": {"Pss"},  # /proc/PID/smaps_rollup
    "vmlab/commands/draw.py": {"memory_use, address_space, sharing, frames"},  # names of pictures
    "vmlab/commands/doctor.py": {"digraph { page -> frame }"},  # DOT
    "vmlab/errors.py": {"errno {}"},  # strace
    "vmlab/lessons/exercise_view.py": {  # CSS
        "border-top:1px solid var(--jp-border-color2, #bdbdbd);padding-top:.5em;font-weight:bold"
    },
    "vmlab/exercises.py": {"Generator"},  # a public name
    "vmlab/lessons/generators/accounting.py": {"Rss", "Pss"},  # /proc/PID/smaps
    "vmlab/lessons/generators/forks.py": {  # C
        *("if (fork() == 0) {", "if (fork() != 0) {"),
        "int *x = mmap(NULL, 4096, PROT_READ|PROT_WRITE, {}|MAP_ANONYMOUS, -1, 0);",
    },
    "vmlab/lessons/generators/signals.py": {  # C
        "for (i = 0; i < {}; i += {}) {}",
        "char *a = mmap(NULL, {} * 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);",
    },
    "vmlab/lessons/generators/faults.py": {  # C
        "for (i = {}; i < {}; i += {}) a[i] = 'A';",
        "char *a = mmap(NULL, {} * 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);",
    },
    "vmlab/lessons/programs.py": {"Type  Offset   VirtAddr   FileSiz  MemSiz   Flg"},  # readelf
    "vmlab/__init__.py": {"Wait"},  # a public name
    "vmlab/widgets/page.py": {  # what a page may do
        "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    },
    "vmlab/model/abi/strace.py": {"None", "({}, None)"},  # Python
    "vmlab/model/abi/wait.py": {"Wait"},  # a public name
    "vmlab/model/abi/strace_values.py": {"{} (flags {})", "{} (seals {})"},  # strace
    "vmlab/model/linux/fs/proc/array.py": {  # /proc/PID/status
        *("R (running)", "D (disk sleep)", "T (stopped)", "Z (zombie)", "X (dead)"),
        *("Name:\t{}", "State:\t{}", "Tgid:\t{}", "Pid:\t{}"),
    },
    "vmlab/model/linux/fs/proc/task_mmu.py": {  # /proc/PID/smaps
        *("Size KernelPageSize MMUPageSize", "Rss Pss Pss_Dirty"),
        "Shared_Clean Shared_Dirty Private_Clean Private_Dirty Referenced Anonymous KSM LazyFree "
        "AnonHugePages ShmemPmdMapped FilePmdMapped Shared_Hugetlb Private_Hugetlb Swap SwapPss "
        "Locked",
    },
    "vmlab/model/linux/mm/shmem.py": {"{} (deleted)"},  # /proc/PID/maps
    "vmlab/model/linux/fs/open.py": {"{} (deleted)"},
    "vmlab/model/trace/events/file.py": {
        "fs/inode.c: evict()",
        "fs/fcntl.c: setfl()",
    },  # functions of Linux
    "vmlab/model/trace/events/shm.py": {"ipc/shm.c: newseg()"},
    "vmlab/model/trace/events/sem.py": {"ipc/sem.c: newary()", "ipc/sem.c: freeary()"},
    "vmlab/model/trace/events/msg.py": {"ipc/msg.c: newque()", "ipc/msg.c: freeque()"},
    "vmlab/model/linux/ipc/sem.py": {"<Hhh"},  # struct sembuf
    "vmlab/model/linux/net/core/scm.py": {"<Qii"},  # struct cmsghdr
    "vmlab/model/trace/events/process.py": {
        "kernel/fork.c: mmput()",
        "include/linux/sched/mm.h: mmdrop()",
        "kernel/sys.c: umask()",
    },
    "vmlab/widgets/call_fields.py": {  # what a person types into a field
        *("+1 page", "1 page", "2 pages", "nohang wall"),
        *("private fixed", "private noreserve", "private growsdown"),
        *("maymove fixed", "maymove dontunmap", "rdwr creat", "rdwr creat trunc", "wronly append"),
        *("current future", "current future onfault"),
        *("vm files", "vm vfork", "vm files sighand thread", "cloexec nonblock"),
        *("sh nb", "ex nb", "ififo 0644", "ifreg 0644", "ifchr 0644"),
    },
    "vmlab/widgets/fields_of_sockets.py": {"stream nonblock"},
    "vmlab/widgets/fields_of_ipc.py": {"creat 0600", "creat excl 0600", "nowait msg_copy"},
    "vmlab/widgets/fields_of_calls.py": {"1 page", "2 pages", "4 pages"},  # the same
    "vmlab/widgets/click_meaning.py": {"{} page{}"},  # the same
    "vmlab/widgets/base.py": {  # JavaScript
        "const views = {};\n",
        "export default frontend(views);\n",
        "{}\nexport default packed();\n",
        '{}\nexport default entry("{}");\n',
    },
}

MODULES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "vmlab").rglob("*.py"))
}
CLASSES = {
    node.name
    for tree in MODULES.values()
    for node in ast.walk(tree)
    if isinstance(node, ast.ClassDef)
}


def reads_like_prose(text: str) -> bool:
    without_tags = re.sub(r"<[^<>]*>", " ", text)
    tokens = [token.strip(".,;:!?()[]<>'\"`…") for token in without_tags.split()]
    words = [
        token
        for token in tokens
        if re.fullmatch("[A-Za-z][a-z]+({})?", token)
        and token not in NAMES
        and token not in CLASSES
    ]
    return bool(words) and (len(tokens) > 1 or words[0].istitle())


def _is_told_to_programmers(node: ast.AST) -> bool:
    """Whether it is a docstring, a repr, the help of a trait, a pattern, or Python's own words."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.FunctionDef(name="__repr__"):
            return True
        case ast.Assign(targets=[ast.Attribute(attr="__doc__")]) | ast.keyword(arg="help"):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"))):
            return True
        case ast.Call(func=ast.Name(id="AttributeError")):
            return True
    return False


def literals(tree: ast.Module) -> Iterator[str]:
    """The texts of a module that people could read, without messages; {} for each value."""
    messages = set(chain.from_iterable(marked(tree)))

    def look(node: ast.AST) -> Iterator[str]:
        if node in messages or _is_told_to_programmers(node):
            return
        parts = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts
            )
            parts = [part for part in parts if not isinstance(part, ast.Constant)]
        for part in parts:
            yield from look(part)

    return look(tree)


@pytest.mark.parametrize("module", MODULES)
def test_prose_is_in_the_catalogue(module: str) -> None:
    found = {text for text in literals(MODULES[module]) if reads_like_prose(text)}
    assert found == EXCEPTIONS.get(module, set())


@pytest.mark.parametrize(
    "text",
    ["Undo", "Hits:", "the length is 0", "{} pages", "{} page{}", "step {} of {}", "{} more"],
)
def test_what_reads_like_prose(text: str) -> None:
    assert reads_like_prose(text)


@pytest.mark.parametrize(
    "text",
    [
        "vm_start",
        "undo",
        "mm {}",
        "0x{}",
        "calls[{}]",
        "MAP_SHARED|MAP_FIXED",
        "<b title='{}'>{}</b>",
    ],
)
def test_what_does_not(text: str) -> None:
    assert not reads_like_prose(text)


def test_only_messages_and_docstrings_are_passed_over() -> None:
    source = '''
"""A docstring."""
def f(x: "An annotation") -> None:
    """Another one."""
    say("A message {x}", x=f"value {x} with {say('more')}")
    y = {N_("key one"): "value two"}

def __repr__(self): return "a repr"
'''
    assert list(literals(ast.parse(source))) == ["An annotation", "value {} with {}", "value two"]
