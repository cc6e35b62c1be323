"""The sources of a password: a variable, a file, a command, or a terminal that does not show the password."""
import os
import pty
import select
import subprocess
import termios
import time
import unittest

from chat import PATIENCE, ChatTest, dies_with_us


class Terminal:
    """A command on a terminal of its own, with its output and its input."""

    def __init__(self, command, env):
        self.master, slave = pty.openpty()

        def in_child():
            dies()
            os.setsid()
            os.close(os.open(os.ttyname(0), os.O_RDWR))  # the first terminal opened becomes the controlling one

        dies = dies_with_us()
        self.slave = slave
        self.popen = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env, preexec_fn=in_child)
        self.shown = ""

    def read(self, deadline):
        """Returns the next output, or None at its end."""
        if select.select([self.master], [], [], 0.05)[0]:
            return os.read(self.master, 4096).decode()
        assert time.monotonic() < deadline, f"nothing more is shown: {self.shown!r}"
        return "" if self.popen.poll() is None else None

    def expect(self, text, timeout=PATIENCE):
        deadline, start = time.monotonic() + timeout, len(self.shown)
        while text not in self.shown[start:]:
            more = self.read(deadline)
            assert more is not None, f"ended with {self.popen.returncode}: {self.shown!r}"
            self.shown += more

    def type(self, text):
        os.write(self.master, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def end(self, timeout=PATIENCE):
        deadline = time.monotonic() + timeout
        while (more := self.read(deadline)) is not None:
            self.shown += more
        return self.popen.returncode

    def close(self):
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()
        os.close(self.master)
        os.close(self.slave)


class PasswordsTest(ChatTest):
    CLUSTER = {"workers": 1}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.zoe = cls.chat.stranger("zoe")
        cls.file = os.path.join(cls.chat.folder, "zoe.password")
        with open(cls.file, "w", encoding="utf-8") as file:
            file.write(cls.zoe.password + "\nnot this line\n")
        # The profile remembers no secret, so each command below needs the password.
        cls.zoe.run("signup", "zoe", "--no-remember", "--password-file", cls.file, server=cls.chat.cluster.invite)

    def terminal(self, *arguments, server=None):
        terminal = Terminal(self.zoe.command(*arguments, server=server), self.chat.env)
        self.addCleanup(terminal.close)
        return terminal

    def test_without_a_terminal(self):
        """run() gives no terminal, so a prompt would fail."""
        sources = (["--password-file", self.file], {}), (["--password-command", f"cat '{self.file}'"], {}), \
            ([], {"FASTCHAT_PASSWORD": self.zoe.password}), \
            (["--password-file", self.file], {"FASTCHAT_PASSWORD": "the file comes first"})
        for n, (arguments, env) in enumerate(sources):
            self.zoe.run("send", "zoe", f"note {n}", *arguments, **env)
        history = self.zoe.run("history", "zoe", "--json", "--password-file", self.file).json()
        self.assertTexts(["note 0", "note 1", "note 2", "note 3"], [m for m in history if m["text"].startswith("note")])
        self.assertFalse(self.zoe.status()["remembered"])

    def test_without_any_source(self):
        for arguments, text in (([], "no terminal to ask"), (["--password-file", self.file + ".gone"], "cannot read"),
                                (["--password-command", "false"], "password command failed")):
            done = self.zoe.run("send", "zoe", "note", *arguments, code=1)
            self.assertRegex(done.err, rf"^fastchat: [^\n]*{text}[^\n]*\n$")
        done = self.zoe.run("send", "zoe", "note", code=1, FASTCHAT_PASSWORD="not the password")
        self.assertRegex(done.err, r"^fastchat: wrong name or password: check both and try again\n$")

    def test_prompt_shows_nothing(self):
        terminal = self.terminal("send", "zoe", "typed")
        terminal.expect("Password of zoe: ")
        self.assertFalse(terminal.echoes())
        terminal.type(self.zoe.password[:-1] + "?\x7f" + self.zoe.password[-1] + "\r")
        self.assertEqual(0, terminal.end(), terminal.shown)
        self.assertTrue(terminal.echoes())
        self.assertEqual("Password of zoe: \r\n", terminal.shown)

    def test_prompt_for_a_new_password_asks_twice(self):
        ida = self.chat.stranger("ida")
        for again, code in (("something else\r", 1), (ida.password + "\r", 0)):
            terminal = Terminal(ida.command("signup", "ida", server=self.cluster.invite), self.chat.env)
            self.addCleanup(terminal.close)
            terminal.expect("New password for ida")
            terminal.type(ida.password + "\r")
            terminal.expect("Repeat the password: ")
            terminal.type(again)
            self.assertEqual(code, terminal.end(), terminal.shown)
            self.assertNotIn(ida.password, terminal.shown)
        self.assertIn("ida", ida.status()["user"])

    def test_interrupt_at_the_prompt_leaves_the_terminal_as_it_was(self):
        terminal = self.terminal("send", "zoe", "never")
        terminal.expect("Password of zoe: ")
        terminal.type("half a pass\x03")
        self.assertEqual(1, terminal.end(), terminal.shown)
        self.assertTrue(terminal.echoes())
        self.assertIn("fastchat: no password was given", terminal.shown)
        self.assertNotIn("half", terminal.shown)


if __name__ == "__main__":
    unittest.main()
