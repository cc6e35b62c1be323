"""Reads the tables of the sources that the site's reference pages show. Pure: text in, rows out.

Each reader fails with SystemExit when it finds nothing: a table that moved is an error, not an empty page.
"""
import re

LITERALS = r'"(?:\\.|[^"\\])*"(?:\s*"(?:\\.|[^"\\])*")*'
ESCAPES = {"n": "\n", "t": "\t"}


def literal(text):
    """Returns the text of one or several C++ string literals that stand side by side."""
    parts = re.findall(r'"((?:\\.|[^"\\])*)"', text)
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m[1], m[1]), "".join(parts))


def found(rows, what):
    if not rows:
        raise SystemExit(f"docs: {what} has no rows; was its table moved?")
    return rows


def body(text, begin, end=r"^\s*\};?"):
    """Returns the text between the line that matches `begin` and the next line that matches `end`."""
    match = re.search(begin + r"[^\n]*\n(.*?)" + end, text, re.M | re.S)
    return match[1] if match else ""


def worker_metrics(text):
    """Returns (name, type, help) of each row of worker/owner_metrics.cc."""
    counters = [(f"fastchat_worker_{literal(n)}_total", "counter", literal(h)) for n, h in
                re.findall(rf"\{{({LITERALS}),\s*({LITERALS}),\s*&Counters::\w+\}}", body(text, r"kCounters\[\] = \{"))]
    gauges = [(literal(n), "gauge", literal(h)) for n, h in re.findall(rf"\.gauge\(({LITERALS}),\s*({LITERALS})\)", text)]
    return found(counters, "the worker's counters") + found(gauges, "the worker's gauges")


def broker_metrics(text):
    """Returns (name, type, help) of each metric of broker/owner_ports.cc; labels are left out."""
    counters = [(literal(n), "counter", literal(h)) for n, h in
                re.findall(rf"\.counter\(({LITERALS}),\s*({LITERALS}),", text)]
    gauges = [(literal(n), "gauge", literal(h)) for n, h in
              re.findall(rf"\{{({LITERALS}),\s*({LITERALS})\}},", body(text, r"kGauges> kNames", r"^\s*\}\};"))]
    return found(counters, "the broker's counters") + found(gauges, "the broker's gauges")


def broker_events(text):
    """Returns (name, log level) of each value of the label `event`."""
    rows = re.findall(r'case Event::\w+:\s*return \{"(\w+)", k(\w+)\};', text)
    return found([(name, level.lower()) for name, level in rows], "the broker's events")


def codes(table, enum, proto):
    """Returns (number, name, meaning, flags, exit status) of each code: common/codes.cc, common/result.h, client.proto.

    `flags` has the words again, ends link and final login where the table says so."""
    numbers = {name: int(value) for name, value in re.findall(r"^\s*(k\w+) = (\d+),", enum, re.M)}
    meanings = {name: meaning for name, meaning in re.findall(r"^\s*(k\w+) = \d+,\s*// (.*)$", enum, re.M)}
    meanings.update(re.findall(r"^  ([A-Z_]+) = \d+;\s*// (.*)$", body(proto, r"^enum ErrorCode \{"), re.M))
    statuses = {name: int(value) for name, value in re.findall(r"^\s*(k\w+) = (\d+),", body(table, r"enum class Exit"), re.M)}
    rows = []
    for code, name, again, link, login, status in re.findall(
            r'\{Code::(k\w+), "(\w+)", (!?)kAgain, (!?)kEndsLink, (!?)kFinal, Exit::(k\w+)\}',
            body(table, r"kCodes\[\] = \{", r"^\};")):
        flags = [word for word, no in (("again", again), ("ends link", link), ("final login", login)) if not no]
        meaning = meanings.get(name) or meanings.get(code)
        if meaning is None:
            raise SystemExit(f"docs: {name} has no meaning: add a comment to proto/client.proto or common/result.h")
        rows.append((numbers[code], name, meaning, flags, statuses[status]))
    return found(rows, "the table of codes")


def settings(text, header, notify_header):
    """Returns (name, default, words that it takes, help) of each setting of the screen (client/tui/settings.cc)."""
    defaults = dict(re.findall(r"^\s+[\w:<>]+ (\w+) = ([^;]+);", header, re.M))
    defaults.update(("notify." + n, v) for n, v in re.findall(r"^\s+[\w:<>]+ (\w+) = ([^;]+);", notify_header, re.M))
    rows = []
    for target, name, help_, rest in re.findall(
            rf"config\.add\(&(?:out\.)?([\w.]+),\s*({LITERALS}),\s*({LITERALS})([^;]*)\);", text):
        words = re.findall(r'"([^"]+)"', rest)
        rows.append((literal(name), literal(defaults.get(target, '""')) if '"' in defaults.get(target, '""') else
                     defaults[target], words, literal(help_)))
    return found(rows, "the settings of the screen")


def keys(text):
    """Returns (action, keys, help, key with keys = "vi") of each row of client/tui/chat/key_table.cc."""
    rows = re.findall(rf"\{{Action::\w+, ({LITERALS}), ({LITERALS}),\s*({LITERALS})(?:,\s*({LITERALS}))?(?:,\s*{LITERALS})?\}}",
                      text)
    return found([tuple(literal(cell) if cell else "" for cell in row) for row in rows], "the table of keys")


def screen_commands(text):
    """Returns (name, arguments, help) of each shown command of one file of client/tui/chat."""
    rows = re.findall(rf"\{{({LITERALS}), ({LITERALS}),\s*({LITERALS}),\s*\d+,(.*?)\}},\n", body(text, r"kCommands\[\] = \{", r"^\};"),
                      re.S)
    return found([tuple(literal(cell) for cell in row[:3]) for row in rows if "kHidden" not in row[3]], "a table of commands")
