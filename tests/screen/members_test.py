"""Around a conversation in a real terminal: the members of a group, the candidates of Tab, the row that counts the
messages below."""
import unittest

from client import ScreenTest


class Beside(ScreenTest):
    PEOPLE = ("alice", "bob", "carol")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fastchat("alice", "group", "create", "team", "bob", "carol")
        cls.fastchat("bob", "send", "alice", "--lines", text="".join(f"line {n} of many\n" for n in range(1, 61)))
        cls.fastchat("alice", "listen", "--count", "60", "--timeout", "120")

    def open(self, screen, peer):
        screen.wait_for("connected, worker")
        screen.type(f"/msg {peer}")
        screen.press("Enter")
        screen.wait_until(lambda s: s.startswith(f" {peer} "))

    def test_members(self):
        with self.client("alice", columns=80, rows=24) as screen:
            self.open(screen, "#team")
            screen.press("M-n")
            screen.wait_until(lambda s: "│ 3 members" in s and "│ alice admin" in s and "│ carol" in s)
            screen.press("M-n")
            screen.wait_until(lambda s: "3 members" not in s)
            screen.resize(44, 12)
            screen.wait_until(lambda s: "│" not in s)
            screen.press("M-n")
            screen.wait_for("You are the admin.")

    def test_candidates_and_what_is_below(self):
        for columns, rows in ((80, 24), (44, 12)):
            with self.subTest(columns=columns), self.client("alice", columns=columns, rows=rows) as screen:
                self.open(screen, "bob")
                screen.wait_for("line 60 of many")
                screen.type("/de")
                screen.press("Tab")
                screen.wait_until(lambda s: s.count("> /decline") == 2 and "  /devices" in s and "  /delete-account" in s)
                screen.press("Tab", "BTab", "Tab")
                screen.wait_until(lambda s: s.count("> /devices") == 2 and "  /decline" in s)
                screen.press("C-u")
                screen.wait_until(lambda s: "/de" not in s)
                screen.press("PageUp")
                screen.wait_until(lambda s: "more below (End)" in s and "bob: line 60 of many" not in s)
                self.fastchat("bob", "send", "alice", "something new")
                screen.wait_for("1 new below (End)")
                screen.press("End")
                screen.wait_until(lambda s: "bob: something new" in s and "below (End)" not in s)


if __name__ == "__main__":
    unittest.main()
