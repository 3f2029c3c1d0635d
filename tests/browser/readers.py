"""Somebody who reads the site, in each browser that can be driven here."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.browser.chromium import chromium
from tests.browser.driven import DrivenPage
from tests.browser.firefox import firefox
from tests.browser.site import WINDOW, Reader, reader_in_chromium
from tests.browser.webkit import webkit


@contextmanager
def _chromium(url: str) -> Iterator[Reader]:
    with chromium() as browser:
        yield reader_in_chromium(browser, url)


def _driven(
    run: Callable[[int, int], AbstractContextManager[DrivenPage]],
) -> Callable[[str], AbstractContextManager[Reader]]:
    @contextmanager
    def reader(url: str) -> Iterator[Reader]:
        with run(WINDOW["width"], WINDOW["height"]) as page:
            yield Reader(page, url, page.requests, page.errors)

    return reader


# Each raises FileNotFoundError, which says what is missing, where the browser is not installed.
READERS = {"chromium": _chromium, "firefox": _driven(firefox), "webkit": _driven(webkit)}
