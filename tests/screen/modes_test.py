"""The terminal's own modes, read byte by byte at a pseudo-terminal: the screen switches each mode off while it is
stopped and when it ends; colours on a terminal with red, green and blue values; terminals that cannot show a screen."""
import os
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.path.join(os.environ["FASTCHAT_BUILD"], "bin", "fastchat")

# Bracketed paste, focus reports, mouse, alternate screen: set and reset.
MODES = {mode: (b"\x1b[?%bh" % mode, b"\x1b[?%bl" % mode) for mode in (b"2004", b"1004", b"1006;1000", b"1049")}

# The entry of ncurses-term: eight colours of the palette, all others as red, green and blue.
DIRECT = r"""fc-direct|xterm with direct colours,
	RGB, colors#0x1000000, pairs#0x7FFF,
	setab=\E[%?%p1%{8}%<%t4%p1%d%e48;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m,
	setaf=\E[%?%p1%{8}%<%t3%p1%d%e38;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m,
	setb@, setf@, initc@, ccc@, use=xterm-256color,
"""


class Screen:
    """A client without a profile on a pseudo-terminal."""

    def __init__(self, folder, **environment):
        self.bytes = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            env = {**os.environ, "TERM": "xterm-256color", "XDG_CONFIG_HOME": folder, "LC_ALL": "C.UTF-8", **environment}
            for name in ("NO_COLOR", "COLORFGBG", "COLORTERM", "TMUX", "STY"):
                if name not in environment:
                    env.pop(name, None)
            os.execve(PROGRAM, [PROGRAM, "--data-dir", os.path.join(folder, "profile")], env)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pid:
            for number in (signal.SIGCONT, signal.SIGKILL):
                os.kill(self.pid, number)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def more(self):
        """Takes the program's new output; returns False at its end."""
        if not select.select([self.fd], [], [], 0.2)[0]:
            return True
        try:
            read = os.read(self.fd, 65536)
        except OSError:
            return False
        self.bytes += read
        return bool(read)

    def wait_for(self, *wanted):
        end = time.monotonic() + 30
        while not all(w in self.bytes for w in wanted):
            if time.monotonic() > end or not self.more():
                raise AssertionError(f"{[w for w in wanted if w not in self.bytes]} not in {self.bytes!r}")

    def wait_until_stopped(self):
        end = time.monotonic() + 30
        while True:
            pid, status = os.waitpid(self.pid, os.WUNTRACED | os.WNOHANG)
            if pid:
                return os.WIFSTOPPED(status)
            if time.monotonic() > end:
                with open(f"/proc/{self.pid}/status", encoding="utf-8") as file:
                    raise AssertionError(f"not stopped; written since: {self.bytes!r}\n{file.read()}")
            self.more()

    def end(self):
        """Takes all output; returns the exit status."""
        while self.more():
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                while select.select([self.fd], [], [], 0)[0] and self.more():
                    pass
                return os.waitstatus_to_exitcode(status)
        status = os.waitpid(self.pid, 0)[1]
        self.pid = 0
        return os.waitstatus_to_exitcode(status)


class Modes(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="fc-modes-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def assertLeft(self, screen, on):
        for mode, (switch_on, switch_off) in MODES.items():
            self.assertEqual(on, screen.bytes.rfind(switch_on) > screen.bytes.rfind(switch_off), (mode, screen.bytes))

    def test_a_stopped_screen_gives_the_terminal_back_and_takes_it_again(self):
        with Screen(self.folder) as screen:
            screen.wait_for(b"Sign up", *(on for on, _ in MODES.values()))
            self.assertLeft(screen, True)
            for _ in range(2):
                screen.bytes = b""
                os.kill(screen.pid, signal.SIGTSTP)
                self.assertTrue(screen.wait_until_stopped())
                screen.wait_for(*(off for _, off in MODES.values()))
                self.assertLeft(screen, False)
                screen.bytes = b""
                os.kill(screen.pid, signal.SIGCONT)
                screen.wait_for(b"Sign up", *(on for on, _ in MODES.values()))
                self.assertLeft(screen, True)
            # No program sees SIGSTOP, so after it the screen is only drawn again.
            os.kill(screen.pid, signal.SIGSTOP)
            self.assertTrue(screen.wait_until_stopped())
            screen.bytes = b""
            os.kill(screen.pid, signal.SIGCONT)
            screen.wait_for(b"Sign up", MODES[b"2004"][0], MODES[b"1004"][0])
            screen.bytes = b""
            os.kill(screen.pid, signal.SIGTERM)
            self.assertEqual(0, screen.end())
            for mode, (_, off) in MODES.items():
                self.assertIn(off, screen.bytes, mode)

    def test_a_stop_is_kept_while_the_screen_draws(self):
        with Screen(self.folder) as screen:
            screen.wait_for(b"Sign up", *(on for on, _ in MODES.values()))
            for i in range(300):
                os.write(screen.fd, b"\x0c")  # draws everything again
                moment = time.monotonic() + i * 5e-6
                while time.monotonic() < moment:
                    pass
                os.kill(screen.pid, signal.SIGTSTP)
                self.assertTrue(screen.wait_until_stopped(), i)
                screen.wait_for(MODES[b"2004"][1])
                screen.bytes = b""
                os.kill(screen.pid, signal.SIGCONT)
                screen.wait_for(b"Sign up", MODES[b"2004"][0])

    def test_a_paste_has_one_break_for_each_line_of_any_system(self):
        with Screen(self.folder) as screen:
            screen.wait_for(b"Sign up", MODES[b"2004"][0])
            os.write(screen.fd, b"s")
            screen.wait_for(b"Invite line")
            os.write(screen.fd, b"\x1b[200~one\r\ntwo\rthree\nfour\x1b[201~")
            screen.wait_for(b"one two three four")  # a field shows a blank in place of a line break

    def test_a_terminal_of_rgb_gets_the_colours_of_the_palette(self):
        source = os.path.join(self.folder, "direct.ti")
        with open(source, "w", encoding="utf-8") as file:
            file.write(DIRECT)
        subprocess.run(["tic", "-x", "-o", os.path.join(self.folder, "terminfo"), source], check=True, capture_output=True)
        search = os.path.join(self.folder, "terminfo") + ":/etc/terminfo:/lib/terminfo:/usr/share/terminfo"
        with Screen(self.folder, TERM="fc-direct", TERMINFO_DIRS=search) as screen:
            screen.wait_for(b"Sign up", b"48;2;58;58;58m")  # 237 of the palette behind the title
            self.assertNotIn(b"48;2;0;0;237", screen.bytes)
        with Screen(self.folder) as screen:
            screen.wait_for(b"Sign up", b"48;5;237m")

    def test_a_terminal_that_cannot_show_it_is_one_clear_line(self):
        for kind, word in (("dumb", b"dumb"), ("nonsense", b"TERM"), ("", b"TERM")):
            with Screen(self.folder, TERM=kind) as screen:
                self.assertEqual(1, screen.end(), kind)
                lines = screen.bytes.splitlines()
                self.assertEqual(1, len(lines), screen.bytes)
                self.assertTrue(lines[0].startswith(b"fastchat: "))
                self.assertIn(word, lines[0])
                self.assertNotIn(b"\x1b", screen.bytes)


if __name__ == "__main__":
    unittest.main()
