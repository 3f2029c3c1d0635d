"""What a class costs: JupyterHub with N students who do lesson 0, on this machine.

    python -m venv hub && hub/bin/pip install . jupyterhub psutil websockets
    npm install configurable-http-proxy  # where hub/../node_modules is
    hub/bin/python -m benchmarks.hub_load [N ...] [--pause SECONDS]

A real JupyterHub starts a server for each student (SimpleLocalProcessSpawner: a process, no
container, so a container's own cost comes on top). Each student is a client of its own that opens
a kernel over a websocket through the hub's proxy, runs every cell of lesson 0, and clicks `mmap` in
its Explorer, with pauses; all begin at the same time, which is the worst case.

Memory is PSS, which divides what processes share by those who share it. Latency is from the request
to the kernel's last message about it, the browser's own part left out. The last rows are an
extrapolation to 200 students, not a measurement: memory by the slope between the two largest N, CPU
as if the lesson took its 15 minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import psutil
from websockets.sync.client import ClientConnection, connect

from vmlab.commands.lab import copy_lessons

SIZES = (1, 5, 20)
CLASS = 200
LESSON = "00_start_here.ipynb"
LESSON_SECONDS = 15 * 60
CLICKS = 20
CONFIG = """
c.JupyterHub.spawner_class = "jupyterhub.spawner.SimpleLocalProcessSpawner"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {{"VMLAB_LANG": "en"}}
c.Spawner.start_timeout = c.Spawner.http_timeout = 300
c.JupyterHub.concurrent_spawn_limit = 100
c.JupyterHub.services = [{{"name": "load", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [{{
    "name": "load", "services": ["load"],
    "scopes": ["admin:users", "admin:servers", "access:servers"],
}}]
"""


@dataclass
class Hub:
    """A running JupyterHub."""

    url: str
    token: str
    homes: Path
    process: psutil.Process

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask its REST interface, or that of a student's server."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.loads(answer.read() or b"null")


@dataclass
class Student:
    """One student's client, and how long it waited."""

    name: str
    hub: Hub
    pause: float
    start: float = 0.0  # seconds until the server was there
    first: float = 0.0  # seconds from there until the first cell was done
    cells: list[float] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)
    problem: str = ""
    controls: tuple[str, dict[str, str]] | None = None  # comm and fields of mmap

    def work(self) -> None:
        """Do the lesson; what goes wrong is kept in `problem`."""
        try:
            self._arrive()
            self._learn()
        except Exception as error:
            self.problem = f"{type(error).__name__}: {error}"

    def _arrive(self) -> None:
        begin = time.monotonic()
        self.hub.ask("POST", f"/hub/api/users/{self.name}", {})
        self.hub.ask("POST", f"/hub/api/users/{self.name}/server", {})
        while (
            not self.hub.ask("GET", f"/hub/api/users/{self.name}")["servers"]
            .get("", {})
            .get("ready")
        ):
            time.sleep(0.2)
        self.start = time.monotonic() - begin

    def _learn(self) -> None:
        begin = time.monotonic()
        server = f"/user/{self.name}"
        kernel = self.hub.ask("POST", f"{server}/api/kernels", {"name": "python3"})["id"]
        url = f"{self.hub.url}{server}/api/kernels/{kernel}/channels".replace("http", "ws", 1)
        headers = {"Authorization": f"token {self.hub.token}"}
        notebook = nbformat.read(self.hub.homes / self.name / LESSON, as_version=4)
        sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        with connect(url, additional_headers=headers, max_size=None, open_timeout=300) as channel:
            for source in sources:
                self.cells.append(self._run(channel, source))
                self.first = self.first or time.monotonic() - begin
                time.sleep(self.pause)
            assert self.controls, "the lesson has no Explorer"
            comm, texts = self.controls
            for _ in range(CLICKS):
                click = {"type": "call", "name": "mmap", "texts": texts}
                data = {"method": "custom", "content": click}
                content = {"comm_id": comm, "data": data}
                self.clicks.append(self._request(channel, "comm_msg", content))
                time.sleep(self.pause)

    def _run(self, channel: ClientConnection, source: str) -> float:
        content = {"code": source, "silent": False, "store_history": True, "stop_on_error": True}
        return self._request(channel, "execute_request", content)

    def _request(self, channel: ClientConnection, kind: str, content: dict[str, Any]) -> float:
        number = uuid.uuid4().hex
        header = {"msg_id": number, "msg_type": kind, "username": self.name, "version": "5.3"}
        header |= {"session": self.name, "date": ""}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        begin = time.monotonic()
        channel.send(json.dumps(message | {"channel": "shell", "buffers": []}))
        while True:
            came = channel.recv(timeout=300)
            told = json.loads(came if isinstance(came, str) else came[_offset(came) :])
            self._note(told)
            if told["parent_header"].get("msg_id") != number:
                continue
            if told["msg_type"] == "error":
                raise RuntimeError(told["content"]["evalue"])
            if told["content"].get("execution_state") == "idle":
                return time.monotonic() - begin

    def _note(self, told: dict[str, Any]) -> None:
        if told["msg_type"] == "comm_open":
            state = told["content"]["data"].get("state", {})
            if "mmap" in state.get("texts", {}):
                self.controls = told["content"]["comm_id"], state["texts"]["mmap"]


def _offset(message: bytes) -> int:
    # A message with buffers: their number, where each part begins; the first is the JSON.
    return int.from_bytes(message[4:8], "big")


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextmanager
def hub(folder: Path) -> Iterator[Hub]:
    """Run a JupyterHub."""
    port, hub_port, api_port = free_ports(3)
    token, homes = secrets.token_hex(16), folder / "homes"
    proxy = shutil.which("configurable-http-proxy", path=os.environ["PATH"])
    if not proxy:
        sys.exit("configurable-http-proxy is not on the PATH")
    config = folder / "config.py"
    ports = {"port": port, "hub_port": hub_port, "api_port": api_port}
    config.write_text(
        CONFIG.format(python=sys.executable, homes=str(homes), proxy=[proxy], token=token, **ports)
    )
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", config], cwd=folder, stdout=log, stderr=log
        )
        running = Hub(f"http://127.0.0.1:{port}", token, homes, psutil.Process(server.pid))
        try:
            _wait(running)
            yield running
        finally:
            server.terminate()
            server.wait(timeout=120)


def _wait(running: Hub) -> None:
    for _ in range(300):
        try:
            running.ask("GET", "/hub/api/")
        except OSError:
            time.sleep(0.2)
        else:
            return
    sys.exit("JupyterHub did not start")


def _memory(processes: list[psutil.Process]) -> float:
    return sum(process.memory_full_info().pss for process in processes) / 1e6


def _cpu(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


@dataclass(frozen=True)
class Row:
    """What so many students cost."""

    students: int
    servers: float  # MB of PSS of all of them
    kernels: float
    cpu: float  # seconds of all servers and kernels
    hub: float  # MB of PSS of the hub and its proxy


def measure(count: int, pause: float) -> Row:
    """Let so many students do the lesson, and print what they waited."""
    with tempfile.TemporaryDirectory() as folder, hub(Path(folder)) as running:
        students = [Student(f"student{n}", running, pause) for n in range(count)]
        for student in students:
            copy_lessons(running.homes / student.name)
        threads = [threading.Thread(target=student.work) for student in students]
        begin = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - begin
        every = running.process.children(recursive=True)
        servers = [process for process in every if _runs(process, "singleuser")]
        kernels = [process for process in every if _runs(process, "ipykernel")]
        rest = [process for process in every if process not in servers + kernels]
        memory = _memory(servers), _memory(kernels)
        row = Row(count, *memory, _cpu(servers + kernels), _memory([running.process, *rest]))
        if problems := [student.problem for student in students if student.problem]:
            print(*(Path(folder) / "log").read_text().splitlines()[-30:], sep="\n")
            sys.exit(f"{len(problems)} of {count} students failed: {problems[0]}")
        _print_row(row, students, seconds)
        return row


def _runs(process: psutil.Process, module: str) -> bool:
    return module in " ".join(process.cmdline())


def _print_row(row: Row, students: list[Student], seconds: float) -> None:
    n = row.students
    cells = [one for student in students for one in student.cells]
    clicks = [one for student in students for one in student.clicks]
    print(
        f"{n:>4} {row.servers / n:>8.0f} {row.kernels / n:>8.0f} {row.hub:>6.0f}"
        f" {row.cpu / n:>8.1f}"
        f" {statistics.median(s.start for s in students):>8.1f}"
        f" {statistics.median(s.first for s in students):>8.1f}"
        f" {_both(cells):>12} {_both(clicks):>12} {seconds:>6.0f}",
        flush=True,
    )


def _both(seconds: list[float]) -> str:
    # Median and 95th percentile, in milliseconds.
    ordered = sorted(seconds)
    return f"{statistics.median(ordered) * 1e3:.0f}/{ordered[int(len(ordered) * 0.95)] * 1e3:.0f}"


def extrapolate(rows: list[Row]) -> None:
    """Print what a class would need, by the two largest sizes measured."""
    small, large = sorted(rows, key=lambda row: row.students)[-2:]
    more = large.servers + large.kernels - small.servers - small.kernels
    each = more / (large.students - small.students)
    cores = CLASS * large.cpu / large.students / LESSON_SECONDS
    print(f"\nextrapolated, not measured: {CLASS} students in a lesson of 15 minutes")
    print(f"memory  {each:.0f} MB for each one more: {CLASS * each / 1e3:.0f} GB and the hub")
    print(f"CPU     {cores:.1f} cores on average; as many as students press at once for no wait")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="What a class costs.")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two actions")
    args = parser.parse_args()
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{os.cpu_count()} cores, load of others before: {load}; pause {args.pause} s")
    print("     MB of a student    hub    CPU s    seconds until     ms: median/95 %        all")
    print(
        "   N   server   kernel     MB  student   server     cell        cells       clicks", " s"
    )
    rows = [measure(size, args.pause) for size in args.sizes]
    if len(rows) > 1:
        extrapolate(rows)


if __name__ == "__main__":
    main()
