"""The Python in the cells of lessons."""

_LOAD = "%load_ext vmlab\n"


def python_of(source: str) -> str:
    """Return the Python of a cell: none of one in C, and without loading what knows such cells."""
    return "" if source.startswith("%%c ") else source.removeprefix(_LOAD)
