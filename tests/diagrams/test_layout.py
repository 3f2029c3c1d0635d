"""Laying out: one answer everywhere, every complaint an error, nothing on stderr."""

import base64
import hashlib
import os
import re
import subprocess
import sys
import threading
import types
import xml.etree.ElementTree as ET

import pytest
from py_mini_racer import MiniRacer

from vmlab.diagrams import layout
from vmlab.diagrams.layout import engine_choice, javascript
from vmlab.diagrams.layout.engine_browser import WorkerEngine
from vmlab.errors import DiagramError

SMALL = 'digraph { graph [id=picture]; a [id="vma_1_401000"]; a -> b [id="edge-1"]; }'


def ids(svg: str) -> list[str]:
    return [element.get("id", "") for element in ET.fromstring(svg).iter() if element.get("id")]


def test_an_svg_element_and_nothing_around_it():
    svg = layout.render_svg(SMALL)
    assert svg.startswith("<svg")
    assert ET.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert ids(svg) == ["picture", "vma_1_401000", "picture_node2", "edge-1"]


def test_same_bytes_again_and_in_another_process():
    svg = layout.render_svg(SMALL)
    assert layout.render_svg(SMALL) == svg
    program = f"from vmlab.diagrams.layout import render_svg; print(render_svg({SMALL!r}), end='')"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout == svg
    assert ran.stderr == ""


@pytest.mark.parametrize(
    "dot",
    [
        "",
        "digraph { a -> ",
        "digraph { a [label=<<TABLE><TR></TABLE>>] }",
        "digraph { a [label=<a & b>] }",
        "digraph { a [label=<<BLINK>a</BLINK>>] }",
        "digraph { a [label=<<TABLE></TABLE>>] }",
        "digraph { a [label=<a\x01>] }",
        'digraph { a [shape=record label="{a|"] }',
        "digraph { a\0 }",
        "digraph { \udc80 }",
    ],
)
def test_what_is_malformed_raises_and_the_next_picture_is_drawn(dot, capfd):
    with pytest.raises(DiagramError):
        layout.render_svg(dot)
    assert layout.render_svg(SMALL)
    assert capfd.readouterr() == ("", "")


def test_the_error_says_where():
    with pytest.raises(DiagramError, match=r"syntax error in line 1"):
        layout.render_svg("digraph { a -> ")
    with pytest.raises(DiagramError, match=r"mismatched tag.*label of node a"):
        layout.render_svg("digraph { a [label=<<TABLE><TR></TABLE>>] }")


def test_warnings_are_handed_over_not_printed(capfd):
    _, messages = layout.render("digraph { a:nowhere -> b }")
    assert messages == [("warning", "node a, port nowhere unrecognized")]
    assert capfd.readouterr() == ("", "")


def test_names_of_every_kind_come_back():
    svg = layout.render_svg('digraph { a [label="한글 \U0001f600 é </svg>"] }')
    text = ET.fromstring(svg).find(".//{http://www.w3.org/2000/svg}text")
    assert text is not None
    assert text.text == "한글 \U0001f600 é </svg>"


def test_threads_draw_at_the_same_time():
    wanted = [layout.render_svg(f"digraph {{ {n} -> a }}") for n in range(4)]
    wrong = []

    def draw(n: int) -> None:
        for _ in range(20):
            if layout.render_svg(f"digraph {{ {n} -> a }}") != wanted[n]:
                wrong.append(n)

    threads = [threading.Thread(target=draw, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_inside_a_running_event_loop():
    program = (
        "import asyncio, concurrent.futures\n"
        "from vmlab.diagrams.layout import render_svg\n"
        "async def main():\n"
        f"    here = render_svg({SMALL!r})\n"
        "    with concurrent.futures.ThreadPoolExecutor() as pool:\n"
        f"        assert pool.submit(render_svg, {SMALL!r}).result(10) == here\n"
        "asyncio.run(main())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("parent_draws", [True, False])
def test_a_forked_child_draws_or_says_why_not(parent_draws: bool):
    program = (
        "import os\n"
        "from vmlab.diagrams.layout import begin, render_svg\n"
        "from vmlab.errors import DiagramError\n"
        f"drawing = begin({SMALL!r}) if {parent_draws} else None\n"
        "if os.fork():\n"
        "    raise SystemExit(os.waitstatus_to_exitcode(os.wait()[1]))\n"
        "try:\n"
        f"    render_svg({SMALL!r})\n"
        "except DiagramError as error:\n"
        "    os._exit(7 if 'a forked process cannot draw' in str(error) else 1)\n"
        "os._exit(0)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stderr) == (7 if parent_draws else 0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_forked_while_a_drawing_is_pending_does_not_wait_for_it():
    large = "digraph {" + " ".join(f"a{i} -> a{i * 7 % 100}" for i in range(150)) + "}"
    program = (
        "import os, sys\n"
        "from vmlab.diagrams.layout import begin\n"
        "from vmlab.errors import DiagramError\n"
        f"drawing = begin({large!r})\n"
        "if pid := os.fork():\n"
        "    drawing()\n"
        "    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
        "try:\n"
        "    drawing()\n"
        "except DiagramError as error:\n"
        "    sys.exit(7 if 'a forked process cannot draw' in str(error) else 1)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stderr) == (7, "")


def test_a_crash_inside_graphviz_is_survived(capfd):
    deep = "<TABLE><TR><TD>" * 1000 + "x" + "</TD></TR></TABLE>" * 1000
    before = layout.render_svg(SMALL)
    with pytest.raises(DiagramError, match=r"^Graphviz failed: RuntimeError: [^\n]{,99}$"):
        layout.render_svg(f"digraph {{ a [label=<{deep}>] }}")
    assert layout.render_svg(SMALL) == before
    assert capfd.readouterr() == ("", "")


def test_without_any_graphviz(monkeypatch):
    monkeypatch.setattr(engine_choice, "_engines", [])
    monkeypatch.setitem(sys.modules, "py_mini_racer", None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DiagramError, match="mini-racer"):
        layout.engine_name()


def test_a_dot_program_is_the_fallback(monkeypatch, tmp_path):
    program = tmp_path / "dot"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "if '-V' in sys.argv:\n"
        "    sys.exit(sys.stderr.write('dot - graphviz version 2.43.0 (0)\\n') and None)\n"
        "if 'bad' in sys.stdin.read():\n"
        "    sys.stderr.write('Error: mismatched tag in line 1\\n')\n"
        "print('<?xml?><!-- made by -->\\n<svg></svg>')\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(engine_choice, "_engines", [])
    monkeypatch.setitem(sys.modules, "py_mini_racer", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert layout.engine_name() == f"Graphviz 2.43.0 ({program})"
    assert layout.render_svg("digraph { good }") == "<svg></svg>\n"
    with pytest.raises(DiagramError, match="mismatched tag"):
        layout.render_svg("digraph { bad }")


def test_the_engine_is_named():
    assert layout.engine_name().startswith("Graphviz ")


def test_the_output_of_a_cell_is_an_image_with_words() -> None:
    output = layout.as_output("<svg><g/></svg>", 'a "b" <c>')
    assert output["image/svg+xml"] == layout.on_paper("<svg><g/></svg>")
    begin = '<img alt="a &quot;b&quot; &lt;c&gt;" src="data:image/svg+xml;base64,'
    assert output["text/html"].startswith(begin)
    data = output["text/html"].removeprefix(begin).removesuffix('">')
    assert base64.b64decode(data).decode() == output["image/svg+xml"]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ('width="700pt" height="50pt"', 'width="700pt" height="50pt"'),
        ('width="1400pt" height="51pt"', 'width="700pt" height="25pt"'),
        ('viewBox="0 0 1 1"', 'viewBox="0 0 1 1"'),
    ],
)
def test_a_picture_on_paper_fits_a_cell(size: str, expected: str):
    shown = layout.on_paper(f"<svg {size}><g/></svg>")
    assert shown.startswith(f"<svg {expected}><rect ")
    assert shown.endswith("<g/></svg>")


def svg_of(*texts: str) -> str:
    return f'<svg viewBox="0 0 1 1">{"".join(f"<text{given}>a</text>" for given in texts)}</svg>'


A, B = ' font-family="A,B"', ' font-family="B"'


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((A, A), (A, "", "")),
        ((A + ' x="1"', ' y="1"' + A), (A, ' x="1"', ' y="1"')),
        ((A, B), ("", A, B)),
        ((A, ""), ("", A, "")),
        (("", ""), ("", "", "")),
    ],
)
def test_a_picture_says_once_what_font_all_texts_have(
    texts: tuple[str, ...], expected: tuple[str, ...]
):
    paper = '<rect width="100%" height="100%" fill="white"/>'
    said, *rest = expected
    shown = layout.on_paper(svg_of(*texts)).replace(paper, "")
    assert shown == svg_of(*rest).replace("<svg", f"<svg{said}", 1)


def test_remarks_are_left_out_of_a_stored_picture_and_words_are_not():
    svg = layout.render_svg('digraph { a [label="<!-- a -->" fontname="Courier"] }')
    assert "<!--" in svg
    shown = layout.on_paper(svg)
    assert "<!--" not in shown
    assert "&lt;!&#45;&#45; a &#45;&#45;&gt;" in shown


PICTURES = [
    SMALL,
    'digraph { a [label=<<TABLE><TR><TD ID="x">a</TD></TR></TABLE>>]; a -> "한글" }',
    "graph { layout=neato; a -- b -- c -- a }",
    "digraph { a:nowhere -> b }",
    "digraph { a -> ",
]


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> WorkerEngine:
    """What draws in a browser, with a bare V8 in the place of the browser's worker."""
    v8 = MiniRacer()
    v8.eval(javascript.file("shim.js"))
    v8.eval("for (const name of ['Promise', 'queueMicrotask']) delete globalThis[name]")
    code = types.ModuleType("pyodide.code")
    code.run_js = v8.eval
    monkeypatch.setitem(sys.modules, "pyodide", types.ModuleType("pyodide"))
    monkeypatch.setitem(sys.modules, "pyodide.code", code)
    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setattr(engine_choice, "_engines", [])
    engine = engine_choice.engine()
    assert isinstance(engine, WorkerEngine)
    return engine


def test_a_browser_draws_the_same_bytes_without_promises(worker: WorkerEngine, monkeypatch):
    in_browser = [worker.draw(dot) for dot in PICTURES]
    name = layout.engine_name()
    monkeypatch.undo()
    assert [engine_choice.engine().draw(dot) for dot in PICTURES] == in_browser
    assert name.split(" (")[0] == layout.engine_name().split(" (")[0]


def test_a_browser_survives_a_crash_inside_graphviz(worker: WorkerEngine):
    deep = "<TABLE><TR><TD>" * 1000 + "x" + "</TD></TR></TABLE>" * 1000
    before = layout.render_svg(SMALL)
    with pytest.raises(DiagramError, match=r"^Graphviz failed: RuntimeError: [^\n]{,99}$"):
        layout.render_svg(f"digraph {{ a [label=<{deep}>] }}")
    assert layout.render_svg(SMALL) == before


def test_the_vendored_file_is_the_one_that_is_known():
    readme = re.search("`([0-9a-f]{64})`", javascript.file("vendor/README.md"))
    assert readme is not None
    assert hashlib.sha256(javascript.graphviz().encode()).hexdigest() == readme[1]


def test_another_version_of_the_vendored_file_is_refused():
    program = javascript.graphviz()
    for changed in (program.replace("await s(0,f,v)", "await s(1,f,v)"), program * 2, ""):
        with pytest.raises(DiagramError, match=r"viz-global\.js is a different version"):
            javascript.without_promises(changed)
