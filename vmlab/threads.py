"""Two threads on one machine: the calls of one wait for those of the other.

The model itself also runs where there are no threads.
"""

from threading import RLock

from vmlab.model.trace.hook import locks

locks.make = RLock  # a call may be part of another one of the same thread
