"""A terminal for tests: a program inside a private tmux server, keys in, screen out. Standard library only."""
import os
import shutil
import subprocess
import tempfile

from fastchat_cluster import wait_until


def family(pid):
    """Returns the process and all below it."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = [int(child) for child in file.read().split()]
    except OSError:
        return []
    return [pid] + [found for child in children for found in family(child)]


def runs(pid):
    """Returns whether the process is there and has not ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Terminal:
    """`with Terminal(["fastchat", ...], columns=80, rows=24) as t:`; ends the program and the tmux server."""

    def __init__(self, command, columns=80, rows=24, env=None, folder=None):
        self.folder = tempfile.mkdtemp(prefix="fc-tmux-")
        self.socket = os.path.join(self.folder, "s")
        environment = {**os.environ, "COLORTERM": "", **(env or {}), "LC_ALL": "C.UTF-8"}
        environment.pop("TMUX", None)
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                   *(["-c", folder] if folder else []), *command, env=environment)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        shown = subprocess.run(["tmux", "-S", self.socket, "list-panes", "-F", "#{pane_pid}"], check=False,
                               capture_output=True, text=True).stdout
        pids = [pid for pane in shown.split() for pid in family(int(pane))]
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        # The next client of this profile finds the profile free only after the last client has ended.
        wait_until(lambda: not any(runs(pid) for pid in pids), 30, "the program to end with its terminal")

    def tmux(self, *args, env=None, text=None):
        return subprocess.run(["tmux", "-S", self.socket, *args], check=True, capture_output=True, text=True, env=env,
                              input=text).stdout

    def type(self, text):
        self.tmux("send-keys", "-l", "--", text)  # a random token may begin with "-"

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def paste(self, text):
        """Pastes as a terminal does: in brackets when the program has switched them on."""
        self.tmux("load-buffer", "-", text=text)
        self.tmux("paste-buffer", "-p", "-r")

    def mouse(self, button, column, row):
        """Sends a click (0: left) or a turn of the wheel (64, 65) as a terminal reports it to tmux's program. Counts
        from 0."""
        self.mouse_at_once((button, column, row))

    def mouse_at_once(self, *clicks):
        """Sends several clicks as one piece: tuples of button, column and row."""
        reports = b"".join(b"\x1b[M" + bytes((32 + what, 33 + column, 33 + row)) for button, column, row in clicks
                           for what in ((button, 3) if button < 64 else (button,)))
        self.tmux("send-keys", "-H", *(f"{byte:02x}" for byte in reports))

    def mouse_press(self, button, column, row):
        """Sends a press (3: the release) of a button alone."""
        self.tmux("send-keys", "-H", *(f"{byte:02x}" for byte in b"\x1b[M" + bytes((32 + button, 33 + column, 33 + row))))

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def coloured_screen(self):
        """Returns the screen with the escape sequences of its colours, and blanks that have a colour."""
        return self.tmux("capture-pane", "-p", "-e", "-N")

    def running(self):
        return subprocess.run(["tmux", "-S", self.socket, "has-session"], check=False, capture_output=True).returncode == 0

    def wait_for(self, text, timeout=30):
        """Waits until the screen shows `text`. The failure message contains the screen."""
        try:
            wait_until(lambda: text in self.screen(), timeout, text)
        except Exception as e:
            raise AssertionError(f"the screen never showed {text!r}:\n{self.screen() if self.running() else '(it ended)'}") from e

    def cursor_row(self):
        """Returns the row of the screen that has the cursor."""
        row = int(self.tmux("display-message", "-p", "#{cursor_y}"))
        return self.screen().split("\n")[row]

    def wait_for_field(self, label, timeout=30):
        """Waits until the cursor is in the field of a form with this label."""
        wait_until(lambda: self.cursor_row().strip().startswith(label), timeout, f"the cursor in {label}")

    def wait_until(self, what, timeout=30):
        """Waits until `what(screen)` is true."""
        wait_until(lambda: what(self.screen()), timeout, "the screen")

    def wait_until_coloured(self, code, timeout=30):
        """Waits for a colour: `code` as in the escape sequence that sets it."""
        wait_until(lambda: code in self.coloured_screen(), timeout, code)

    def wait_until_ended(self, timeout=30):
        wait_until(lambda: not self.running(), timeout, "the program to end")
