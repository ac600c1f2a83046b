"""Prints what run.sh has measured, with the goals, as tables in Markdown. Usage: report.py RESULTS"""

import collections
import pathlib
import statistics
import sys

# Work and its goal: at most so many times what the bare program needs.
COOKIE_WORK = {
    "load": ("load, read nothing", 1.5),
    "read": ("load, read one key", 1.3),
    "commit": ("commit after one change", 1.5),
    "cycle": ("load, change, commit", 1.3),
}
MEMORY_GOAL = 1.6
SQLITE_GOAL = 1.3
BINDING_GOAL = 1.2
TWO_THREADS_GOAL = 1.5
RESIDENT_AIM = 450
REDIS_ONE_GOAL = 1.15
REDIS_PIPELINE_GOAL = 1.35
REDIS_THROUGHPUT_GOAL = 1.5
REDIS_MANY = "64"
REDIS_PROGRAMS = ("ours", "pipeline", "hiredis", "redis-py")

# What two threads that share nothing gain when both cores are free.
FREE_MACHINE = 1.8


def rows(path):
    if not path.exists():
        return []
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def table(title, head, body):
    body = [[str(cell) for cell in row] for row in body]
    if not body:
        return
    print(f"\n{title}\n")
    widths = [max(len(row[i]) for row in [head, *body]) for i in range(len(head))]
    for row in [head, ["-" * width for width in widths], *body]:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")


# What the programs print after round and name.
WALL, PROCESSOR = 0, 1
MEDIAN, SLOW, HERE, SERVER = 1, 2, 3, 4  # of Redis


class Times:
    """Nanoseconds by name and round, which stand in one of the columns that were measured."""

    def __init__(self, measured, column):
        self.by_name = collections.defaultdict(dict)
        for round_number, name, *nanoseconds in measured:
            self.by_name[name][int(round_number)] = float(nanoseconds[column])

    def median(self, name):
        return statistics.median(self.by_name[name].values())

    def ratio(self, name, other):
        """The median of what each round gave, and the quarters around it."""
        both = self.by_name[name].keys() & self.by_name[other].keys()
        ratios = sorted(self.by_name[name][i] / self.by_name[other][i] for i in both)
        if len(ratios) < 2:
            return ratios[0], ratios[0], ratios[0]
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        return middle, low, high

    def subjects(self, work):
        return list(dict.fromkeys(name.split("/")[1] for name in self.by_name if name.startswith(work + "/")))


def show(ratio):
    middle, low, high = ratio
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def verdict(reached):
    return "yes" if reached else "NO"


def against_bare(times, instructions):
    work = [(f"signed cookie, {what}", name, goal) for name, (what, goal) in COOKIE_WORK.items()]
    work.append(("memory: load, change, commit", "memory", MEMORY_GOAL))
    for what, name, goal in work:
        for subject in times.subjects(name):
            ours, bare = f"{name}/{subject}/ours", f"{name}/{subject}/bare"
            ratio = times.ratio(ours, bare)
            # Counted on a smaller table: what is fetched from far away costs time, not instructions.
            counted = f"{name}/350B*100" if name == "memory" else f"{name}/{subject}"
            our_count, bare_count = (instructions.get(f"{counted}/{who}") for who in ("ours", "bare"))
            counts = [our_count, bare_count, f"{our_count / bare_count:.2f}"] if our_count and bare_count else ["-"] * 3
            nanoseconds = [f"{times.median(ours):.0f}", f"{times.median(bare):.0f}"]
            title = f"{what}, {subject.replace('*', ' x ')}"
            yield [title, *nanoseconds, show(ratio), f"<= {goal}", verdict(ratio[0] <= goal), *counts]


def bindings(times, instructions):
    for subject in times.subjects("request"):
        where = f"memory, {subject.replace('*', ' x ')}" if "*" in subject else f"signed cookie, {subject}"
        c, cpp = f"request/{subject}/c", f"request/{subject}/cpp"
        ratio = times.ratio(cpp, c)
        counts = [str(instructions.get(name, "-")) for name in (cpp, c)]
        nanoseconds = [f"{times.median(name):.0f}" for name in (cpp, c)]
        yield [where, *nanoseconds, show(ratio), f"<= {BINDING_GOAL}", verdict(ratio[0] <= BINDING_GOAL), *counts]


def two_threads(times):
    for subject in times.subjects("memory"):
        gains = {
            who: times.ratio(f"memory/{subject}/{who}", f"memory/{subject}/{who}/2threads")
            for who in ("machine", "ours", "bare", "framework")
        }
        for who, gain in gains.items():
            goal = ["", ""]
            if who == "ours":
                is_busy = gains["machine"][0] < FREE_MACHINE
                reached = verdict(gain[0] >= TWO_THREADS_GOAL)
                goal = [f">= {TWO_THREADS_GOAL}", "the machine is busy" if is_busy and reached == "NO" else reached]
            yield [subject.replace("*", " x "), who, show(gain), *goal]


def sqlite(times):
    """By the clock on the wall: the disk counts."""
    for subject in times.subjects("sqlite"):
        for threads in ("", "/2threads"):
            ours, bare = f"sqlite/{subject}/ours{threads}", f"sqlite/{subject}/bare{threads}"
            python = f"sqlite/{subject}/python"
            ratio = times.ratio(ours, bare)
            per_second = [f"{1e9 / times.median(name):.0f}" for name in (ours, bare, python)]
            if threads:
                per_second[2] = ""
            title = f"{subject.replace('*', ' x ')}, {'two threads' if threads else 'one thread'}"
            yield [title, *per_second, show(ratio), f"<= {SQLITE_GOAL}", verdict(ratio[0] <= SQLITE_GOAL)]


def against_peers(times):
    peers = [("cycle", "itsdangerous", "itsdangerous (Python): load, change, commit")]
    peers += [("memory", "framework", "std::map under one lock: load, change, commit")]
    for work, peer, what in peers:
        for subject in times.subjects(work):
            theirs, ours = f"{work}/{subject}/{peer}", f"{work}/{subject}/ours"
            nanoseconds = [f"{times.median(ours):.0f}", f"{times.median(theirs):.0f}"]
            yield [f"{what}, {subject.replace('*', ' x ')}", *nanoseconds, show(times.ratio(theirs, ours))]


def allocations(counted):
    by_name = {name: (float(calls), float(size)) for name, calls, size in counted}
    for work in [*COOKIE_WORK, "memory"]:
        suffix = "*100" if work == "memory" else ""
        few, many, bare = (
            by_name[f"{work}/{keys}keys{suffix}/{who}"] for keys, who in ((5, "ours"), (300, "ours"), (300, "bare"))
        )
        cells = [f"{calls:.0f} ({size:.0f} B)" for calls, size in (few, many, bare)]
        yield [work, *cells, verdict(few[0] == many[0])]


def resident(measured):
    for who, size in measured:
        goal = [f"<= {RESIDENT_AIM}", verdict(int(size) <= RESIDENT_AIM)] if who == "ours" else ["", ""]
        yield [who, size, *goal]


def redis_subjects(times):
    return list(dict.fromkeys(tuple(name.split("/")[1:3]) for name in times.by_name))


def redis(measured):
    """Cycles a second, and how long they took at the median and at the 99th percentile."""
    columns = [Times(measured, column) for column in (WALL, MEDIAN, SLOW)]
    for transport, callers in redis_subjects(columns[0]):
        cells = []
        for who in REDIS_PROGRAMS:
            wall, median, slow = (times.median(f"redis/{transport}/{callers}/{who}") for times in columns)
            cells.append(f"{1e9 / wall:,.0f} ({median / 1e3:,.0f}, {slow / 1e3:,.0f})")
        yield [transport, callers, *cells]


def redis_processor(measured):
    columns = [Times(measured, column) for column in (HERE, SERVER)]
    for transport, callers in redis_subjects(columns[0]):
        cells = []
        for who in REDIS_PROGRAMS:
            here, server = (times.median(f"redis/{transport}/{callers}/{who}") / 1e3 for times in columns)
            cells.append(f"{here:.1f} + {server:.1f}")
        yield [transport, callers, *cells]


def redis_ratios(measured):
    """By the median of one caller, whom others interrupt; by the throughput of many."""
    walls, medians = (Times(measured, column) for column in (WALL, MEDIAN))
    for transport, callers in redis_subjects(walls):
        times = medians if callers.split()[0] == "1" else walls
        ours, pipeline, hiredis, python = (
            f"redis/{transport}/{callers}/{who}" for who in REDIS_PROGRAMS
        )
        slower = {pipeline: times.ratio(ours, pipeline), hiredis: times.ratio(ours, hiredis)}
        faster = times.ratio(hiredis, ours)
        goals = []
        if callers.split()[0] == "1":
            goals.append((f"time / hiredis <= {REDIS_ONE_GOAL}", slower[hiredis][0] <= REDIS_ONE_GOAL))
        elif callers == REDIS_MANY:
            goals.append((f"time / pipeline <= {REDIS_PIPELINE_GOAL}", slower[pipeline][0] <= REDIS_PIPELINE_GOAL))
            goals.append((f"throughput / hiredis >= {REDIS_THROUGHPUT_GOAL}", faster[0] >= REDIS_THROUGHPUT_GOAL))
        yield [
            *(transport, callers, show(slower[pipeline]), show(slower[hiredis]), show(faster)),
            *(show(times.ratio(python, ours)), ", ".join(goal for goal, _ in goals)),
            ", ".join(verdict(reached) for _, reached in goals),
        ]


def main():
    results = pathlib.Path(sys.argv[1])
    report_redis(results)
    if (results / "times").exists():
        report_rest(results)


def report_redis(results):
    measured = rows(results / "redis")
    head = ["transport", "callers", "ours", "pipeline", "hiredis", "redis-py"]
    table("Redis: load, change, commit, per second (microseconds: median, 99 %)", head, redis(measured))
    table("Redis: microseconds of the processor for each, here and in the server", head, redis_processor(measured))
    head = ["transport", "callers", "time, ours / pipeline", "time, ours / hiredis", "throughput, ours / hiredis"]
    head += ["throughput, ours / redis-py", "goals", "reached"]
    table("Redis: ratios", head, redis_ratios(measured))
    head = ["transport", "callers", "what", "per second", "median, microseconds", "99 %"]
    table("Redis: what redis-benchmark says of one command", head, rows(results / "redis-benchmark"))


def report_rest(results):
    times = Times(rows(results / "times"), PROCESSOR)
    instructions = {name: int(count) for name, count in rows(results / "instructions")}
    rounds = sorted({len(by_round) for by_round in times.by_name.values()})
    many = " or ".join(str(count) for count in rounds)
    print(f"Medians of {many} rounds, fewest for SQLite, most for cookies; nanoseconds of the processor; in brackets the middle half of the ratios.")

    head = ["work", "ours", "bare", "ours / bare", "goal", "reached", "instructions", "bare", "ratio"]
    table("Against the bare program", head, against_bare(times, instructions))
    print("\nInstructions are those of valgrind's processor, which has no SHA instructions: hashing weighs more there.")
    print("In memory they are counted on 100 sessions.")
    head = ["load, read, change, commit", "C++", "C", "C++ / C", "goal", "reached", "instructions", "C"]
    table("From C++", head, bindings(times, instructions))
    head = ["sessions", "who", "throughput of two threads / one", "goal", "reached"]
    table("Two threads", head, two_threads(Times(rows(results / "times"), WALL)))
    head = ["sessions", "ours", "bare SQL", "Python's sqlite3", "time, ours / bare", "goal", "reached"]
    table("SQLite: load, change, commit, per second", head, sqlite(Times(rows(results / "times"), WALL)))
    table("Against others", ["work", "ours", "theirs", "theirs / ours"], against_peers(times))
    head = ["work", "ours, 5 keys", "ours, 300 keys", "bare, 300 keys", "as many for any number of keys"]
    table("Allocations", head, allocations(rows(results / "allocations")))
    table("Bytes of the database for each session", ["sessions", "who", "bytes"], rows(results / "databases"))
    head = ["who", "bytes", "aim", "reached"]
    table("Resident bytes for each session of 350 B in memory", head, resident(rows(results / "resident")))


if __name__ == "__main__":
    main()
