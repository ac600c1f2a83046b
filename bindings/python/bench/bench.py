"""Prints what the Python package costs, as tables in Markdown.

bench.py PROGRAMS: the directory of the benchmarks in C. $ROUNDS and $SECONDS (for each program in each round) change
how long it takes. Redis and wrk are needed for the servers.
"""

import http.client
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import interfaces
from starlette_sessions.memory.backend import MemorySessionBackend as SeedMemory
from starlette_sessions.signedcookie.backend import SignedCookieSessionBackend as SeedSignedCookie

import sessions

ROUNDS = int(os.environ.get("ROUNDS", "15"))
SECONDS = float(os.environ.get("SECONDS", "0.1"))
SECRET = "a key of this benchmark, long enough"
HERE = Path(__file__).parent


def measured(programs: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Return the median nanoseconds of each; they take turns, so that all see the same machine."""
    found: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, work in programs.items():
            times, start = 0, time.perf_counter()
            while (passed := time.perf_counter() - start) < SECONDS:
                for _ in range(50):
                    work()
                times += 50
            found[name].append(passed / times * 1e9)
    return {name: statistics.median(values) for name, values in found.items()}


# ---- a request's calls ----


def ours(url: str, json: str) -> Callable[[], None]:
    """Load, read, change and commit, with the library."""
    manager = sessions.Manager(sessions.Backend(url), sessions.Config(keys=[SECRET], plain_http=True))
    first = manager.load()
    first.from_json(json)
    first.commit()
    header = first.cookie_lines[0].split(";")[0].encode()
    turn = 0

    def work() -> None:
        nonlocal turn
        turn += 1
        with manager.load(header) as session:
            assert session["user_id"]
            session["visits"] = turn
            session.commit()
            assert session.cookie_lines is not None

    return work


def seed(backend: SeedSignedCookie | SeedMemory, json: str) -> Callable[[], None]:
    """Load, read, change and commit, with starlette-sessions."""
    first = backend(None)
    first.update(sessions._json.decode(json))
    content = first.content
    turn = 0

    def work() -> None:
        nonlocal turn
        turn += 1
        session = backend(content)
        assert session["user_id"]
        session["visits"] = turn
        assert session.content

    return work


def in_c(programs: Path) -> dict[str, float]:
    """Return what the same calls take in C."""
    lines = subprocess.run(
        [programs / "bench", "bindings", "1", str(ROUNDS), str(SECONDS), "1000"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    found: dict[str, list[float]] = {}
    for _, name, wall, _ in (line.split("\t") for line in lines):
        found.setdefault(name, []).append(float(wall))
    return {
        "signed-cookie:": statistics.median(found["request/350B/c"]),
        "memory:": statistics.median(found["request/350B*1000/c"]),
    }


def print_calls(programs: Path) -> None:
    """Print what the calls of one request take."""
    json = subprocess.run(
        [programs / "bench_once", "--json", "350B"], capture_output=True, text=True, check=True
    ).stdout.strip()
    c = in_c(programs)
    times = measured(
        {
            "signed-cookie:": ours("signed-cookie:", json),
            "signed-cookie:, seed": seed(SeedSignedCookie(SECRET), json),
            "memory:": ours("memory:", json),
            "memory:, seed": seed(SeedMemory(), json),
        }
    )
    print("\nPython: a request's load, read, change and commit, 350 bytes of JSON, nanoseconds\n")
    print("| backend | C | Python | Python to C | starlette-sessions | it to ours | goal |\n" + "| --- " * 7 + "|")
    for backend, goal in (("signed-cookie:", "8"), ("memory:", "")):
        mine, theirs = times[backend], times[backend + ", seed"]
        print(f"| {backend} | {c[backend]:.0f} | {mine:.0f} | {mine / c[backend]:.2f} ", end="")
        print(f"| {theirs:.0f} | {theirs / mine:.1f} | {goal} |")


# ---- ways to call C ----


def print_interfaces(library: Path) -> None:
    """Print what the calls of one request take, by each way to call C from Python."""
    times = measured(
        {
            "an extension": interfaces.by_extension(SECRET),
            "cffi": interfaces.by_cffi(str(library), SECRET.encode()),
            "ctypes": interfaces.by_ctypes(str(library), SECRET.encode()),
        }
    )
    print("\nPython: load, increment, commit and line of a signed cookie, by way to call C, nanoseconds\n")
    print("| way | time | to the extension's |\n" + "| --- " * 3 + "|")
    for way, nanoseconds in times.items():
        print(f"| {way} | {nanoseconds:.0f} | {nanoseconds / times['an extension']:.2f} |")


# ---- servers ----


def free_port() -> int:
    """Find one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process_that_says(words: str, command: list[str]) -> Iterator[None]:
    """Start a server, wait for its words, and end it."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout
    try:
        if not any(words in line for line in process.stdout):
            raise RuntimeError(f"{command} has ended")
        yield
    finally:
        process.terminate()
        process.communicate()


def cookie_of(port: int) -> str:
    """Begin a session."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/")
    line = connection.getresponse().getheader("Set-Cookie") or "none=1"
    connection.close()
    return line.split(";")[0]


def requests_a_second(port: int, cookie: str) -> float:
    """Let wrk ask."""
    command = ["wrk", "--threads", "1", "--connections", "16", "--duration", f"{max(1, round(SECONDS * 20))}s"]
    output = subprocess.run(
        [*command, "--header", f"Cookie: {cookie}", f"http://127.0.0.1:{port}/"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if not found or "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(output)
    return float(found[1])


def print_servers(http: str) -> None:
    """Print what Starlette serves on uvicorn with one of its implementations of HTTP.

    How fast a process is differs from one to the next by as much as a session costs, so each round starts new ones.
    """
    sessions = ["signed cookie", "redis"]
    kinds = ["none", *(kind + suffix for kind in sessions for suffix in ("", ", seed"))]
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        with ExitStack() as stack:
            port, directory = free_port(), stack.enter_context(tempfile.TemporaryDirectory())
            redis = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory]
            stack.enter_context(process_that_says("eady to accept", redis))
            ports = {kind: free_port() for kind in kinds}
            app = [sys.executable, str(HERE / "app.py")]
            for kind in kinds:
                command = [*app, kind, http, str(ports[kind]), f"redis://127.0.0.1:{port}"]
                stack.enter_context(process_that_says("Uvicorn running", command))
            cookies = {kind: cookie_of(ports[kind]) for kind in kinds}
            for kind in kinds:
                found[kind].append(1e6 / requests_a_second(ports[kind], cookies[kind]))
    times = {kind: statistics.median(values) for kind, values in found.items()}
    print(f"\nStarlette on uvicorn with {http} under wrk with 16 connections:")
    print("microseconds a request, and the session's\n")
    print(
        "| session | libsessions | cost | starlette-sessions | cost | ours to its cost | goal |\n" + "| --- " * 7 + "|"
    )
    print(f"| none | {times['none']:.0f} | | {times['none']:.0f} | | | |")
    for kind in sessions:
        mine, theirs = times[kind], times[kind + ", seed"]
        costs = mine - times["none"], theirs - times["none"]
        print(f"| {kind} | {mine:.0f} | {costs[0]:.1f} | {theirs:.0f} | {costs[1]:.1f} ", end="")
        print(f"| {costs[0] / costs[1]:.2f} | 0.25 |")


if __name__ == "__main__":
    print_calls(Path(sys.argv[1]))
    print_interfaces(Path(sys.argv[1]).parents[1] / "libsessions.so")
    if shutil.which("wrk") and shutil.which("redis-server"):
        for implementation in ("httptools", "h11"):
            print_servers(implementation)
    else:
        print("\nwrk or redis-server is not there: servers are not measured.")
