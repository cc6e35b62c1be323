#!/usr/bin/env python3
"""Writes manual pages and completions of the programs, from the tables that the programs themselves parse with.

    make_reference.py --bin build/release/bin --out build/release/share

Each program prints its commands and options with its hidden switch --print-reference; nothing is listed here. The files
are OUT/man/man1/fastchat.1, OUT/man/man8/fastchat-broker.8 and fastchat-worker.8, and for each program
OUT/bash-completion/completions/NAME, OUT/zsh/site-functions/_NAME and OUT/fish/vendor_completions.d/NAME.fish.
"""
import argparse
import json
import os
import re
import subprocess

PROGRAMS = {"fastchat": 1, "fastchat-broker": 8, "fastchat-worker": 8}
FILES = ("FILE", "DIR", "PATH")


def reference(path, *words):
    """Returns the table of a program or of its subcommand."""
    out = subprocess.run([path, *words, "--print-reference"], check=True, capture_output=True, text=True).stdout
    table = json.loads(out)
    for name in table.get("subcommands", []):
        command = reference(path, name)
        command["name"] = name
        table["commands"].append(command)
    return table


def commands(table, path=()):
    """Yields (path, table) of the program and of every command below it."""
    yield path, table
    for command in table["commands"]:
        yield from commands(command, path + (command["name"],))


def switches(table):
    return [o for o in table["options"] if not o["positional"]]


def arguments(table):
    return [o for o in table["options"] if o["positional"]]


def choices(option):
    """Returns the words that the option takes; empty when it takes any."""
    value = option["value"]
    return value.split(",") if re.fullmatch(r"[a-z0-9-]+(,[a-z0-9-]+)+", value) else []


# ---- manual pages

def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def names_roff(option):
    value = option["value"]
    shown = ", ".join("\\fB" + roff(n) + "\\fR" for n in option["names"])
    if option["positional"]:
        shown = "\\fI" + roff(value) + "\\fR"
    elif value:
        shown += " \\fI" + roff(value) + "\\fR"
    return shown


def synopsis(name, path, table):
    words = ["\\fB" + roff(" ".join((name,) + path)) + "\\fR"]
    if switches(table):
        words.append("[\\fIOPTION\\fR ...]")
    for o in arguments(table):
        text = "\\fI" + roff(o["value"]) + "\\fR" + (" ..." if o["many"] else "")
        words.append(text if o["required"] else "[" + text + "]")
    if table["commands"]:
        words.append("\\fICOMMAND\\fR ..." if path else "[\\fICOMMAND\\fR ...]")
    return " ".join(words)


def split_footer(footer):
    """Returns (lines before the examples, the examples)."""
    before, _, examples = footer.partition("Examples:\n")
    return before.strip("\n"), examples.strip("\n")


def options_roff(options):
    lines = []
    for o in options:
        lines += [".TP", names_roff(o), roff(o["help"]) or "\\&"]
    return lines


def examples_roff(text):
    return [".PP", ".EX", *(roff(line) for line in text.split("\n")), ".EE"] if text else []


def man(table, section):
    name = table["name"]
    before, examples = split_footer(table["footer"])
    first, *others = table["description"].split("\n")
    version = ".TH " + name.upper() + " " + str(section) + ' "" "FastChat" "FastChat"'
    lines = ['.\\" Made by deploy/make_reference.py.', version, ".SH NAME", roff(name) + " \\- " + roff(first),
             ".SH SYNOPSIS", synopsis(name, (), table), ".SH DESCRIPTION", roff(first + "."[first.endswith("."):])]
    for line in others + before.split("\n"):
        if line:
            lines += [".PP", roff(line)]
    lines += [".SH OPTIONS"] + options_roff(switches(table))
    below = [(path, t) for path, t in commands(table) if path]
    if below:
        lines.append(".SH COMMANDS")
    for path, command in below:
        lines += [".SS " + roff(" ".join(path)), synopsis(name, path, command), ".PP",
                  roff(command["description"].replace("\n", " ") + ".")]
        lines += options_roff(arguments(command) + switches(command)) + examples_roff(split_footer(command["footer"])[1])
    if examples:
        lines += [".SH EXAMPLES"] + examples_roff(examples)
    others = [f".BR {roff(p)} ({s})" for p, s in PROGRAMS.items() if p != name]
    lines += [".SH SEE ALSO"] + [line + "," for line in others[:-1]] + others[-1:]
    return "\n".join(lines) + "\n"


# ---- completions

def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def kinds(table):
    """Returns name -> "files", the words it takes, or "" (something else), of every option that takes a value."""
    out = {}
    for _, t in commands(table):
        for o in switches(t):
            for name in o["names"] if o["value"] else ():
                out[name] = "files" if o["value"] in FILES else " ".join(choices(o))
    return out


def option_words(table, path):
    """Returns the options that may stand behind `path`: those of the command and of all above it."""
    out, here = {}, table
    for word in (None,) + path:
        if word is not None:
            here = next(c for c in here["commands"] if c["name"] == word)
        for o in switches(here):
            for name in o["names"]:
                out[name] = o["help"]
    return out


# Finds the command that the words before the cursor name, and the option before the cursor. Both shells work alike.
BASH = r"""# Completion of @NAME@ for bash. Made by deploy/make_reference.py.
declare -gA @FN@_commands=(
@COMMANDS@
)
declare -gA @FN@_options=(
@OPTIONS@
)
declare -gA @FN@_values=(
@VALUES@
)
@FN@() {
  local cur=${COMP_WORDS[COMP_CWORD]} path='-' option='' word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n $option ]]; then
      [[ $word == '=' ]] || option=''
    elif [[ $word == -* ]]; then
      [[ -n ${@FN@_values[$word]+x} ]] && option=$word
    elif [[ " ${@FN@_commands[$path]} " == *" $word "* ]]; then
      path="$path $word"
    fi
  done
  [[ $cur == '=' ]] && cur=''
  COMPREPLY=()
  if [[ -n $option && ${@FN@_values[$option]} == files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  elif [[ -n $option ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${@FN@_values[$option]}" -- "$cur")
  elif [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${@FN@_options[$path]}" -- "$cur")
  else
    mapfile -t COMPREPLY < <(compgen -W "${@FN@_commands[$path]}" -- "$cur")
  fi
}
complete -F @FN@ @NAME@
"""

ZSH = r"""#compdef @NAME@
# Completion of @NAME@ for zsh. Made by deploy/make_reference.py.
@FN@() {
  local -A values
  local -a found
  local path_='-' option='' word
  integer i
  values=(
@VALUES@
  )
  for ((i = 2; i < CURRENT; i++)); do
    word=${words[i]}
    if [[ -n $option ]]; then
      option=''
    elif [[ $word == -* ]]; then
      (( ${+values[$word]} )) && option=$word
    else
      case "$path_ $word" in
@PATHS@
      esac
    fi
  done
  if [[ -n $option ]]; then
    if [[ $values[$option] == files ]]; then
      _files
    else
      compadd -- ${=values[$option]}
    fi
    return
  fi
  if [[ ${words[CURRENT]} == -* ]]; then
    case $path_ in
@OPTIONS@
    esac
    _describe -o option found
  else
    case $path_ in
@COMMANDS@
    esac
    _describe command found
  fi
}
@FN@ "$@"
"""


def key(path):
    return " ".join(("-",) + path)


def function_name(name):
    return "_" + name.replace("-", "_")


def filled(template, table, **parts):
    out = template.replace("@NAME@", table["name"]).replace("@FN@", function_name(table["name"]))
    for name, lines in parts.items():
        out = out.replace("@" + name + "@", "\n".join(lines))
    return out


def bash(table):
    paths = list(commands(table))
    return filled(BASH, table,
                  COMMANDS=[f"  [{quoted(key(p))}]={quoted(' '.join(c['name'] for c in t['commands']))}"
                            for p, t in paths],
                  OPTIONS=[f"  [{quoted(key(p))}]={quoted(' '.join(option_words(table, p)))}" for p, t in paths],
                  VALUES=[f"  [{quoted(o)}]={quoted(k)}" for o, k in kinds(table).items()])


def described(words):
    """Returns items of _describe: NAME:HELP, a colon in either behind a backslash."""
    return " ".join(quoted(n.replace(":", "\\:") + ":" + h.replace(":", "\\:").replace("\n", " ")) for n, h in words)


def zsh(table):
    paths = list(commands(table))
    return filled(ZSH, table,
                  VALUES=[f"    {quoted(o)} {quoted(k)}" for o, k in kinds(table).items()],
                  PATHS=[f"        ({quoted(key(p))}) path_={quoted(key(p))} ;;" for p, _ in paths if p],
                  OPTIONS=[f"      ({quoted(key(p))}) found=({described(option_words(table, p).items())}) ;;"
                           for p, _ in paths],
                  COMMANDS=[f"      ({quoted(key(p))}) found=("
                            f"{described((c['name'], c['description']) for c in t['commands'])}) ;;" for p, t in paths])


def fish(table):
    name = table["name"]
    lines = [f"# Completion of {name} for fish. Made by deploy/make_reference.py.", f"complete -c {name} -f"]
    for path, t in commands(table):
        where = "; and ".join("__fish_seen_subcommand_from " + word for word in path)
        below = " ".join(c["name"] for c in t["commands"])
        if below:
            nothing = f"not __fish_seen_subcommand_from {below}"
            at = quoted(where + "; and " + nothing if where else nothing)
            for c in t["commands"]:
                help_ = quoted(c["description"].replace("\n", " "))
                lines.append(f"complete -c {name} -n {at} -a {c['name']} -d {help_}")
        for o in switches(t):
            words = [f"complete -c {name}"]
            if where:
                words.append("-n " + quoted(where))
            words += [("-l " + n[2:]) if n.startswith("--") else ("-s " + n[1:]) for n in o["names"]]
            if o["value"]:
                words.append("-r -F" if o["value"] in FILES else "-x" if not choices(o) else
                             "-x -a " + quoted(" ".join(choices(o))))
            words.append("-d " + quoted(o["help"].replace("\n", " ")))
            lines.append(" ".join(words))
    return "\n".join(lines) + "\n"


def write(folder, name, text):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", required=True, help="folder of the programs")
    parser.add_argument("--out", required=True, help="folder to write to")
    args = parser.parse_args()
    for name, section in PROGRAMS.items():
        table = reference(os.path.join(args.bin, name))
        write(os.path.join(args.out, "man", f"man{section}"), f"{name}.{section}", man(table, section))
        write(os.path.join(args.out, "bash-completion", "completions"), name, bash(table))
        write(os.path.join(args.out, "zsh", "site-functions"), "_" + name, zsh(table))
        write(os.path.join(args.out, "fish", "vendor_completions.d"), name + ".fish", fish(table))


if __name__ == "__main__":
    main()
