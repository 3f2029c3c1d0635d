"""See how Linux manages a process's memory."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vmlab.constants import *  # noqa: F403
from vmlab.errors import BusError as BusError
from vmlab.errors import DiagramError as DiagramError
from vmlab.errors import KernelBug as KernelBug
from vmlab.errors import Killed as Killed
from vmlab.errors import LinuxError as LinuxError
from vmlab.errors import ProcessError as ProcessError
from vmlab.errors import Segfault as Segfault
from vmlab.errors import StateError as StateError
from vmlab.model.mmu.page import GiB as GiB
from vmlab.model.mmu.page import KiB as KiB
from vmlab.model.mmu.page import MiB as MiB
from vmlab.model.process import Process as Process
from vmlab.record.machine import Machine as Machine
from vmlab.record.recorder import Recorder as Recorder
from vmlab.record.snapshot import Snapshot as Snapshot

if TYPE_CHECKING:
    from vmlab.lessons.show import show as show
    from vmlab.lessons.watch import watch as watch
    from vmlab.widgets.controls import Controls as Controls
    from vmlab.widgets.diagram_view import DiagramView as DiagramView
    from vmlab.widgets.explorer import Explorer as Explorer
    from vmlab.widgets.player import Player as Player

__version__ = "0.1.0"

# What draws or needs ipywidgets is loaded when it is first asked for.
_LATER = {
    "Controls": "vmlab.widgets.controls",
    "DiagramView": "vmlab.widgets.diagram_view",
    "Explorer": "vmlab.widgets.explorer",
    "Player": "vmlab.widgets.player",
    "show": "vmlab.lessons.show",
    "watch": "vmlab.lessons.watch",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'vmlab' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_LATER[name]), name)
    return value
