"""Manual pages and completions are generated from the programs' own tables: each command and option of each --help
stands in each of them, and completion works in a real bash, zsh and fish."""
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import unittest

from fastchat_cluster import wait_until

BIN = os.path.join(os.environ["FASTCHAT_BUILD"], "bin")
MAKE = os.path.join(os.environ["FASTCHAT_SOURCE"], "deploy", "make_reference.py")
SECTIONS = {"fastchat": 1, "fastchat-broker": 8, "fastchat-worker": 8}
BROKER_COMMANDS = ("keys", "invite", "migrate", "token")


def help_of(program, *words):
    return subprocess.run([os.path.join(BIN, program), *words, "--help"], check=True, capture_output=True,
                          text=True).stdout


def commands_in(text):
    """Returns the names below "Subcommands:"."""
    below = text.partition("Subcommands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  ([a-z]+)\b", below, flags=re.M)


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", "\n".join(
        line.split("  ")[1] for line in text.split("\n") if re.match(r"  -", line))))


def helps(program, *words):
    """Yields (words of the command, its help), in the order in which --help names the commands."""
    text = help_of(program, *words)
    yield words, text
    for name in commands_in(text):
        yield from helps(program, *words, name)
    if program == "fastchat-broker" and not words:
        for name in BROKER_COMMANDS:
            yield (name,), help_of(program, name)


class Reference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="fc-reference-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        subprocess.run(["/usr/bin/python3", MAKE, "--bin", BIN, "--out", cls.folder], check=True)
        cls.all = {program: list(helps(program)) for program in SECTIONS}

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def read(self, *parts):
        with open(self.path(*parts), encoding="utf-8") as file:
            return file.read()

    def files_of(self, program):
        section = SECTIONS[program]
        return {"man": self.path("man", f"man{section}", f"{program}.{section}"),
                "bash": self.path("bash-completion", "completions", program),
                "zsh": self.path("zsh", "site-functions", "_" + program),
                "fish": self.path("fish", "vendor_completions.d", program + ".fish")}

    def test_there_is_much_to_find(self):
        self.assertGreater(len(self.all["fastchat"]), 30)
        self.assertIn(("group", "create"), [words for words, _ in self.all["fastchat"]])
        self.assertIn("--reply-to", options_in(help_of("fastchat", "send")))
        self.assertIn("--max-connections", options_in(help_of("fastchat-worker")))

    def test_every_command_and_option_stands_in_every_output(self):
        for program, found in self.all.items():
            texts = {}
            for kind, path in self.files_of(program).items():
                with open(path, encoding="utf-8") as file:
                    texts[kind] = re.sub(r"\\f[BIR]", "", file.read()).replace("\\-", "-")
            for words, text in found:
                for kind, output in texts.items():
                    for word in words:
                        self.assertRegex(output, rf"(?<![\w-]){word}(?![\w-])", (program, kind))
                    for option in options_in(text):
                        spelled = rf"-l {option[2:]}" if kind == "fish" else option
                        self.assertRegex(output, rf"(?<![\w-]){spelled}(?![\w-])", (program, words, kind))

    def test_every_help_has_examples_that_parse(self):
        for program, found in self.all.items():
            for words, text in found:
                examples = text.partition("Examples:\n")[2].strip("\n").split("\n")
                self.assertTrue(all(line.startswith("  ") for line in examples), (program, words, text))
                self.assertTrue(any(program in line for line in examples), (program, words))
                if words:
                    self.assertTrue(any(" ".join(words) in line for line in examples), (program, words))

    def test_the_manual_pages_are_well_formed(self):
        for program in SECTIONS:
            page = self.files_of(program)["man"]
            made = subprocess.run(["groff", "-k", "-man", "-Tutf8", "-ww", page], check=True, capture_output=True, text=True)
            self.assertEqual("", made.stderr, program)
            shown = re.sub("\x1b\\[[0-9;]*m|.\x08", "", made.stdout)
            for word in ("NAME", "SYNOPSIS", "OPTIONS", "EXAMPLES", "SEE ALSO"):
                self.assertIn(word, shown)

    def complete(self, program, *words):
        """Returns the completions of bash for the last of these words, with the installed completion file."""
        function = "_" + program.replace("-", "_")
        script = (f"source '{self.files_of(program)['bash']}'; complete -p {program} >&2; "
                  f"COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); {function}; "
                  "[[ ${#COMPREPLY[@]} == 0 ]] || printf '%s\\n' \"${COMPREPLY[@]}\"")
        made = subprocess.run(["bash", "--norc", "-c", script, "bash", program, *words], check=True, capture_output=True,
                              text=True, cwd=self.folder)
        self.assertEqual(f"complete -F {function} {program}\n", made.stderr)
        return made.stdout.split("\n")[:-1]

    def test_bash_completes_commands_options_and_values(self):
        with open(self.path("a file"), "w", encoding="utf-8"):
            pass
        for words, wanted in ((("se",), ["send", "search"]), (("group", "cr"), ["create"]), (("devices", ""), ["remove", "rename"]),
                              (("send", "bob", "--reply"), ["--reply-to"]), (("send", "--js"), ["--json"]),
                              (("--json", "--data-dir", "x", "sig"), ["signup"]),
                              (("send", "--file", "a"), ["a file"]), (("--data-dir", "=", "ma"), ["man"]),
                              (("send", "--id", "se"), []), (("send", "bob", "se"), []), (("group", "info", "l"), [])):
            self.assertEqual(wanted, self.complete("fastchat", *words), words)
        self.assertIn("--save-files", self.complete("fastchat", "listen", "--"))
        self.assertNotIn("--save-files", self.complete("fastchat", "send", "--"))
        self.assertNotIn("--print-reference", self.complete("fastchat", "--"))
        self.assertEqual(["round-robin", "least-sessions"], self.complete("fastchat-broker", "--assignment", ""))
        self.assertEqual(list(BROKER_COMMANDS), self.complete("fastchat-broker", ""))
        self.assertEqual(["--uses"], self.complete("fastchat-broker", "token", "--u"))
        self.assertEqual(["debug"], self.complete("fastchat-worker", "--log-level", "d"))

    # Pairs: the typed line, and the line after Tab.
    COMPLETED = (("fastchat sen", "fastchat send "), ("fastchat group cr", "fastchat group create "),
                 ("fastchat devices rem", "fastchat devices remove "), ("fastchat send bob --reply", "fastchat send bob --reply-to "),
                 ("fastchat send --js", "fastchat send --json "), ("fastchat --json --data-dir x sig", "fastchat --json --data-dir x signup "),
                 ("fastchat send bob hi --wait re", "fastchat send bob hi --wait read "),
                 ("fastchat export --form", "fastchat export --format "), ("fastchat expo", "fastchat export "),
                 ("fastchat export --format js", "fastchat export --format jsonl "), ("fastchat conv", "fastchat conversations "),
                 ("fastchat send --file a\\ f", "fastchat send --file a\\ file "),
                 ("fastchat listen --fol", "fastchat listen --fol"), ("fastchat history bob --fol", "fastchat history bob --follow "),
                 ("fastchat-broker --assignment rou", "fastchat-broker --assignment round-robin "),
                 ("fastchat-broker token --u", "fastchat-broker token --uses "),
                 ("fastchat-worker --log-level deb", "fastchat-worker --log-level debug "))

    def test_zsh_completes_what_is_typed(self):
        with open(self.path("a file"), "w", encoding="utf-8"):
            pass
        line, ready = self.path("line"), self.path("ready")
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ, "TERM": "dumb", "HOME": self.folder, "PS1": "", "LC_ALL": "C.UTF-8"})
        self.addCleanup(os.close, terminal)
        self.addCleanup(os.waitpid, pid, 0)
        self.addCleanup(os.kill, pid, signal.SIGKILL)

        def there(path):
            # Reads the output of the shell, so that the shell never waits for its reader.
            while select.select([terminal], [], [], 0)[0]:
                os.read(terminal, 1 << 16)
            return os.path.exists(path)
        site = os.path.dirname(self.files_of("fastchat")["zsh"])
        os.write(terminal, (f"fpath=('{site}' $fpath); autoload -Uz compinit; compinit -u -D; setopt no_beep; "
                            f"show() {{ print -rn -- $BUFFER > '{line}.new'; mv '{line}.new' '{line}'; BUFFER='' }}; "
                            f"zle -N show; bindkey '^X' show; bindkey '^I' complete-word; : > '{ready}'\n").encode())
        wait_until(lambda: there(ready), 60, "zsh is ready")
        for typed, wanted in self.COMPLETED:
            os.write(terminal, (typed + "\t\x18").encode())
            wait_until(lambda: there(line), 60, f"zsh completes {typed}")
            with open(line, encoding="utf-8") as file:
                self.assertEqual(wanted.rstrip(), file.read().rstrip(), typed)
            os.remove(line)

    def test_fish_completes_what_is_typed(self):
        with open(self.path("a file"), "w", encoding="utf-8"):
            pass
        for typed, wanted in self.COMPLETED:
            program = typed.split()[0]
            made = subprocess.run(["fish", "--no-config", "-c", f"source '{self.files_of(program)['fish']}'; complete -C $argv[1]",
                                   typed], check=True, capture_output=True, text=True, cwd=self.folder,
                                  env={**os.environ, "HOME": self.folder, "PATH": BIN + ":" + os.environ["PATH"]})
            self.assertEqual("", made.stderr, typed)
            offered = [line.split("\t")[0] for line in made.stdout.splitlines()]
            last = wanted.replace("a\\ file", "a file").rstrip()
            expected = [] if wanted == typed else ["a file" if last.endswith("a file") else last.split()[-1]]
            self.assertEqual(expected, [o for o in offered if o.startswith(expected[0])] if expected else offered, typed)

    def test_other_shells_read_their_files(self):
        for shell in ("zsh", "fish"):
            for program in SECTIONS:
                subprocess.run([shell, "-n", self.files_of(program)[shell]], check=True)


if __name__ == "__main__":
    unittest.main()
