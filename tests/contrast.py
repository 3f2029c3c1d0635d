"""Contrast of two colours as WCAG 2.2 computes it, and what level AA asks for."""

TEXT, GRAPHICS = 4.5, 3.0


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour of six digits."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def veiled(ground: str, colour: str, opacity: float) -> str:
    """Return what a ground looks like under a layer of a colour.

    >>> veiled("#ffffff", "#000000", 0.5)
    '#808080'
    """
    parts = (
        round(int(ground[at : at + 2], 16) * (1 - opacity) + int(colour[at : at + 2], 16) * opacity)
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)
