"""A session as JSON under one key, in the redis package: GET, change one key, SET with an expiry.

peer_redis.py ROUND SECONDS TRANSPORT PLACE CA_FILE PAYLOAD_JSON

prints the same as bench_redis, for redis-py.
"""

import concurrent.futures
import itertools
import json
import os
import sys
import threading
import time

import redis

LIFETIME = 1_209_600
SESSIONS_PER_CALLER = 25


def connect(transport, place, ca_file):
    if transport == "unix":
        return redis.Redis(unix_socket_path=place)
    secured = {"ssl": True, "ssl_ca_certs": ca_file} if transport == "tls" else {}
    return redis.Redis(host="127.0.0.1", port=int(place), **secured)


def cycle(client, key, value):
    session = json.loads(client.get(key))
    session["visits"] = value
    client.set(key, json.dumps(session), ex=LIFETIME)


def call(client, number, ready, seconds):
    times = []
    ready.wait()
    before = time.perf_counter_ns()
    end = before + seconds * 1e9
    while not times or before < end:
        turn = len(times)
        cycle(client, f"python:{number}:{turn % SESSIONS_PER_CALLER}", 1_000_000 + turn)
        after = time.perf_counter_ns()
        times.append(after - before)
        before = after
    return times


def connect_before(client, callers):
    pool = client.connection_pool
    for connection in [pool.get_connection("GET") for _ in range(callers)]:
        pool.release(connection)


def server_processor_seconds(client):
    used = client.info("cpu")
    return used["used_cpu_sys_main_thread"] + used["used_cpu_user_main_thread"]


def measure(client, callers, seconds):
    connect_before(client, callers)
    server = server_processor_seconds(client)
    ready = threading.Barrier(callers + 1)
    with concurrent.futures.ThreadPoolExecutor(callers) as threads:
        called = [threads.submit(call, client, number, ready, seconds) for number in range(callers)]
        ready.wait()
        here = time.process_time()
        start = time.perf_counter_ns()
        every = sorted(itertools.chain.from_iterable(each.result() for each in called))
        wall = time.perf_counter_ns() - start
        here = time.process_time() - here
    server = server_processor_seconds(client) - server
    per_cycle = (wall, here * 1e9, server * 1e9)
    wall, here, server = (each / len(every) for each in per_cycle)
    return wall, every[len(every) // 2], every[len(every) * 99 // 100], here, server


def main():
    round_number, seconds, transport, place, ca_file, payload = sys.argv[1:]
    client = connect(transport, place, ca_file)
    with client.pipeline(transaction=False) as pipeline:
        for number, turn in itertools.product(range(64), range(SESSIONS_PER_CALLER)):
            pipeline.set(f"python:{number}:{turn}", payload, ex=LIFETIME)
        pipeline.execute()
    cpus = os.sched_getaffinity(0)
    places = (("1", 1, cpus), ("1 near", 1, {0}), ("1 far", 1, {1}), ("8", 8, cpus), ("64", 64, cpus))
    for name, callers, allowed in places:
        os.sched_setaffinity(0, allowed & cpus or cpus)
        nanoseconds = measure(client, callers, float(seconds))
        print(round_number, f"redis/{transport}/{name}/redis-py", *(f"{each:.0f}" for each in nanoseconds), sep="\t")


if __name__ == "__main__":
    main()
