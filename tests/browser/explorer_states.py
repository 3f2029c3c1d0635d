"""The states of an Explorer that are worth a look, each with what brings it there."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.explorer_page import press
from vmlab.widgets.pictures import PICTURES


def _fork_and_store(page: Page) -> None:
    expect(press(page, "fork")).to_contain_text("fork() =")
    answer = press(page, "store", addr="stack + 32 pages", data="hello")
    expect(answer).to_contain_text('"hello") = ok')


def _error(page: Page) -> None:
    answer = press(page, "munmap", addr="0x1001", length="1 page")
    expect(answer).to_contain_text("-EINVAL")


def _dead(page: Page) -> None:
    expect(press(page, "store", addr="0xdead000")).to_contain_text("SIGSEGV")


def _problem(page: Page) -> None:
    press(page, "munmap", addr="401000")
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)


def _past(page: Page) -> None:
    _fork_and_store(page)
    page.get_by_role("slider", name="Step").focus()
    for _ in range(9):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".vm-note")).to_contain_text("Viewing step")


def _tab(name: str) -> Callable[[Page], None]:
    def choose(page: Page) -> None:
        _fork_and_store(page)
        page.get_by_role("tab", name=name, exact=True).click()
        page.locator(".vm-tab[aria-selected=true]", has_text=name).wait_for()
        page.mouse.move(0, 0)

    return choose


STATES: dict[str, Callable[[Page], object]] = {
    "fresh": lambda page: None,
    "fork-and-store": _fork_and_store,
    "error": _error,
    "problem": _problem,
    "past": _past,
    "dead": _dead,
    **{
        f"tab-{name.replace('_', '-')}": _tab(picture.tab)
        for name, picture in PICTURES.items()
        if name != "address_space"
    },
}
