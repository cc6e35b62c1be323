"""The style rules, from docs and CONTRIBUTING.md: allowed includes, and text that a source file may not contain.

check_file(path, text) is pure and returns lines "path:line: what"; the command line runs it over a source tree:
    check_style.py ROOT
A file is named by its path from the root, with slashes. style_test.py proves each rule on an example that breaks it.
"""
import os
import re
import sys

import class_size
import own_includes
import std_includes
import words

# An arrow of the design: the folder on the left may include the folders on the right. tests/ may include everything.
FOLDERS = {
    "proto": {"proto"},
    "sql": {"sql"},
    "common": {"common", "proto", "sql"},
    "broker": {"broker", "common", "proto", "sql"},
    "worker": {"worker", "common", "proto", "sql"},
    "client": {"client", "common", "proto"},
    "bench": {"bench", "client", "common", "proto"},
    "tests": {"tests", "bench", "client", "worker", "broker", "common", "proto", "sql"},
}

# Inside a program: main -> owner -> cores, owner -> edges. A core knows neither its owner nor an edge.
CORES = ("broker/core/", "worker/core/", "client/core/")
CORE_MAY_NOT_INCLUDE = {
    "broker/core/": re.compile(r"broker/(store/|owner|main)"),
    "worker/core/": re.compile(r"worker/(store/|owner|main)"),
}

# The rooms of the client, from below: each may include itself and those named behind it (docs/architecture.md).
ROOMS = {
    "e2e": "",
    "core": "e2e",
    "store": "",
    "runtime": "store core e2e",
    "account": "runtime store core e2e",
    "contacts": "account runtime store core e2e",
    "transparency": "contacts account runtime store core e2e",
    "groups": "contacts account runtime store core e2e",
    "vault": "groups contacts account runtime store core e2e",
    "search": "account runtime store core e2e",
    "messages": "search groups transparency contacts account runtime store core e2e",
    "files": "messages search groups transparency contacts account runtime store core e2e",
    "login": "messages vault groups transparency contacts account runtime store core e2e",
    "session": "login files messages search vault groups transparency contacts account runtime store core e2e",
    "rpc": "",
    "cli": "rpc session files messages groups transparency runtime store e2e",
    "tui/terminal": "e2e",
    "tui/picture": "tui/terminal e2e",
    "tui/ports": "tui/terminal session runtime",
    "tui/pages": "tui/ports tui/picture tui/terminal session files messages search store e2e",
    "tui/chat": "tui/pages tui/ports tui/picture tui/terminal session messages runtime e2e",
    "tui/adapters": "tui/pages tui/ports tui/picture session runtime e2e",
    "tui/window": "tui/adapters tui/pages tui/ports tui/terminal rpc session runtime e2e",
    "tui": "tui/window tui/adapters tui/chat tui/pages tui/ports tui/terminal rpc session messages runtime e2e",
}

# A third-party library, how its headers are recognised, and the only places that include them (besides tests/).
EDGES = [
    ("libpqxx", r"pqxx|libpq-fe\.h|libpq/", r"common/pg/|broker/store/|worker/store/"),
    ("ncurses", r"(ncursesw?/)?(ncurses|curses|panel|form|menu|term)\.h", r"client/tui/terminal/"),
    ("chafa", r"chafa", r"client/tui/picture/"),
    ("libpng", r"png\.h", r"client/tui/picture/"),
    ("libjpeg-turbo", r"turbojpeg|jpeglib", r"client/tui/picture/"),
    ("zlib", r"z(lib|conf)\.h", r"client/tui/picture/"),
    ("libseccomp", r"seccomp\.h", r"client/tui/picture/sandbox\.cc$"),
    ("libqrencode", r"qrencode", r"client/tui/picture/"),
    ("SQLite", r"sqlite3", r"client/store/"),
    ("OpenSSL", r"openssl/", r"client/e2e/"),
    ("utf8proc", r"utf8proc", r"client/e2e/unicode\.cc$"),
    ("libzmq", r"zmq", r"common/|[^/]+/main\.cc$|(broker|worker)/owner|client/runtime/(socket_transport|thread_background)|bench/"),
    ("CLI11", r"CLI/", r"[^/]+/([a-z_]+_)?main\.cc$|client/cli/|common/config|bench/"),
    ("toml++", r"toml", r"common/config"),
    ("spdlog", r"spdlog|fmt/", r"common/log"),
    ("nlohmann-json", r"nlohmann/", r"common/json\.cc$"),
    ("libsystemd", r"systemd/", r"common/|[^/]+/main\.cc$|(broker|worker)/owner"),
    ("GoogleTest", r"gtest|gmock", r"tests/"),
    ("Google Benchmark", r"benchmark/", r"bench/"),
]
EDGES = [(name, re.compile(header), re.compile(places)) for name, header, places in EDGES]

# Headers that a pure core does not need: sockets, threads, clocks, files and the terminal. Time is a parameter.
NOT_IN_CORE = re.compile(
    r"zmq.*|thread|mutex|shared_mutex|condition_variable|future|semaphore|stop_token|atomic|chrono|ctime|time\.h|"
    r"iostream|fstream|cstdio|stdio\.h|unistd\.h|fcntl\.h|poll\.h|netdb\.h|(sys|netinet|arpa)/.*")

SLEEPS = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|clock_nanosleep)\b|(?<![\w.>:])(::)?sleep\s*\(")
SHARED = re.compile(r"\bstd::(recursive_|timed_|shared_|recursive_timed_|shared_timed_)?mutex\b|"
                    r"\bstd::(shared_ptr|weak_ptr|make_shared)\b|\.detach\s*\(\s*\)")
LIBZMQ_HEARTBEATS = re.compile(r"\bsockopt::heartbeat_|\bZMQ_HEARTBEAT_")
RECEIVE_MARK = re.compile(r"\brecv_hwm\b|\bsockopt::rcvhwm\b|\bZMQ_RCVHWM\b")
MAY_MARK = ("common/socket.h", "common/socket.cc", "worker/owner.cc", "tests/", "bench/")  # the bus; attackers
EVERY_ELEMENT = re.compile(r"\b(any|all)\s*\(\s*\$\d", re.I)
DISK_SEALING = re.compile(r"\b(seal|open)_local\s*\(")
# Code that asks for, or writes, the '#' before the name of a group. Two types know that sign; others ask them.
GROUP_SIGN = re.compile(r"""[=!]=\s*(?:'\#'|"\#")|(?:'\#'|"\#")\s*[=!]=|\bcase\s*'\#'
                            |\b(?:starts_with|ends_with|find\w*|rfind|contains|compare)\s*\([^()]*?(?:'\#'|"[^"\n]*\#")
                            |(?<!\w)"\#"\s*\+|\+=?\s*(?:'\#'|"\#")""", re.X)
MAY_KNOW_GROUP_SIGN = (
    "client/store/conversation_id.h", "client/runtime/peer_name.h",
    "client/core/outbox.cc",  # the key of a group's lane, which nobody reads
    "client/tui/terminal/sixel.cc",  # a colour of a picture
)
LEFTOVERS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
INCLUDE = re.compile(r'^\s*#\s*(?:include|import)\s*([<"])([^>"]+)[>"]')
TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^()\s\\]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
GENERATED_WORDS = re.compile(r"(^|_)word_?(s|list|lists)?\.(h|cc)$")

CODE = (".h", ".cc")
TEXT = CODE + (".md", ".py", ".proto", ".sql", ".cmake", ".toml", ".sh", ".service", "CMakeLists.txt", "Makefile.dev")
# Of a file that no class bounds (bounded_by_class).
MAX_LINES, MAX_LINES_TESTS = 400, 600
MAX_COLUMNS = 100  # of a document, where a line can be broken
# The largest class of the client that is allowed. Larger classes stand in the list with their methods and members;
# these numbers only fall. Session forwards to its rooms, and Rooms makes them.
MAX_METHODS, MAX_MEMBERS = 25, 15
LARGE_CLASSES = {
    "client/session/session.h": (63, 1), "client/session/rooms.h": (42, 37),
}
MAX_FILES_OF_CLASS = 2  # .cc files of the client that have its methods
METHOD = re.compile(r"^(?![ \t#/}])[^;={}()]*?\b(?:\w+::)*(\w+)::~?\w+\(", re.M)
# A file that a comment or a document names. Tests of the style name files that do not exist.
REFERENCE = re.compile(r"(?<![\w/.-])((?:proto|sql|common|broker|worker|client|bench|tests|docs|deploy)/[\w./-]*"
                       r"\.(?:cc|h|py|sql|proto|md|toml|service|txt|json))\b(?!\.)")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
NAMES_NO_FILES = ("CHANGELOG.md", "tests/style/")
SKIP_FOLDERS = {".git", ".run", "build", "__pycache__", ".cache"}


def without_comments_and_strings(text):
    """Returns the code alone, on the same lines."""
    def blank(match):
        quoted = match.group(0)[0] not in "/"
        return ('""' if quoted else " ") + "\n" * match.group(0).count("\n")
    return TOKENS.sub(blank, text)


def without_comments(text):
    """Returns the code with its strings, on the same lines."""
    return TOKENS.sub(lambda m: m.group(0) if m.group(0)[0] != "/" else " " + "\n" * m.group(0).count("\n"), text)


def includes(text):
    """Yields (line number, '<' or '"', header) of every include."""
    for number, line in enumerate(text.split("\n"), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def check_include(path, bracket, header):
    folder = path.split("/", 1)[0]
    target = header.split("/", 1)[0]
    if bracket == '"':
        if "/" not in header or target not in FOLDERS:
            yield f'"{header}" is not named from the root of the repository'
        elif target == "tests" and folder != "tests":
            yield f"{folder}/ includes tests/, which nobody may"
        elif target not in FOLDERS.get(folder, set()):
            yield f"{folder}/ may not include {target}/ ({header})"
        for core, forbidden in CORE_MAY_NOT_INCLUDE.items():
            if path.startswith(core) and forbidden.match(header):
                yield f"the pure core {core} may not include {header}"
    if bracket == '"' and folder == "client" and target == "client" and path.count("/") >= 2:
        room, wanted = (name.split("/", 1)[1].rsplit("/", 1)[0] for name in (path, header))
        if wanted != room and wanted not in ROOMS.get(room, "").split():
            yield f"client/{room}/ may not include client/{wanted}/ ({header})"
    if path.startswith(CORES) and bracket == "<" and NOT_IN_CORE.fullmatch(header):
        yield f"a pure core may not include <{header}>"
    if folder == "tests":
        return
    for library, headers, places in EDGES:
        if bracket == "<" and headers.match(header) and not places.match(path):
            yield f"{library} may not be included here (<{header}>)"
        if bracket == '"' and target not in FOLDERS and headers.match(header) and not places.match(path):
            yield f'{library} may not be included here ("{header}")'


def check_code(path, text):
    for number, bracket, header in includes(text):
        for what in check_include(path, bracket, header):
            yield number, what
    for number, line in enumerate(without_comments_and_strings(text).split("\n"), 1):
        if SLEEPS.search(line):
            yield number, "sleeps; wait for a condition or a timer of the loop"
        if LIBZMQ_HEARTBEATS.search(line) and path != "tests/common/socket_test.cc":
            yield number, "sets heartbeats of libzmq, which may end the program (common/socket.h); use keepalive_s"
        if RECEIVE_MARK.search(line) and not path.startswith(MAY_MARK) and "rcvhwm, 0)" not in line:
            yield number, "has a mark for what waits unread, which may end the program (common/socket.h)"
        if SHARED.search(line) and not path.startswith(("tests/", "common/log")):
            yield number, "shares memory between threads or owners; use a mailbox or one owner"
    if path.startswith("client/") and path not in MAY_KNOW_GROUP_SIGN:
        for number, line in enumerate(without_comments(text).split("\n"), 1):
            if GROUP_SIGN.search(line):
                yield number, "knows the sign of a group; ask PeerName or store::ConversationId"
    if path.endswith(".h"):
        if "#pragma once" not in text:
            yield 1, "header without #pragma once"
        if not text.startswith("//"):
            yield 1, "header without its opening paragraph"


def has_counted_classes(path):
    """The class rule reads the headers of this folder."""
    return path.startswith("client/") and not path.startswith("client/core/")


def bounded_by_class(path, text):
    """A .cc file of the client with the methods of the class in its header: the class rule bounds it, not its lines."""
    own_header = f'#include "{path[:-3]}.h"'
    return path.endswith(".cc") and has_counted_classes(path) and own_header in text and METHOD.search(
        without_comments_and_strings(text)) is not None


def check_spread(texts):
    """Yields a finding for each class of the client whose methods are in too many files."""
    classes, files = set(), {}
    for path in filter(has_counted_classes, texts):
        code, folder = without_comments_and_strings(texts[path]), os.path.dirname(path)
        if path.endswith(".h"):
            classes |= {(folder, name.rsplit("::", 1)[-1]) for name, _, _ in class_size.sizes(code)}
        elif path.endswith(".cc"):
            for name in METHOD.findall(code):
                files.setdefault((folder, name), set()).add(path)
    for (folder, name), where in sorted(files.items()):
        if (folder, name) in classes and len(where) > MAX_FILES_OF_CLASS:
            yield f"{folder}: the methods of {name} are in {len(where)} files; at most {MAX_FILES_OF_CLASS}"


def check_file(path, text):
    """Lines "path:line: what" for everything in `text` that breaks a rule; empty when it keeps them all."""
    found = []
    if path.endswith(CODE):
        found += check_code(path, text)
    if path.endswith(".h") and has_counted_classes(path):
        most = LARGE_CLASSES.get(path, (MAX_METHODS, MAX_MEMBERS))
        for name, methods, members in class_size.sizes(without_comments_and_strings(text)):
            if methods > max(most[0], MAX_METHODS) or members > max(most[1], MAX_MEMBERS):
                found.append((1, f"{name} has {methods} methods and {members} members; at most {most[0]} and {most[1]}"))
    if path.endswith(".md"):
        found += [(number, f"{len(line)} columns; at most {MAX_COLUMNS}") for number, line in long_lines(text)]
    name = path.rsplit("/", 1)[-1]
    limit = MAX_LINES_TESTS if path.startswith("tests/") else MAX_LINES
    lines = text.count("\n") + (not text.endswith("\n"))
    if path.endswith(CODE + (".py",)) and lines > limit and not (
            GENERATED_WORDS.search(name) or bounded_by_class(path, text)):
        found.append((limit + 1, f"{lines} lines; at most {limit}"))
    for number, line in enumerate(text.split("\n"), 1):
        if "/store/" in path and path.endswith(CODE) and EVERY_ELEMENT.search(line):
            found.append((number, "compares with each element of a parameter; write in (select unnest($1))"))
        if path.startswith("client/") and not path.startswith(("client/e2e/", "client/runtime/local_box")) and path.endswith(CODE):
            if DISK_SEALING.search(line):
                found.append((number, "seals for the disk; LocalBox does, and lists every place"))
        if LEFTOVERS.search(line):
            found.append((number, f"leftover {LEFTOVERS.search(line).group(0)}"))
    found += words.findings(path, text)
    return [f"{path}:{number}: {what}" for number, what in found]


def long_lines(text):
    """Yields (number, line) of a document's lines that are too long and not a table, code or a single word."""
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_COLUMNS and not line.startswith(("|", "    ")) and " " in line.strip():
            yield number, line


def check_references(root, path, text):
    """Yields a finding for each missing file that a comment or a document names."""
    if path.startswith(NAMES_NO_FILES):
        return
    for number, line in enumerate(text.split("\n"), 1):
        named = REFERENCE.findall(line) if not path.endswith(CODE) or "//" in line else []
        here = [os.path.join(os.path.dirname(path), to) for to in LINK.findall(line)] if path.endswith(".md") else []
        for to in named + here:
            generated = to.endswith(".pb.h") or "NAME" in to
            if not generated and not os.path.exists(os.path.join(root, to)):
                yield f"{path}:{number}: names {os.path.normpath(to)}, which is not there"


def source_files(root):
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(s for s in subfolders if s not in SKIP_FOLDERS)
        for name in sorted(names):
            if name.endswith(TEXT) or name == "run-cluster":
                yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")


def missing_headers_of_ours(texts):
    sources = {path: text for path, text in texts.items() if path.endswith((".cc", ".h"))}
    code = {path: without_comments_and_strings(text) for path, text in sources.items()}
    messages = {"Message"}  # protobuf's own, and those that protoc makes
    for path, text in texts.items():
        if path.endswith(".proto"):
            messages |= set(re.findall(r"^\s*message (\w+)", text, re.M))
    return own_includes.missing(sources, code, messages)


def check_tree(root):
    """(number of files read, list of findings)."""
    found, texts = [], {}
    for path in source_files(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            texts[path] = file.read()
    for path, text in texts.items():
        found += check_file(path, text)
        found += check_references(root, path, text)
        if path.endswith((".cc", ".h")):
            found += [f"{path}: uses {name} without <{header}>" for header, name in std_includes.missing(path, texts)]
    found += [f"{path}: uses {name} without {header}" for path, header, name in missing_headers_of_ours(texts)]
    found += check_spread(texts)
    return len(texts), found


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: check_style.py ROOT")
    count, found = check_tree(sys.argv[1])
    for line in found:
        print(line)
    print(f"{count} files read, {len(found)} rules broken")
    sys.exit(1 if found or count == 0 else 0)


if __name__ == "__main__":
    main()
