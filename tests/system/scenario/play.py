"""Plays scenario.txt with the quick start of each language on each backend, under one clock and one random sequence.

    play.py SHIM NAME=COMMAND...

SHIM is tests/support/fixed_world.c, built. A COMMAND takes a backend's URL, as bindings/c/quickstart.c does. All answers
are compared with the scenario byte for byte, so they are the same in all languages. Parts in which several programs
take turns are played by all languages in all orders, on stores that they share.
"""

import base64
import contextlib
import http.client
import itertools
import pathlib
import re
import shlex
import sqlite3
import sys
import tempfile

import scenario

here = pathlib.Path(__file__).resolve().parent
sys.path += [str(here.parent / "quickstart"), str(here.parents[1] / "support")]
from redis_server import RedisServer  # noqa: E402
from server import Server  # noqa: E402

START = 1_900_000_000
IDS_OF_A_PLAY = 1000


def session_id(number):
    """The id that the fixed world draws as its number-th."""
    return base64.urlsafe_b64encode(b"%032d" % number).decode().rstrip("=")


class World:
    """The directory that tells all programs the time, and the ids that they draw."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.plays = 0

    def begin(self):
        self.plays += 1
        self.first_id = self.plays * IDS_OF_A_PLAY
        (self.directory / "drawn").write_text(f"{self.first_id}\n")
        self.set_clock(START)

    def set_clock(self, seconds):
        self.now = seconds
        fresh = self.directory / "clock.new"  # renamed: a program sees the one time or the other
        fresh.write_text(f"{seconds}\n")
        fresh.rename(self.directory / "clock")

    def named_ids(self, text):
        """With the ids of this play as the scenario writes them."""
        for number in range(1, 20):
            text = text.replace(session_id(self.first_id + number), f"<id {number}>")
        return text


class Stores:
    """What the programs share, and how it fails."""

    def __init__(self, directory):
        self.directory = directory
        self.redis = RedisServer(directory, "--appendonly", "yes", "--appendfsync", "always")

    def __enter__(self):
        self.redis.start()
        return self

    def __exit__(self, *_):
        self.redis.kill()

    def url(self, backend):
        if backend == "sqlite":
            return f"sqlite:{self.directory}/sessions.db"
        return f"redis://127.0.0.1:{self.redis.port}/0" if backend == "redis" else f"{backend}:"

    def down(self, backend):
        if backend == "redis":
            return self.redis.kill()
        self.lock = sqlite3.connect(f"{self.directory}/sessions.db", isolation_level=None)
        self.lock.execute("BEGIN IMMEDIATE")

    def up(self, backend, servers):
        if backend == "sqlite":
            return self.lock.close()
        self.redis.start()
        for server in servers:  # for a moment nobody tries to connect
            while request(server, "/read", session_id(0))[0] == 503:
                pass


def request(server, route, cookie):
    """Answers (status, headers, body)."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", route, headers={"Cookie": f"a=1; session={cookie}; b=2"} if cookie else {})
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read().decode()


def written(status, headers, body):
    """As the scenario writes an answer."""
    named = {name: [value for its_name, value in headers if its_name.lower() == name.lower()]
             for name in (*scenario.HEADERS, "Content-Type")}
    lines = [f"{status} {body}", *(f"{name}: {value}" for name in scenario.HEADERS for value in named[name])]
    return lines if named["Content-Type"] == ["application/json"] else [*lines, f"Content-Type: {named['Content-Type']}"]


def keep_cookie(jar, name, headers):
    """As a browser does which never lets a cookie expire by itself."""
    for header, line in headers:
        if header.lower() == "set-cookie" and (cookie := re.match(r"session=([^;]*);(?: Max-Age=0;)?", line)):
            jar[name] = None if "Max-Age=0" in cookie[0] else cookie[1]


def spoiled(cookie, position):
    """With another letter at a position, counted from 0, or from the end below 0."""
    letters = list(cookie)
    letters[position] = "Q" if letters[position] == "A" else "A"
    return "".join(letters)


class Play:
    """One part, by these servers in turn, on one backend."""

    def __init__(self, world, stores, backend, servers, everyone):
        self.world, self.stores, self.backend = world, stores, backend
        self.servers, self.everyone = servers, everyone
        self.server = servers[0]
        self.jar = {}

    def run(self, part):
        """Yields each request's step and its answer."""
        self.world.begin()
        for step in part.steps:
            if step.is_request:
                yield step, self.ask(*step.words)
            elif step.words[0] in scenario.ACTIONS:
                self.act(*step.words)
            else:
                self.change_cookie(*step.words)

    def ask(self, name, route):
        status, headers, body = request(self.server, route, self.jar.get(name))
        keep_cookie(self.jar, name, headers)
        return [self.world.named_ids(line) for line in written(status, headers, body)]

    def act(self, action, argument=None):
        if action == "clock":
            self.world.set_clock(self.world.now + int(argument))
        elif action == "program":
            self.server = self.servers[int(argument) - 1]
        elif action == "down":
            self.stores.down(self.backend)
        else:
            self.stores.up(self.backend, self.everyone)

    def change_cookie(self, name, verb, argument):
        if verb == "copies":
            self.jar[name] = self.jar[argument]
        elif verb == "spoils":
            self.jar[name] = spoiled(self.jar[name], int(argument))
        else:
            assert verb == "forges", verb
            self.jar[name] = argument


def difference(play, part, names):
    """The first one in a play, as a list: those after it are often its consequences."""
    found = []
    for step, answer in play.run(part):
        expected = step.answer[play.backend]
        if answer != expected and not found:
            head = f"{part.name}, on {play.backend} by {', then '.join(names)}: line {step.line} expects"
            found.append("\n    ".join([head, *expected, "and not", *answer]))
    return found


def play_all(shim, commands, world, stores, parts):
    """Answers what differs, and how many plays there were."""
    found, plays = [], 0
    for backend in scenario.BACKENDS:
        with contextlib.ExitStack() as stack:
            servers = {}
            for name, command in commands.items():
                world.begin()
                server = Server(stores.url(backend), command=command)
                server.environment |= {"LD_PRELOAD": shim, "FIXED_WORLD": str(world.directory)}
                servers[name] = stack.enter_context(server)
            for part in (part for part in parts if backend in part.backends):
                for names in itertools.product(servers, repeat=part.programs):
                    play = Play(world, stores, backend, [servers[name] for name in names], servers.values())
                    found += difference(play, part, names)
                    plays += 1
    return found, plays


def main(shim, *programs):
    commands = {name: shlex.split(command) for name, command in (program.split("=", 1) for program in programs)}
    parts = scenario.read(here / "scenario.txt")
    with tempfile.TemporaryDirectory() as directory, Stores(directory) as stores:
        found, plays = play_all(shim, commands, World(directory), stores, parts)
    print(*found[:20], f"{len(parts)} parts, {plays} plays, {len(found)} differ", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
