"""The same work as "cycle" in the Python package itsdangerous: load, change one key, save.

peer_itsdangerous.py ROUND SECONDS SECRET PAYLOAD COOKIE

prints ROUND, cycle/PAYLOAD/itsdangerous, wall-clock and processor nanoseconds, separated by tabs. COOKIE is one of
libsessions, so the two read each other's cookies or this fails.
"""

import base64
import json
import sys
import time

import itsdangerous

LIFETIME = 1_209_600


def cycle(signer, cookie, value):
    text = signer.unsign(base64.urlsafe_b64decode(cookie), max_age=LIFETIME)
    session = json.loads(text)
    session["visits"] = value
    return base64.urlsafe_b64encode(signer.sign(json.dumps(session).encode())).decode()


def main():
    round_number, seconds, secret, payload, cookie = sys.argv[1:]
    signer = itsdangerous.TimestampSigner(secret)
    cookie = cycle(signer, cookie, 1_000_000)
    times = 0
    start = now = time.perf_counter()
    start_of_processor = time.process_time()
    while now - start < float(seconds):
        for _ in range(20):
            cycle(signer, cookie, 1_000_000 + times)
            times += 1
        now = time.perf_counter()
    wall, processor = now - start, time.process_time() - start_of_processor
    print(f"{round_number}\tcycle/{payload}/itsdangerous\t{wall / times * 1e9:.1f}\t{processor / times * 1e9:.1f}")


if __name__ == "__main__":
    main()
