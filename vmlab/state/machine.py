"""The machine as users get it: the model's, with snapshots and the way back to them."""

from __future__ import annotations

from typing import Any

from vmlab.model import arguments
from vmlab.model.machine import BareMachine
from vmlab.model.mmu.pte import GEOMETRIES
from vmlab.model.trace.decorators import announced
from vmlab.model.trace.events.process import MachineRestore
from vmlab.model.trace.hook import emit
from vmlab.state.capture import capture
from vmlab.state.check import check
from vmlab.state.restore import restore
from vmlab.state.snapshot import Snapshot


def _snapshot(value: object, what: str) -> None:
    arguments.instance(value, Snapshot, what)


class Machine(BareMachine):
    __doc__ = BareMachine.__doc__

    @classmethod
    def from_snapshot(cls, snap: Snapshot) -> Machine:
        """Return a new machine in the state of a snapshot.

        Raises:
            StateError: the snapshot contradicts itself; the message names the field.
        """
        _snapshot(snap, "snap")
        check(snap)
        new = cls(ram=snap.ram_bytes, geometry=GEOMETRIES[snap.geometry.name])
        new._go_on_with(restore(snap))
        return new

    def __reduce__(self) -> tuple[Any, ...]:
        # Copies and pickles go by way of a snapshot; nobody listens to the copy.
        return type(self).from_snapshot, (self.snapshot(),)

    def snapshot(self) -> Snapshot:
        """Return a frozen copy of the whole machine."""
        with self._trace.turn:
            return capture(self.system)

    @announced("machine.restore", _snapshot)
    def restore(self, snap: Snapshot) -> None:
        """Go to the state of a snapshot, and on from there as if nothing else had happened.

        A `Process` goes on as the process of its pid; it is dead if the snapshot has none.

        Raises:
            StateError: the snapshot contradicts itself, or was taken in the middle of a call; the
                message names the field, and the machine is as before.
        """
        check(snap)
        self._go_on_with(restore(snap))
        emit(self.system, MachineRestore, len(self.system.tasks))
