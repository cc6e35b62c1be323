"""Finds names of ours whose header a source file does not include, directly or through another header.

The preset `release` compiles a library in batches (cmake/FastChatBuild.cmake) and does not notice such a file, because
another file of its batch includes the header. The presets that compile each file by itself fail there. Names are found
without a compiler: functions by their calls, types by their names, each declared at the level of a namespace in one
header only.
"""
import re

KEYWORDS = {"while", "if", "for", "switch", "return", "sizeof", "static_assert", "catch", "alignof", "decltype"}
# Functions of the system with names that headers of ours have too.
SYSTEM = {"open", "read", "close", "write", "send", "bind", "connect", "accept"}
BEFORE_A_CALL = {"return", "else", "case", "throw", "co_return", "and", "or", "not"}


def at_namespace_level(code):
    """Returns the statements of a header that stand in no class and no function."""
    levels, kept = [], ""
    for piece in re.findall(r"[{}]|[^{}]+", code):
        if piece == "{":
            levels.append(re.search(r'(namespace[\w:\s]*|extern\s*"")\s*$', kept) is not None)
            kept += ";" if levels[-1] else " "
        elif piece == "}":
            if levels:
                levels.pop()
            if all(levels):
                kept += ";"
        elif all(levels):
            kept += piece
    return kept.split(";")


def declared(code):
    """Returns (functions, types) that the code of a header declares for everybody."""
    functions, types = set(), set()
    for statement in at_namespace_level(code):
        text = re.sub(r"^\s*#.*", "", statement, flags=re.M).strip()
        kind = re.match(r"(?:template\s*<.*?>\s*)?(?:class|struct|enum\s+class|enum|union)\s+(\w+)", text)
        alias = re.match(r"(?:template\s*<.*?>\s*)?using\s+(\w+)\s*=", text)
        call = re.search(r"([\w:~]+)\s*\(", text)
        if kind:
            types.add(kind.group(1))
        elif alias:
            types.add(alias.group(1))
        elif call and re.fullmatch(r"\w+", call.group(1)) and not text.startswith("friend"):
            functions.add(call.group(1))
    return functions - KEYWORDS - SYSTEM, types


def includes(text):
    return re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.M)


def reached(path, files, known):
    """Returns the headers of ours that `path` includes, directly or through others. `known` remembers answers."""
    if path not in known:
        known[path] = set()  # an include cycle ends here
        for header in includes(files.get(path, "")):
            known[path] |= {header} | reached(header, files, known)
    return known[path]


def declares(code, name):
    """Returns whether the code has a variable, function, lambda, parameter or type of this name itself."""
    if re.search(rf"\b(?:class|struct|enum|union|using|typename)\s+(?:class\s+)?{name}\b", code):
        return True
    before = re.finditer(rf"(\w+)?[>&*\]]*\s[&*]*{name}\s*[({{=;,):]", code)
    return any(match.group(1) not in BEFORE_A_CALL for match in before if match.group(0)[0] not in " \n")


def missing(files, code, messages=frozenset()):
    """Yields (path, header, name). `files`: the texts by path; `code`: the same without comments and strings;
    `messages`: types that protoc makes."""
    functions, types = {}, {}
    for path in files:
        if path.endswith(".h"):
            here = declared(code[path])
            for name in here[0]:
                functions.setdefault(name, set()).add(path)
            for name in here[1]:
                types.setdefault(name, set()).add(path)
    known = {}
    for path in sorted(files):
        if not path.endswith(".cc") or path.startswith(("tests/", "bench/")):
            continue
        have = reached(path, files, known)
        text = re.sub(r"^\s*#.*", "", code[path], flags=re.M)
        used = {m.group(2) for m in re.finditer(r"(?<![\w.>~:])((?:(?!std::)\w+::)*)(\w+)\s*\(", text)
                if m.group(2) in functions} - types.keys()
        used |= {name for name in re.findall(r"(?<![\w.>~:])([A-Z]\w+)\b", text) if name in types} - messages
        for name in sorted(used):
            headers = functions.get(name, set()) | types.get(name, set())
            if len(headers) != 1 or headers & have:
                continue
            header = next(iter(headers))
            if header.startswith(("tests/", "bench/")) or declares(text, name):
                continue
            if any(declares(code.get(other, ""), name) for other in have):
                continue
            yield path, header, name
