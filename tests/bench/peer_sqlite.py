"""The same work as "sqlite" in Python's sqlite3 module: load, change one key in a transaction, commit.

peer_sqlite.py ROUND SECONDS PATH SESSIONS PAYLOAD_JSON

makes the table with so many sessions if PATH does not exist yet, leaves the index by expiry alone when a session lives
on, as the library does, and prints ROUND, sqlite/350B*SESSIONS/python,
wall-clock and processor nanoseconds, separated by tabs.
"""

import hashlib
import json
import pathlib
import random
import sqlite3
import sys
import time

LIFETIME = 1_209_600


def key_of(number):
    return hashlib.sha256(str(number).encode()).digest()


def open_table(path, sessions, payload):
    is_new = not pathlib.Path(path).exists()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if is_new:
        connection.execute("CREATE TABLE sessions (key BLOB PRIMARY KEY, expires INTEGER NOT NULL, record BLOB NOT NULL)")
        connection.execute("CREATE INDEX sessions_by_expiry ON sessions (expires)")
        connection.execute("BEGIN")
        expires = int(time.time()) + LIFETIME
        record = json.dumps({"expires": expires, "session": json.loads(payload)})
        rows = ((key_of(number), expires, record) for number in range(sessions))
        connection.executemany("INSERT INTO sessions VALUES (?, ?, ?)", rows)
        connection.execute("COMMIT")
    return connection


def cycle(connection, number, value):
    key = key_of(number)
    connection.execute("SELECT record FROM sessions WHERE key = ?", (key,)).fetchone()
    connection.execute("BEGIN IMMEDIATE")
    (record,) = connection.execute("SELECT record FROM sessions WHERE key = ?", (key,)).fetchone()
    session = json.loads(record)["session"]
    session["visits"] = value
    record = json.dumps({"expires": int(time.time()) + LIFETIME, "session": session})
    connection.execute("UPDATE sessions SET record = ? WHERE key = ?", (record, key))
    connection.execute("COMMIT")


def main():
    round_number, seconds, path, sessions, payload = sys.argv[1:]
    connection = open_table(path, int(sessions), payload)
    pick = random.Random(int(round_number))
    times = 0
    start = now = time.perf_counter()
    start_of_processor = time.process_time()
    while now - start < float(seconds):
        for _ in range(20):
            cycle(connection, pick.randrange(int(sessions)), 1_000_000 + times)
            times += 1
        now = time.perf_counter()
    wall, processor = now - start, time.process_time() - start_of_processor
    name = f"sqlite/350B*{sessions}/python"
    print(f"{round_number}\t{name}\t{wall / times * 1e9:.1f}\t{processor / times * 1e9:.1f}")


if __name__ == "__main__":
    main()
