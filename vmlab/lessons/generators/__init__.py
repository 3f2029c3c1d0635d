"""The exercises by name."""

from vmlab.lessons.exercises import Generator
from vmlab.lessons.generators import calls, faults, files, regions, sharing, translation

GENERATORS: dict[str, Generator] = {
    generator.__name__: generator
    for module in (regions, calls, translation, faults, sharing, files)
    for generator in module.ALL
}
