"""Selecting text with the terminal's own mouse, at 80x24 and 44x12: the bare conversation, the hidden list; and the row
below that says where a long conversation is scrolled to."""
import re
import unittest

from client import ScreenTest

SIZES = ((80, 24), (44, 12))
TEXT = "a sentence that takes more than one row of any screen in this test, so that it is broken in the middle"


class Bare(ScreenTest):
    PEOPLE = ("alice", "bob")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fastchat("bob", "send", "alice", "--lines", text="".join(f"line {n}\n" for n in range(1, 101)) + TEXT + "\n")
        cls.fastchat("alice", "listen", "--count", "101", "--timeout", "120")

    def takes_mouse(self, screen):
        return screen.tmux("display-message", "-p", "#{mouse_any_flag}").strip() == "1"

    def open(self, screen):
        screen.wait_for("connected, worker")
        screen.type("/msg bob")
        screen.press("Enter")
        screen.wait_until(lambda s: s.startswith(" bob  ") and "middle" in s)

    def test_the_bare_conversation(self):
        for columns, rows in SIZES:
            with self.subTest(columns), self.client("alice", columns=columns, rows=rows) as screen:
                self.open(screen)
                screen.wait_until(lambda s: self.takes_mouse(screen))
                screen.press("M-l")
                screen.wait_until(lambda s: not s.startswith(" bob"))
                # Each row before the status line is text from the first column on.
                lines = screen.screen().split("\n")[:rows - 1]
                words = " ".join(line.rstrip() for line in lines)
                self.assertRegex(words, r"\d\d:\d\d bob: line 100 \d\d:\d\d bob: " + re.escape(TEXT))
                self.assertNotRegex(words, "[│─>]")
                self.assertFalse(any(line.startswith(" ") for line in lines), lines)
                screen.wait_until(lambda s: not self.takes_mouse(screen))
                screen.press("PageUp")
                screen.wait_for("below (End)")
                screen.press("End")
                screen.wait_until(lambda s: "below (End)" not in s)
                screen.press("Escape")
                screen.wait_until(lambda s: s.startswith(" bob  ") and self.takes_mouse(screen))
                screen.press("M-l")
                screen.wait_until(lambda s: not s.startswith(" bob"))
                screen.type("still here")
                screen.wait_until(lambda s: s.startswith(" bob  ") and "> still here" in s)
                screen.press("C-u")

    def test_the_list_is_hidden_and_stays_hidden(self):
        with self.client("alice") as screen:
            self.open(screen)
            screen.wait_for("1 bob")
            screen.press("M-s")
            screen.wait_until(lambda s: "1 bob" not in s and "│" not in s)
            screen.press("C-c")
            screen.wait_until_ended()
        with self.client("alice") as screen:
            screen.wait_for("connected, worker")
            screen.wait_for("1 bob")
            self.open(screen)
            screen.wait_until(lambda s: "1 bob" not in s)
            screen.resize(44, 12)
            screen.wait_until(lambda s: s.startswith(" bob  "))
            screen.type("/list")
            screen.press("Enter")
            screen.wait_for("from 60 columns on")
            screen.resize(80, 24)
            screen.wait_until(lambda s: any(len(row) > 60 for row in s.split("\n")[1:]))
            screen.type("/list")
            screen.press("Enter")
            screen.wait_for("1 bob")

    def test_where_a_long_conversation_is_scrolled_to(self):
        for columns, rows in SIZES:
            with self.subTest(columns), self.client("alice", columns=columns, rows=rows) as screen:
                self.open(screen)
                shares = []
                for _ in range(3):
                    screen.press("PageUp")
                    before = shares[-1] if shares else 100
                    screen.wait_until(lambda s, b=before: any(int(n) < b for n in re.findall(r"\(End\)  (\d+)%", s)))
                    shares.append(int(re.search(r"\(End\)  (\d+)%", screen.screen()).group(1)))
                screen.press("Home")
                screen.wait_until(lambda s: "bob: line 1\n" in s.replace(" \n", "\n") or "bob: line 1 " in s)
                share = int(re.search(r"\(End\)  (\d+)%", screen.screen()).group(1))
                self.assertLess(share, shares[-1])
                screen.press("End")
                screen.wait_until(lambda s: "below (End)" not in s)


if __name__ == "__main__":
    unittest.main()
