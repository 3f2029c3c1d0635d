"""What it costs to draw a text of /proc/PID/maps or smaps: `python -m benchmarks.host`.

Counted is the time of the CPU, so that what else runs here does not matter. A browser has some
1,350 regions; the longest text that somebody asked about had 128,000.
"""

from __future__ import annotations

import sys
import time

from vmlab import host
from vmlab.host.page import page

REGIONS = (1_350, 128_000)
LIMITS = (1.0, 10.0)  # seconds
COUNTS = "Rss: 4 kB\nPss: 4 kB\nPrivate_Dirty: 4 kB\nSwap: 0 kB\nVmFlags: rd wr mr mw me ac sd\n"


def maps(regions: int, counts: str = "") -> str:
    """Return a text of so many regions: libraries of five, and memory without a name."""
    lines = []
    for number in range(regions):
        start = 0x7F0000000000 + number * 0x3000
        of_file = number % 8 < 5
        name = f"/usr/lib/lib{number // 8}.so" if of_file else ""
        inode = f"08:01 {number // 8 + 1}" if of_file else "00:00 0"
        perms = "r--p" if of_file and counts == "" else "rw-p"
        head = f"{start:x}-{start + 0x2000:x} {perms} 00000000 {inode} "
        lines.append((head.ljust(73) + name if name else head) + "\n" + counts)
    return "".join(lines)


def main() -> int:
    """Draw each text, as a picture and as a page; return 1 if one takes too long."""
    late = 0
    host.draw(maps(10))  # loads the engine
    for regions, limit in zip(REGIONS, LIMITS, strict=True):
        for kind, counts in (("maps", ""), ("smaps", COUNTS)):
            text = maps(regions, counts)
            begin = time.process_time()
            snap = host.snapshot(text)
            read = time.process_time() - begin
            host.draw(snap, picture="address_space")
            drawn = time.process_time() - begin
            page(snap)
            whole = time.process_time() - begin - drawn
            late += drawn > limit
            print(
                f"{regions:7,} regions of {kind:5}: read in {read:5.2f} s, "
                f"drawn after {drawn:5.2f} s (at most {limit:.0f}), a page takes {whole:5.2f} s"
            )
    return int(late > 0)


if __name__ == "__main__":
    sys.exit(main())
