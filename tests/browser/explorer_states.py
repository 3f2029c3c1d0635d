"""The states of an Explorer that are worth a look, each with what brings it there."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.explorer_page import on_a_laptop, open_steps, press, recording_menu, show_picture
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
    page.get_by_role("button", name="Previous chapter").click()
    page.get_by_role("button", name="Previous chapter").click()
    expect(page.locator(".vm-note")).to_contain_text("This is the past")


def _steps(page: Page) -> None:
    _past(page)
    open_steps(page)


def _calls(page: Page) -> None:
    _fork_and_store(page)
    page.get_by_role("button", name="All calls so far").click()
    expect(page.locator(".vm-call-list .vm-choice")).to_have_count(2)


def _more(page: Page) -> None:
    page.get_by_role("button", name="More calls").click()


def _laptop(page: Page) -> None:
    _fork_and_store(page)
    on_a_laptop(page)


def _phone(page: Page) -> None:
    _fork_and_store(page)
    page.set_viewport_size({"width": 375, "height": 812})
    page.locator(".vm-explorer").evaluate("element => element.scrollIntoView()")


def _lecture(page: Page) -> None:
    _fork_and_store(page)
    page.set_viewport_size({"width": 1920, "height": 1080})
    recording_menu(page, "Lecture")


def _tab(name: str) -> Callable[[Page], None]:
    def choose(page: Page) -> None:
        _fork_and_store(page)
        show_picture(page, name)
        page.mouse.move(0, 0)

    return choose


# Those that are seen as they stand in a window of their own size.
WINDOWS: dict[str, Callable[[Page], object]] = {
    "laptop": _laptop,
    "phone": _phone,
    "lecture": _lecture,
}


def _at_a_fault(page: Page) -> None:
    for _ in range(2):
        page.locator(".vm-run-to", has_text="fault").click()
        expect(page.locator(".vm-status-line")).to_contain_text("page fault")
    page.locator(".vm-variable", has_text="counter").click()


def _program_on_a_laptop(page: Page) -> None:
    _at_a_fault(page)
    on_a_laptop(page)


def _program_that_ended(page: Page) -> None:
    page.locator(".vm-run-to", has_text="end").click()
    expect(page.locator(".vm-status-line")).to_contain_text("has ended")
    on_a_laptop(page)


# The same of an Explorer of a program.
PROGRAMS: dict[str, Callable[[Page], object]] = {
    "program-laptop": _program_on_a_laptop,
    "program-ended": _program_that_ended,
}

STATES: dict[str, Callable[[Page], object]] = {
    "fresh": lambda page: None,
    "fork-and-store": _fork_and_store,
    "error": _error,
    "problem": _problem,
    "past": _past,
    "steps": _steps,
    "calls": _calls,
    "more": _more,
    "dead": _dead,
    **{
        f"tab-{name.replace('_', '-')}": _tab(picture.tab)
        for name, picture in PICTURES.items()
        if name != "address_space"
    },
}
