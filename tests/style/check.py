"""Rules of the house that can be read off the sources. Usage: check.py RULE..."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# From top to bottom: each may include the ones below it.
ROOMS = ["capi", "manager", "session", "cookie", "envelope", "store", "crypto", "json", "base"]

# Headers from outside the C++ standard library, and who may include them: rooms, or files.
FOREIGN = {
    r"openssl/.*": "src/crypto/",
    r"cjson/cJSON\.h": "src/json/tree.cpp",
    r"sqlite3\.h": "src/store/sqlite",
    r"hiredis/.*": "src/store/redis/",
    r"ares\.h": "src/store/redis/resolver",
    r"pthread\.h": ("src/store/sqlite_fork.cpp", "src/crypto/tls_fork.cpp"),
    r"(sys/stat|fcntl)\.h": "src/store/sqlite_file.cpp",
    r"(sys/(socket|time|un)|netinet/.*|poll)\.h": "src/store/redis/",
    r"arpa/inet\.h": ("src/store/redis/", "src/crypto/tls_channel.cpp"),
    r"sys/eventfd\.h": "src/base/",
    r"sessions\.h|sessions/.*": "src/capi/",
    r"unistd\.h": ("src/base/", "src/store/redis/", "src/store/sqlite_file.cpp"),
    r"sys/random\.h": "src/base/random.cpp",
    r"sys/(mman|types)\.h": "src/base/process_mark",
}

# Functions of the C ABI that return no status: without a guard, because nothing in them throws.
CANNOT_THROW = """
    sessions_version sessions_status_name sessions_status_message sessions_status_category
    sessions_error_status sessions_error_message
    sessions_session_origin sessions_session_outcome sessions_session_count sessions_session_cookie_count
    sessions_session_degraded sessions_session_contested_count sessions_session_varies_by_cookie sessions_session_must_not_be_cached
    sessions_custom_time_left_ms sessions_queue_descriptor
""".split()

WAITING = {
    (".c", ".h", ".cpp", ".hpp"): r"\b(sleep|usleep|nanosleep|clock_nanosleep|sleep_for|sleep_until|thrd_sleep)\s*\(",
    (".py",): r"\bsleep\s*\(",
    (".sh",): r"(^|[;&|]|\bdo|\bthen)\s*sleep\b",
    (".js", ".mjs"): r"\bsetTimeout\s*\(",
}


def sources(*folders, suffixes=(".c", ".h", ".cpp", ".hpp")):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in suffixes:
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), text, flags=re.S)


def includes(text):
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', text, flags=re.M)


def public_functions():
    for name, text in sources("include", suffixes=(".h",)):
        for declaration in re.findall(r"^SESSIONS_API\b[^;]*;", without_comments(text), flags=re.M):
            yield re.search(r"(sessions_\w+)\s*\(", declaration)[1]


def rooms():
    """A room includes rooms below it and none above."""
    for name, text in sources("src"):
        room = name.split("/")[1]
        if room not in ROOMS:
            yield f"{name}: room {room} is not in the table"
            continue
        below = ROOMS[ROOMS.index(room) :]
        for header in includes(text):
            other = header.split("/")[0]
            if header.endswith(".hpp") and other not in below:
                yield f"{name}: includes {header}; {room} may include {', '.join(below)}"


def foreign_headers():
    """Each foreign library is seen by one room."""
    for name, text in sources("src"):
        for header in includes(text):
            if header.endswith(".hpp") or re.fullmatch(r"[a-z_]+", header):
                continue
            owners = next((owners for pattern, owners in FOREIGN.items() if re.fullmatch(pattern, header)), ())
            if not name.startswith(owners):
                yield f"{name}: includes {header}, which is for {owners or 'nobody'}"


def cjson_parsing():
    """cJSON writes a global variable whenever it parses, so one function does that, one thread at a time."""
    for name, text in sources("include", "src", "tests", "bindings"):
        if name != "src/json/tree.cpp" and re.search(r"\bcJSON_Parse\w*\s*\(", without_comments(text)):
            yield f"{name}: parses with cJSON; only src/json/tree.cpp may"


def functions(text):
    """Definitions as clang-format lays them out, from the start of a line to a brace at its end: return type, name, body."""
    pattern = r"^(\w[\w:<>,*& ]*?)(\w+)\(([^{};]*?)\)[^{};()]*\{([^\n]*\}$|.*?^\})"
    for result, name, _, body in re.findall(pattern, without_comments(text), flags=re.M | re.S):
        yield result.strip(), name, body


def is_guarded(body, guards):
    """Nothing that may throw is called before a guard is, or a helper with one."""
    guard = re.search(rf"(?<![.>\w])({'|'.join(guards)})(<[^<>]*>)?\(", body)
    return guard and not re.search(r"\b(?!(?:if|to_chars|data|size)\b)\w+\s*\(", body[: guard.start()])


def border():
    """Whatever C can call is declared in a public header, and throws nothing."""
    declared = set(public_functions())
    exported = {}
    for name, text in sources("src/capi", suffixes=(".cpp",)):
        guards = ["guard"]
        for result, function, body in functions(text):
            if not function.startswith("sessions_"):
                if is_guarded(body, guards):
                    guards.append(function)
                continue
            exported[function] = name
            may_do_without = function in CANNOT_THROW or (result == "void" and function.endswith("_free"))
            if not may_do_without and not is_guarded(body, guards):
                yield f"{name}: {function} does not go through a guard"
        if re.search(r'extern\s+"C"', without_comments(text)):
            yield f'{name}: declares extern "C"; the public headers do that'
    for function in sorted(declared - exported.keys()):
        yield f"{function}: declared in a public header, not defined in src/capi"
    for function in sorted(exported.keys() - declared):
        yield f"{exported[function]}: {function} is not declared in a public header"


def coverage():
    """A C program calls each public function."""
    programs = "".join(without_comments(text) for _, text in sources("tests/capi"))
    for function in public_functions():
        if not re.search(rf"\b{function}\s*\(", programs):
            yield f"{function}: not called by any program in tests/capi"


def cpp_coverage():
    """Each public function can be reached from C++."""
    headers = "".join(without_comments(text) for _, text in sources("include", suffixes=(".hpp",)))
    for function in public_functions():
        if not re.search(rf"\b{function}\b", headers):
            yield f"{function}: not used by any header in include/*.hpp"


def waiting():
    """Tests and bindings wait for events, never for time to pass."""
    for suffixes, pattern in WAITING.items():
        for name, text in sources("tests", "bindings", suffixes=suffixes):
            may_name_it = name.startswith("tests/style/") or name.endswith("/never_waits.c")  # which forbid it
            if re.search(pattern, without_comments(text), flags=re.M) and not may_name_it:
                yield f"{name}: waits for time to pass"


def columns():
    """Lines are as wide as clang-format makes code, which leaves comments alone."""
    for name, text in sources("include", "src", "bindings", "tests"):
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > 120:
                yield f"{name}:{number}: is wider than 120 columns"


RULES = [rooms, foreign_headers, cjson_parsing, border, coverage, cpp_coverage, waiting, columns]


def main(names):
    rules = {rule.__name__: rule for rule in RULES}
    complaints = 0
    for name in names or rules:
        for complaint in rules[name]():
            print(f"{name}: {complaint}")
            complaints += 1
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
