"""Real processes: what the kernel of this machine, a saved file or a pasted text shows of them.

`reading` takes a text apart, `proc` and `pagemap` read /proc, `saved` reads and writes files of
saved processes. `observed` makes a `Snapshot` of what was read. `pictures` and `page` draw it, and
`watching` draws a living process once a second.
"""

from vmlab.host.observed import snapshot
from vmlab.host.pictures import draw
from vmlab.host.reading import Reading, Unread
from vmlab.host.saved import EXAMPLES, load, read, save
from vmlab.host.watching import watch

__all__ = ["EXAMPLES", "Reading", "Unread", "draw", "load", "read", "save", "snapshot", "watch"]
