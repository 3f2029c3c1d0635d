"""Logs of strace that were recorded of real programs: `data/logs.json.xz`, by name."""

from __future__ import annotations

import json
import lzma
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "data" / "logs.json.xz"
Logs = dict[str, str]

_PYTHON = "/usr/bin/python3 -c "
PROGRAMS = {
    "sh": "sh -c 'ls -l / | wc -l; for i in 1 2; do echo $i; done'",
    "bash": "bash -c 'x=$(date); echo $x | tr a-z A-Z; cat <(echo hi)'",
    "gcc": "gcc -O2 a.c -o a.out",
    "python": _PYTHON + "'import json, re; print(sum(range(10 ** 5)))'",
    "python_fork": _PYTHON + "'import multiprocessing as m; "
    'p = m.get_context("fork").Pool(2); p.map(abs, [1]); p.close()\'',
    "python_mmap": _PYTHON + "'import mmap; m = mmap.mmap(-1, 1 << 20); m.resize(3 << 20); "
    'f = open("numbers", "r+b"); n = mmap.mmap(f.fileno(), 0); n.flush(); m.close()\'',
    "python_memory": _PYTHON + "'x = [bytearray(1 << 20) for i in range(20)]; del x'",
    "server": _PYTHON + "'import http.server as h, threading as t, urllib.request as u; "
    's = h.ThreadingHTTPServer(("127.0.0.1", 0), h.SimpleHTTPRequestHandler); '
    "t.Thread(target=s.serve_forever).start(); "
    'u.urlopen("http://127.0.0.1:%d/" % s.server_port).read(); s.shutdown()\'',
    "node": "node -e 'console.log([1, 2, 3].map(x => x * x))'",
    "java": "java -version",
    "git": "git log -1 --stat",
    "sort": "sort --parallel=4 -S 20M numbers -o sorted",
    "tar": "tar czf many.tgz many",
    "gzip": "gzip -k -f numbers",
    "awk": "awk 'BEGIN { for (i = 0; i < 20000; i++) a[i] = i; print length(a) }'",
    "find": "find /usr/share/doc -maxdepth 1 -name a*",
    "make": "make -n -f /dev/null nothing",
    "perl": "perl -e '@a = map { $_ * 2 } 1 .. 10000; print scalar @a'",
    "grep": "grep -r nothing many",
    "dd": "dd if=/dev/zero of=/dev/null bs=1M count=4",
    "curl": "curl -s file:///etc/passwd",
    "sqlite": "sqlite3 :memory: 'create table a(b); select 1'",
    "vim": "vim --version",
    "ssh": "ssh -V",
    "openssl": "openssl version -a",
}
OPTIONS = (
    *("-f", "-f -y", "-f -yy", "-f -t", "-f -tt", "-f -ttt -T", "-f -r", "-f -v -s 200"),
    *("-f -X raw", "-f -X verbose", "-f -X abbrev", "-f -k", "-f -i", "-f -n"),
    *("-f --decode-pids=comm", "-f -s 0", "-f -e trace=%memory,%process,%desc"),
)


@cache
def read() -> Logs:
    """Return the logs."""
    logs: Logs = json.loads(lzma.decompress(FILE.read_bytes()))
    return logs


def write(logs: Logs) -> None:
    """Store the logs."""
    FILE.write_bytes(lzma.compress(json.dumps(logs).encode(), preset=9 | lzma.PRESET_EXTREME))
