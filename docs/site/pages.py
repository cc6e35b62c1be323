"""Writes the reference pages of the site in Markdown, from the tables of the programs and of the sources.

reference_pages() returns a page's path, from the root of the site's source, to its text. Nothing is listed here: a row
that a table gains is in the site after the next build.
"""
import os
import re
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(SOURCE, "deploy"), os.path.dirname(os.path.abspath(__file__))]
import make_reference  # noqa: E402
import sources  # noqa: E402

FOLDER = "docs/reference/"
COMMON = {"--help", "--version", "--config", "--check-config"}  # switches of a server that no file of settings has
SCREEN = ("conversation", "message", "file", "group", "screen")


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
        return file.read()


def cell(text):
    """Returns text that a cell of a table shows as it is; words in backticks, options and variables are code."""
    parts = re.split(r"(`[^`]+`|(?<![\w-])--[a-z][a-z-]+|\bFASTCHAT_[A-Z_]+)", text.replace("\n", " "))
    return "".join(code(p.strip("`")) if i % 2 else re.sub(r"([\\`*_{}\[\]<>#|$~])", r"\\\1", p) for i, p in enumerate(parts))


def code(text):
    """Returns text as code in a cell; nothing for an empty text."""
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`" if text else ""


def words(choices):
    return ", ".join(code(word) for word in choices)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def fence(text, language="sh"):
    return f"```{language}\n" + re.sub(r"^  ", "", text, flags=re.M) + "\n```\n"


# ---- commands and options

def shown_names(option):
    value = option["value"]
    if option["positional"]:
        return code(value)
    names = ", ".join(code(name) for name in option["names"])
    return names + (" " + (words(make_reference.choices(option)) or code(value)) if value else "")


def synopsis(name, path, command):
    """Returns the line of usage, as the manual page has it."""
    roff = make_reference.synopsis(name, path, command)
    return re.sub(r"\\f[BIR]", "", roff).replace("\\-", "-").replace("\\e", "\\")


def command_text(program, path, command):
    before, examples = make_reference.split_footer(command["footer"])
    out = [("## " if not path else "### ") + code(" ".join((program,) + path)), ""]
    out += [cell(line) + ("." if line[-1] not in ".:" else "") + "\n" for line in
            command["description"].split("\n") + before.split("\n") if line]
    out += [fence("  " + synopsis(program, path, command), "text")]
    options = make_reference.arguments(command) + make_reference.switches(command)
    if options:
        out.append(table(("option", "meaning"), [(shown_names(o), cell(o["help"])) for o in options]))
    if examples:
        out += ["Examples:\n", fence(examples)]
    return "\n".join(out)


def commands_page(references):
    parts = ["# Commands and options\n", "Each command and option, as the programs print them with `--help`. "
             "[The command line](../command-line.md) says what a command guarantees; the screen's commands are in "
             "[Keys and commands of the screen](screen.md), the keys of the servers' files in "
             "[Settings](configuration.md).\n"]
    for reference in references:
        parts += [command_text(reference["name"], path, command) for path, command in make_reference.commands(reference)]
    return "\n".join(parts)


# ---- settings

def server_settings(reference):
    """Yields (key, value, default, help) of each key of a server's file."""
    for option in make_reference.switches(reference):
        key = next((name for name in option["names"] if name.startswith("--")), "")
        match = re.fullmatch(r"(.*) \[(.*)\] \((FASTCHAT_[A-Z_]+)\)", option["help"], re.S)
        if key in COMMON:
            continue
        if match is None:
            raise SystemExit(f"docs: {reference['name']} {key} has a help of another form")
        value = words(make_reference.choices(option)) or option["value"].replace(" ...", "").lower()
        yield key[2:], value, match[2], match[1]


def configuration_page(references):
    parts = ["# Settings\n", "Each key of the three programs' files, with its default. A key `max-connections` is also "
             "the flag `--max-connections` and the variable `FASTCHAT_MAX_CONNECTIONS`, for the servers: flags win over "
             "the environment, and the environment over the file. The screen's keys are no flags. "
             "`--check-config` reads a file and says what is wrong. [Running FastChat](../operations.md) explains the "
             "servers' settings, [The screen](../screen.md) those of the client.\n"]
    head = ("key", "value", "default", "meaning")
    for reference in references:
        if reference["name"] != "fastchat":
            parts += ["## " + code(reference["name"]) + "\n", table(head, [
                (code(key), value, code(default), cell(help_)) for key, value, default, help_ in server_settings(reference)])]
    rows = sources.settings(read("client/tui/settings.cc"), read("client/tui/settings.h"), read("client/tui/notify.h"))
    parts += ["## The screen of `fastchat`\n", "In `~/.config/fastchat/config.toml`, or the file that `--config` "
              "names.\n", table(head, [(code(name), words(choices), code(default), cell(help_))
                                       for name, default, choices, help_ in rows])]
    return "\n".join(parts)


# ---- metrics, codes, the screen

def metrics_page():
    broker, worker = read("broker/owner_ports.cc"), read("worker/owner_metrics.cc")
    head = ("metric", "type", "meaning")
    events = sources.broker_events(broker)

    def rows(metrics):
        return table(head, [(code(name), kind, cell(help_)) for name, kind, help_ in metrics])
    return "\n".join([
        "# Metrics\n", "Each metric of `GET /metrics`. [Running FastChat](../operations.md#monitoring) says which of "
        "them to watch.\n", "## Worker\n", rows(sources.worker_metrics(worker)), "## Broker\n",
        rows(sources.broker_metrics(broker)),
        "The label `event` of `fastchat_broker_events_total` has these values. An event is also a log line of this "
        "level:\n", table(("event", "level"), [(code(name), level) for name, level in events])])


def codes_page():
    rows = sources.codes(read("common/codes.cc") + read("common/codes.h"), read("common/result.h"),
                         read("proto/client.proto"))
    shown = [(str(number) if number < 100 else "", code(name), cell(meaning[0].upper() + meaning[1:]), str(status),
              ", ".join(flags)) for number, name, meaning, flags, status in rows]
    return "\n".join([
        "# Error codes\n", "Each code of an error. A code with a number is an answer of a server "
        "([the protocol](../../proto/PROTOCOL.md#8-errors)); the client makes the others. `exit` is the "
        "[exit status](../command-line.md#exit-codes) of a command that ends with the code. *again*: the client keeps "
        "the request and sends it again. *ends link*: the server has forgotten the connection. *final login*: the "
        "client does not repeat a login with this answer by itself.\n",
        table(("number", "code", "meaning", "exit", "effect"), shown)])


def screen_page():
    def caps(keys):
        return " ".join(f"<kbd>{cell(k)}</kbd>" for k in keys.split())

    shown = [(caps(keys), caps(vi), code(action) if action else "", cell(help_))
             for action, keys, help_, vi in sources.keys(read("client/tui/chat/key_table.cc"))]
    parts = ["# Keys and commands of the screen\n", "F1 shows the same list on the screen. [The screen](../screen.md) "
             "says how its parts work together. A key with an action can be changed: "
             "`keys = [\"next-unread = Alt+U\"]` in the [settings](configuration.md).\n",
             "## Keys\n", table(("key", "with vi's keys", "action", "meaning"), shown), "## Commands\n"]
    rows = [row for name in SCREEN for row in sources.screen_commands(read(f"client/tui/chat/{name}_commands.cc"))]
    parts.append(table(("command", "meaning"), [(code(f"/{name} {arguments}".strip()), cell(help_))
                                                for name, arguments, help_ in rows]))
    return "\n".join(parts)


def reference_pages(programs):
    """Returns {path: text} of all reference pages; `programs` is the folder of the built programs."""
    references = [make_reference.reference(os.path.join(programs, name)) for name in make_reference.PROGRAMS]
    return {FOLDER + "commands.md": commands_page(references), FOLDER + "configuration.md": configuration_page(references),
            FOLDER + "metrics.md": metrics_page(), FOLDER + "codes.md": codes_page(), FOLDER + "screen.md": screen_page()}
