"""The event loop in C: a thousand requests at once over one thread, on a Redis server that is 50 ms away, on SQLite and
in memory. Nothing on the loop's thread waits, and how late a timer of the loop is is printed beside the same without
sessions."""

import asyncio
import json
import os
import pathlib
import re
import resource
import statistics
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "quickstart"), str(HERE.parents[1] / "support")]
from redis_server import RedisServer  # noqa: E402
from server import Server  # noqa: E402

BUILD = pathlib.Path(os.environ["SESSIONS_BUILD_DIR"])
PROGRAM = BUILD / "bindings/c/event_loop"
WATCH = BUILD / "tests/system/libnever_waits.so"
REQUESTS = 1000
USERS = 50
ROUNDS = 5
LATENCY = 0.05

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (max(8192, soft), hard))


class DelayingProxy:
    """Stands between and hands on everything, the answers later."""

    def __init__(self, socket_path):
        self.socket_path = socket_path
        self.connections = 0

    async def hand_on(self, reader, write):
        while chunk := await reader.read(1 << 16):
            write(chunk)

    async def serve(self, reader, writer):
        self.connections += 1
        server_reader, server_writer = await asyncio.open_unix_connection(self.socket_path)
        loop = asyncio.get_running_loop()
        answers = asyncio.create_task(
            self.hand_on(server_reader, lambda chunk: loop.call_later(LATENCY, writer.write, chunk)))
        await self.hand_on(reader, server_writer.write)
        answers.cancel()
        server_writer.close()
        writer.close()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return f"redis://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_):
        self.server.close()


async def get(port, route, cookie=None, impatient=False):
    """Answers (status, Set-Cookie or None, body)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    header = f"Cookie: {cookie}\r\n" if cookie else ""
    writer.write(f"GET {route} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n".encode())
    if impatient:
        await writer.drain()
        writer.close()
        return None
    answer = (await reader.read()).decode()
    writer.close()
    head, body = answer.split("\r\n\r\n", 1)
    line = re.search(r"\r\nSet-Cookie: ([^;]*)", head)
    return int(head.split()[1]), line and line[1], body


async def many(port, route, cookies):
    answers = await asyncio.gather(*(get(port, route, cookies[i % len(cookies)]) for i in range(REQUESTS)))
    late = json.loads((await get(port, "/late"))[2])
    return answers, late


class EventLoop(unittest.TestCase):
    def drive(self, url):
        return Server(url, command=("env", f"LD_PRELOAD={WATCH}", PROGRAM)).__enter__()

    async def play(self, url):
        server = await asyncio.to_thread(self.drive, url)
        try:
            port = int(server.url.rsplit(":", 1)[1])
            cookies = []
            for _ in range(USERS):
                status, cookie, body = await get(port, "/set")
                self.assertEqual((status, body), (200, '{"counter":null}'))
                cookies.append(cookie)
            await get(port, "/late")
            late = {"/nothing": [], "/hit": []}
            for _ in range(1 + ROUNDS):
                for route, status in (("/nothing", 404), ("/hit", 200)):
                    answers, figures = await many(port, route, cookies)
                    self.assertEqual({answer[0] for answer in answers}, {status}, server.stderr())
                    late[route].append(figures)
            await asyncio.gather(*(get(port, "/hit", cookies[0], impatient=True) for _ in range(50)))
            for cookie in cookies[1:]:
                self.assertEqual(await get(port, "/read", cookie), (200, None, '{"counter":%d}' % (1 + (1 + ROUNDS) * REQUESTS // USERS)))
            self.assertEqual((await get(port, "/read", cookies[0]))[0], 200)
            await self.play_other_routes(server, port, cookies[1:])
            # The first of each are slower: nothing is warm.
            mean, most = ({route: round(statistics.median(figures[name] for figures in all_figures[1:]))
                           for route, all_figures in late.items()} for name in ("mean_us", "max_us"))
            await asyncio.to_thread(server.end)
            locks, longest = re.search(r"^locks: (\d+) (\d+)$", server.stderr(), re.M).groups()
            print(f"\nfigure: {url.split(':')[0]}: {REQUESTS} requests at once: a timer was late by {mean['/hit']} us on average, "
                  f"{most['/hit']} at most; without sessions {mean['/nothing']}, {most['/nothing']}; in all the loop found "
                  f"a lock taken {locks} times, for {longest} us at most", flush=True)
        finally:
            await asyncio.to_thread(server.__exit__, *sys.exc_info())

    async def play_other_routes(self, server, port, cookies):
        """A thousand of each at once. /set adds one for each, and after /login nobody knows the old id."""
        for route in ("/", "/set", "/unsafe", "/read"):
            answers, _ = await many(port, route, cookies)
            self.assertEqual({answer[0] for answer in answers}, {200}, f"{route}: {server.stderr()}")
        counts = sorted(json.loads(answer[2])["counter"] for answer in answers)
        each = [(1 + ROUNDS) * REQUESTS // USERS + 1 + count for count in range(REQUESTS // len(cookies), REQUESTS // len(cookies) + 2)]
        self.assertLessEqual(set(counts), set(each))
        answers = await asyncio.gather(*(get(port, "/login", cookie) for cookie in cookies))
        self.assertEqual({answer[0] for answer in answers}, {200})
        renewed = [answer[1] for answer in answers]
        self.assertEqual(len(set(renewed)), len(cookies))
        answers, _ = await many(port, "/clear", renewed)
        self.assertEqual({answer[0] for answer in answers}, {200})
        for cookie in renewed:
            self.assertEqual((await get(port, "/read", cookie))[2], "{}")

    def test_redis_that_is_far_away(self):
        async def play(redis):
            proxy = DelayingProxy(redis.socket_path)
            async with proxy as url:
                await self.play(url)
            self.assertLessEqual(proxy.connections, 4)

        with tempfile.TemporaryDirectory() as directory, RedisServer(directory) as redis:
            asyncio.run(play(redis))

    def test_sqlite(self):
        with tempfile.TemporaryDirectory() as directory:
            asyncio.run(self.play(f"sqlite:{directory}/sessions.db"))

    def test_memory(self):
        asyncio.run(self.play("memory:"))

    def test_outage(self):
        async def play(redis, directory):
            server = await asyncio.to_thread(self.drive, f"redis+unix://{directory}/redis.sock")
            try:
                port = int(server.url.rsplit(":", 1)[1])
                cookie = (await get(port, "/set"))[1]
                await asyncio.to_thread(redis.kill)
                for _ in range(3):
                    status, line, _ = await get(port, "/hit", cookie)
                    self.assertEqual((status, line), (503, None))
            finally:
                await asyncio.to_thread(server.__exit__, *sys.exc_info())

        with tempfile.TemporaryDirectory() as directory:
            redis = RedisServer(directory)
            redis.start()
            asyncio.run(play(redis, directory))


if __name__ == "__main__":
    unittest.main()
