"""The views wear the theme of the page around them, whichever front end it is."""

import pytest
from playwright.sync_api import Browser

from vmlab.widgets.base import Frontend

pytestmark = pytest.mark.browser

# The stylesheet of JupyterLab's widgets brings the colours of its light theme everywhere.
PAGE = """
<!doctype html><html {html}><style>:root {{ --jp-layout-color0: {paper} }} {css}</style>
<body {body}><div class="vm vm-diagram"><div class="vm-frame">
<div class="vm-title">Frames</div></div></div></body></html>"""
WHITE, NIGHT = "rgb(255, 255, 255)", "rgb(20, 23, 28)"


@pytest.mark.parametrize(
    ("html", "body", "paper", "system", "seen"),
    [
        ("", 'data-jp-theme-light="true"', "white", "dark", WHITE),
        ("", 'data-jp-theme-light="false"', "#111", "light", "rgb(17, 17, 17)"),
        ("", 'class="vscode-light"', "white", "dark", WHITE),
        ("", 'class="vscode-dark"', "white", "light", NIGHT),
        ("", 'class="vscode-high-contrast"', "white", "light", NIGHT),
        ('theme="dark"', "", "white", "light", NIGHT),  # Colab
        ('theme="light"', "", "white", "dark", WHITE),
        ("", "", "white", "dark", NIGHT),
        ("", "", "white", "light", WHITE),
    ],
)
def test_the_paper(
    browser: Browser, html: str, body: str, paper: str, system: str, seen: str
) -> None:
    page = browser.new_page(color_scheme="dark" if system == "dark" else "light")
    page.set_content(PAGE.format(html=html, body=body, paper=paper, css=Frontend._css))
    style = "getComputedStyle(document.querySelector('{}')).{}"
    assert page.evaluate(style.format(".vm-frame", "backgroundColor")) == seen
    ink = page.evaluate(style.format(".vm-title", "color"))
    assert ink == ("rgb(28, 35, 48)" if seen == WHITE else "rgb(230, 233, 239)")
    page.close()
