"""The exercises by name."""

from vmlab.lessons.generators import (
    accounting,
    calls,
    claims,
    classic,
    drawn,
    faults,
    files,
    forks,
    geometry,
    regions,
    sharing,
    signals,
    small_mmu,
    translation,
)
from vmlab.lessons.question import Generator

GENERATORS: dict[str, Generator] = {
    generator.__name__: generator
    for module in (
        *(regions, calls, translation, faults, sharing, files),
        *(small_mmu, geometry, forks, claims, accounting, signals, drawn, classic),
    )
    for generator in module.ALL
}
