"""A terminal for tests: a program inside a private tmux server, keys in, screen out. Standard library only."""
import os
import shutil
import subprocess
import tempfile

from fastchat_cluster import wait_until


class Terminal:
    """`with Terminal(["fastchat", ...], columns=80, rows=24) as t:`; ends the program and the tmux server."""

    def __init__(self, command, columns=80, rows=24, env=None):
        self.folder = tempfile.mkdtemp(prefix="fc-tmux-")
        self.socket = os.path.join(self.folder, "s")
        environment = {**os.environ, **(env or {}), "LC_ALL": "C.UTF-8"}
        environment.pop("TMUX", None)
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), *command, env=environment)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _tmux(self, *args, env=None):
        return subprocess.run(["tmux", "-S", self.socket, *args], check=True, capture_output=True, text=True, env=env).stdout

    def type(self, text):
        self._tmux("send-keys", "-l", text)

    def press(self, *keys):
        self._tmux("send-keys", *keys)

    def paste(self, text):
        """As a terminal does it: in brackets when the program asked for that."""
        self._tmux("set-buffer", "--", text)
        self._tmux("paste-buffer", "-p", "-r")

    def resize(self, columns, rows):
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self):
        return self._tmux("capture-pane", "-p")

    def running(self):
        return subprocess.run(["tmux", "-S", self.socket, "has-session"], check=False, capture_output=True).returncode == 0

    def wait_for(self, text, timeout=30):
        """Waits until the screen shows `text`; the failure shows the screen."""
        try:
            wait_until(lambda: text in self.screen(), timeout, text)
        except Exception as e:
            raise AssertionError(f"the screen never showed {text!r}:\n{self.screen() if self.running() else '(it ended)'}") from e

    def wait_until(self, what, timeout=30):
        """Waits until `what(screen)` is true."""
        wait_until(lambda: what(self.screen()), timeout, "the screen")

    def wait_until_coloured(self, code, timeout=30):
        """Waits for a colour: `code` as in the escape sequence that sets it."""
        wait_until(lambda: code in self._tmux("capture-pane", "-p", "-e"), timeout, code)

    def wait_until_ended(self, timeout=30):
        wait_until(lambda: not self.running(), timeout, "the program to end")
