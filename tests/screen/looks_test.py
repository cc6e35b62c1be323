"""The screen in other terminals: themes, NO_COLOR, the mouse, and any size at any moment."""
import fcntl
import os
import re
import struct
import subprocess
import termios
import unittest

from client import ScreenTest
from fastchat_cluster import wait_until
from tmux import Terminal

COLOUR = re.compile(r"\x1b\[[0-9;]*(3[0-7]|4[0-7]|9[0-7]|10[0-7]|38;5;\d+|48;5;\d+)[;m]")


class Looks(ScreenTest):
    PEOPLE = ("alice", "bob", "carol")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fastchat("carol", "send", "alice", "from carol")
        cls.fastchat("bob", "send", "alice", "--lines", text="".join(f"line {n}\n" for n in range(1, 61)))
        cls.fastchat("alice", "listen", "--count", "61", "--timeout", "60")

    def colours(self, env):
        with self.client("alice", env=env) as screen:
            screen.wait_for("connected, worker")
            screen.press("M-1")
            screen.wait_for("line 60")
            return screen.coloured_screen()

    def test_themes(self):
        self.assertRegex(self.colours({}), r"38;5;\d+", "256 colours where the terminal has them")
        self.assertIsNone(COLOUR.search(self.colours({"NO_COLOR": "1"})))
        self.assertIsNone(COLOUR.search(self.colours({"FASTCHAT_THEME": "none"})))
        sixteen = self.colours({"FASTCHAT_THEME": "16"})
        self.assertIsNotNone(COLOUR.search(sixteen))
        for number in re.findall(r"[34]8;5;(\d+)", sixteen):
            self.assertLess(int(number), 16)
        self.assertNotEqual(self.colours({"FASTCHAT_THEME": "light"}), self.colours({"FASTCHAT_THEME": "dark"}))

    def test_the_background_of_the_terminal_decides(self):
        program = [self.cluster.program("fastchat"), "--data-dir", self.data_dir("alice")]
        for colour, good, says in (("#fdf6e3", 22, "15;0"), ("#002b36", 71, "0;15")):
            command = ["sh", "-c", 'tmux set -g window-style "bg=$0"; exec "$@"', colour, *program]
            with self.subTest(colour), Terminal(command, env={"XDG_CONFIG_HOME": self.folder, "COLORFGBG": says}) as screen:
                screen.wait_for("connected, worker")
                screen.wait_until(lambda _: f"38;5;{good}m" in screen.coloured_screen())
                screen.type("no answer among the keys")
                screen.wait_for("no answer among the keys")
                self.assertNotIn("rgb:", screen.screen())

    def test_a_theme_of_the_user(self):
        config = os.path.join(self.folder, "themes.toml")
        check = [self.cluster.program("fastchat"), "--config", config, "--check-config"]

        def write(text):
            with open(config, "w", encoding="utf-8") as file:
                file.write(text)
            return subprocess.run(check, check=False, capture_output=True, text=True, timeout=30)

        good = write('theme = "dusk"\n[themes.dusk]\nbar = "231 on 54"\n')
        self.assertEqual((good.returncode, good.stdout, good.stderr), (0, "", ""))
        for columns, rows in ((80, 24), (44, 12)):
            with self.client("alice", "--config", config, columns=columns, rows=rows) as screen:
                screen.wait_for("connected")
                screen.wait_until_coloured("48;5;54m")
                self.assertNotIn("hard to read", screen.screen())
        faint = write('theme = "dusk"\n[themes.dusk]\ndim = 17\n')
        self.assertEqual(faint.returncode, 0)
        self.assertEqual(faint.stderr, f"fastchat: warning: {config}:3: 'dim' of 'themes.dusk': the contrast is 1.1:1, "
                                       "and texts need 4.5:1\n")
        for columns, rows in ((80, 24), (44, 12)):
            with self.client("alice", "--config", config, columns=columns, rows=rows) as screen:
                screen.wait_for("Theme dusk")
        wrong = write('theme = "dask"\n[themes.dusk]\n')
        self.assertEqual(wrong.returncode, 1)
        self.assertEqual(wrong.stderr, f"fastchat: {config}:1: 'theme' must be one of auto,dark,light,16,none,dusk, "
                                       "not 'dask'\n")

    def test_the_terminal_is_given_back(self):
        command = [self.cluster.program("fastchat"), "--data-dir", self.data_dir("alice")]
        with Terminal(["sh", "-c", 'echo before it; "$0" "$@"; echo after it; exec cat', *command],
                      env={"XDG_CONFIG_HOME": self.folder}) as screen:
            screen.wait_for("connected, worker")
            screen.press("C-c")
            screen.wait_for("after it")
            self.assertEqual(screen.screen().split(), ["before", "it", "after", "it"])
            self.assertEqual(screen.tmux("display-message", "-p", "#{alternate_on} #{mouse_any_flag}").strip(), "0 0")

    def test_the_mouse_chooses_and_scrolls(self):
        with self.client("alice") as screen:
            screen.wait_for("connected, worker")
            screen.wait_for("2 carol")
            row = next(y for y, line in enumerate(screen.screen().split("\n")) if "2 carol" in line)
            screen.mouse(0, 5, row)
            screen.wait_for("carol: from carol")
            screen.mouse(0, 5, row - 2)
            screen.wait_for("bob: line 60")
            for _ in range(4):
                screen.mouse(64, 50, 10)
            screen.wait_until(lambda s: "bob: line 60" not in s and "bob: line 45" in s)
            for _ in range(8):
                screen.mouse(65, 50, 10)
            screen.wait_for("bob: line 60")
        with self.client("alice", env={"FASTCHAT_MOUSE": "false"}) as screen:
            screen.wait_for("2 carol")
            self.assertEqual(screen.tmux("display-message", "-p", "#{mouse_any_flag}").strip(), "0")

    def test_clicks_at_once_are_taken_in_order(self):
        with self.client("alice") as screen:
            screen.wait_for("connected, worker")
            rows = {name: next(y for y, line in enumerate(screen.screen().split("\n")) if name in line)
                    for name in (" bob", " carol")}
            for first, last, shows in ((" bob", " carol", "carol: from carol"), (" carol", " bob", "bob: line 60")):
                screen.mouse_at_once((0, 5, rows[first]), (0, 5, rows[last]))
                screen.wait_for(shows)

    def test_any_size_at_any_moment(self):
        sizes = [(44, 12), (300, 100), (60, 12), (59, 40), (100, 13), (44, 100), (300, 12), (81, 25)]
        with self.client("alice") as screen:
            screen.wait_for("connected, worker")
            # Checks each page, while a conversation is open or a text is written.
            for begin, end, shows in (((), (), "1 bob"), (("M-1",), (), "line 60"), (("M-k",), ("Escape",), "Go to:"),
                                      (("F1",), ("Escape",), "Help"), (("C-r",), ("Escape",), "Words:"),
                                      (("Escape",), ("Escape",), "Direct message")):
                screen.press(*begin) if begin else None
                screen.wait_for(shows)
                for columns, rows in sizes:
                    screen.resize(columns, rows)
                screen.resize(80, 24)
                screen.wait_for(shows)
                screen.wait_until(lambda s: len(s.rstrip("\n").split("\n")) == 24 and "connected" in s.rstrip().split("\n")[-1])
                if end:
                    screen.press(*end)
                    # The page is gone before the next key, because a key right after an escape counts as typed with
                    # Alt.
                    screen.wait_until(lambda s: "Esc menu" in s and shows not in s)
            screen.type("half a thought")
            for columns, rows in sizes:
                screen.resize(columns, rows)
                screen.wait_until(lambda s: "half a thought" in s and "connected" in s)
            screen.press("C-c")
            screen.wait_until_ended()

    def test_a_terminal_that_is_too_small_or_unknown_ends_nothing(self):
        with self.client("alice", columns=20, rows=5) as screen:
            screen.resize(3, 2)
            screen.resize(80, 24)
            screen.wait_for("connected, worker")


class Clicks(ScreenTest):
    PEOPLE = ("alice", "bob")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fastchat("bob", "send", "alice", "before")
        cls.fastchat("alice", "listen", "--count", "1", "--timeout", "60")

    def unread_input(self, screen):
        """Returns the number of bytes that wait in the terminal of the client."""
        tty = os.open(screen.tmux("display-message", "-p", "#{pane_tty}").strip(), os.O_RDONLY | os.O_NOCTTY)
        try:
            return struct.unpack("i", fcntl.ioctl(tty, termios.FIONREAD, b"    "))[0]
        finally:
            os.close(tty)

    def test_a_click_stops_nothing(self):
        with self.client("alice") as screen:
            screen.wait_for("connected, worker")
            row = next(y for y, line in enumerate(screen.screen().split("\n")) if "1 bob" in line)
            for button in (0, 1, 2):  # left, middle, right
                screen.mouse_press(button, 5, row)
                if button == 0:
                    screen.wait_until(lambda s: s.startswith(" bob"))
                screen.mouse_press(3, 5, row)
                # The release is read before the message, and no key follows.
                wait_until(lambda: not self.unread_input(screen), 30, "the client to read the release")
                text = f"after button {button}"
                self.fastchat("bob", "send", "alice", text)
                screen.wait_for("bob: " + text)

    def test_a_click_on_its_way_to_the_bare_mode_stops_nothing(self):
        with self.client("alice") as screen:
            screen.wait_for("connected, worker")
            screen.press("M-1")
            screen.wait_until(lambda s: s.startswith(" bob"))
            screen.press("M-l")
            screen.wait_until(lambda s: not s.startswith(" bob"))
            screen.mouse_press(0, 5, 1)
            wait_until(lambda: not self.unread_input(screen), 30, "the client to read the press")
            self.fastchat("bob", "send", "alice", "in the bare mode")
            screen.wait_for("in the bare mode")


if __name__ == "__main__":
    unittest.main()
