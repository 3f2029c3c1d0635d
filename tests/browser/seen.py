"""All that a person can read or hear of a part of a page, whether it is open now or not."""

from __future__ import annotations

from playwright.sync_api import Locator

# What stands as it is in every language: sources, the values of variables, what programs wrote.
AS_IT_IS = ".vm-source-table td, .vm-variable-table td, .vm-console-text, .vm-file"
_TEXTS = """([root, asItIs]) => {
    const names = ["title", "aria-label", "aria-valuetext", "aria-description", "placeholder"];
    const texts = new Map(); // whether it is what one types
    for (const element of root.querySelectorAll("*")) {
        const typed = element.matches("input, textarea, datalist option");
        for (const name of names) texts.set(element.getAttribute(name) ?? "", typed);
        if (typed) texts.set(element.value, typed);
        if (element.matches("style, script") || element.closest(asItIs)) continue;
        const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
        texts.set(own.map((node) => node.data).join(" "), typed);
    }
    return [...texts].map(([text, typed]) => [text.trim(), typed]).filter(([text]) => text);
}"""


def seen(part: Locator) -> list[tuple[str, bool]]:
    """Return the texts of a part of a page, labels and tooltips too, and whether one is typed."""
    root = part.element_handle()
    return [(text, typed) for text, typed in part.page.evaluate(_TEXTS, [root, AS_IT_IS])]
