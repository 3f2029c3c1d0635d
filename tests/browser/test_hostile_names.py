"""Files and tasks with hostile names: nothing of them runs, and they can still be read."""

import textwrap
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import PICTURE, pictures, press, show_picture
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

pytestmark = pytest.mark.browser

SETUP = r"""
from dataclasses import replace
from vmlab import Machine, Map, Prot
from vmlab.widgets.explorer import Explorer
NAMES = [
    "</svg><script>window.hacked = 1<\u2215script>",
    "<img src=x onerror='window.hacked = 2'>",
    "]]>--><!ENTITY x '&x;'>&#1;&amp;&bogus;",
    "\\N\\G\\E {a|<b>} %s $HOME",
    "bell\x07\x1b[31m\u2028red",
    "photo\u202egpj.exe",
    "שלום עולם",
    "한국어 파일",
]
LONG = "long" * 2500
machine = Machine()
process = machine.spawn()
for name in [*NAMES, "long"]:
    machine.fs.write("/" + name, b"x" * 4096)
    process.load(process.mmap(0, 4096, Prot.PROT_READ, Map.MAP_SHARED, process.open("/" + name)))
    machine.kthread(name)
machine.kthread(LONG)
# No call takes a name of that length, but a state file may hold one.
state = machine.snapshot()
longer = {"/long": "/" + LONG}
files = [replace(file, path=longer.get(file.path, file.path)) for file in state.files]
(mm,) = state.mms
mmap = [replace(vma, name=longer.get(vma.name, vma.name)) for vma in mm.mmap]
mms = (replace(mm, mmap=tuple(mmap)),)
inodes = [replace(inode, name=longer.get(inode.name, inode.name)) for inode in state.inodes]
paths = sorted((longer.get(path, path), ino) for path, ino in state.system.paths)
system = replace(state.system, paths=tuple(paths))
parts = {"inodes": tuple(inodes), "system": system}
machine.restore(replace(state, files=tuple(files), mms=mms, **parts))
explorer = Explorer(machine)
explorer"""
# What is read in the pictures; what cannot be seen is spelled out.
LEGIBLE = [
    "</svg><script>",
    "<img src=x",
    "]]>--><!ENTITY",
    r"\N\G\E {a|<b>}",
    r"bell\x07\x1b[31m",
    r"photo\u202egpj.exe",
    "שלום עולם",
    "한국어 파일",
    "longlong",
]


def injected(page: Page) -> list[str]:
    """Everything in our pictures and views that they do not draw themselves."""
    found: list[str] = page.evaluate("""() => [
        ...[...document.querySelectorAll(".vm :is(script, img, iframe, object, embed, style)")],
        ...[...document.querySelectorAll(".vm *")].filter(element => element.getAttributeNames()
            .some(name => /^on/.test(name) || /^javascript:/.test(element.getAttribute(name)))),
    ].map(element => element.outerHTML.slice(0, 200))""")
    return found


def too_wide(page: Page) -> list[str]:
    """Texts of the pictures that stick out of what holds them."""
    found: list[str] = page.evaluate("""() => [...document.querySelectorAll(".vm-stage text")]
        .filter(text => {
            const drawing = text.closest("svg").firstElementChild.getBoundingClientRect();
            const box = text.getBoundingClientRect();
            return box.left < drawing.left - 1 || box.right > drawing.right + 1;
        }).map(text => text.textContent)""")
    return found


def test_hostile_names(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> None:
    notebook = notebook_page(lab.add_notebook("hostile.ipynb", textwrap.dedent(SETUP)))
    page = notebook.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    notebook.run_all()
    page.locator(PICTURE).wait_for()

    shown = []
    for name in pictures(page):
        show_picture(page, name)
        assert injected(page) == []
        assert too_wide(page) == []
        shown += page.locator(".vm-explorer").all_text_contents()
    for words in LEGIBLE:
        assert any(words in text for text in shown), words
    # What turns the writing round or rings a bell stands nowhere as it is.
    assert not set("\a\x1b\u2028\u202e") & set("".join(shown))
    show_picture(page, "Page cache")
    notebook.screenshot("hostile-names")
    # To the page they are words even where it reads them aloud or answers with them.
    expect(press(page, "fork")).to_contain_text("fork() =")
    page.locator(".vm-line").first.click()
    page.locator(".vm-stage").first.locator("[data-vm-id]").last.focus()
    assert injected(page) == []
    assert page.evaluate("window.hacked") is None
    assert [url for url in asked if url.startswith("http") and not url.startswith(lab.url)] == []
