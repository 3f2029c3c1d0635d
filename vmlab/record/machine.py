"""The machine as users get it: the model's, with snapshots."""

from __future__ import annotations

from vmlab.model import machine
from vmlab.record.capture import capture
from vmlab.record.snapshot import Snapshot


class Machine(machine.Machine):
    __doc__ = machine.Machine.__doc__

    def snapshot(self) -> Snapshot:
        """Return a frozen copy of the whole machine."""
        return capture(self.system)
