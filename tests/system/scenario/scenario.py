"""Reads a scenario: parts, each of which begins with no cookies, at the same time, and ids of its own."""

import dataclasses
import re

STORES = ("memory", "sqlite", "redis")
COOKIES = ("signed-cookie", "cookie")
BACKENDS = STORES + COOKIES
GROUPS = {"stores": STORES, "cookies": COOKIES, **{name: (name,) for name in BACKENDS}}
HEADERS = ("Vary", "Cache-Control", "Set-Cookie")
ACTIONS = ("clock", "program", "down", "up")


def named_backends(words):
    return [backend for word in words for backend in GROUPS[word]]


@dataclasses.dataclass
class Step:
    line: int
    words: list
    answer: dict = dataclasses.field(default_factory=lambda: {backend: [] for backend in BACKENDS})

    @property
    def is_request(self):
        return len(self.words) == 2 and self.words[1].startswith("/")


@dataclasses.dataclass
class Part:
    name: str
    backends: list
    steps: list = dataclasses.field(default_factory=list)

    @property
    def programs(self):
        """How many programs take turns in it."""
        return max((int(step.words[1]) for step in self.steps if step.words[0] == "program"), default=1)


def read(path):
    parts = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if heading := re.fullmatch(r"== ([^\[]+?)(?: \[(.*)\])?", line):
            parts.append(Part(heading[1], named_backends(heading[2].split()) if heading[2] else list(BACKENDS)))
        elif not line.startswith(" "):
            parts[-1].steps.append(Step(number, line.split()))
        else:
            only, expected = re.fullmatch(r" +(?:\[(.*)\] )?(.*)", line).groups()
            for backend in named_backends(only.split()) if only else BACKENDS:
                parts[-1].steps[-1].answer[backend].append(expected)
    return parts
