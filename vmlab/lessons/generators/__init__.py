"""The exercises by name."""

from vmlab.lessons.generators import calls, faults, files, regions, sharing, translation
from vmlab.lessons.question import Generator

GENERATORS: dict[str, Generator] = {
    generator.__name__: generator
    for module in (regions, calls, translation, faults, sharing, files)
    for generator in module.ALL
}
