"""The order of the conversations in a real terminal: pinned, closed and archived ones, also after the next start and a
group's new name; times in the list; a mistyped name leaves nothing."""
import os
import re
import unittest

from client import ScreenTest


class Order(ScreenTest):
    PEOPLE = ("alice", "bob", "carol", "dave")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("bob", "carol", "dave"):
            cls.fastchat(name, "send", "alice", f"hello from {name}")
            cls.fastchat("alice", "listen", "--count", "1", "--timeout", "120")

    def enter(self, screen, text):
        screen.type(text)
        screen.press("Enter")

    def test_pinned_closed_and_archived(self):
        with self.client("alice", columns=80, rows=24) as screen:
            screen.wait_until(lambda s: re.search(r"1 dave \+ +\d\d:\d\d│", s) and "2 carol" in s and "3 bob" in s)
            self.enter(screen, "/msg bob")
            screen.wait_for("bob: hello from bob")
            self.enter(screen, "/pin")
            screen.wait_for("bob is pinned at place 1")
            self.enter(screen, "/group create crew bob")
            screen.wait_for("#crew is created")
            screen.wait_until(lambda s: "1·bob" in s and "2 #crew" in s)
            self.enter(screen, "/msg #crew")
            screen.wait_for("you created the group")
            self.enter(screen, "/move 1")
            screen.wait_until(lambda s: "1·#crew" in s and "2·bob" in s)
            self.enter(screen, "/group rename team")
            screen.wait_for("1·#team")
            self.enter(screen, "/msg carol")
            screen.wait_for("carol: hello from carol")
            self.enter(screen, "/archive")
            screen.wait_until(lambda s: "carol is archived" in s and "3 carol" not in s and "3 dave" in s)
            self.enter(screen, "/msg daev")
            screen.wait_for("3 daev")
            screen.press("M-4")
            screen.wait_until(lambda s: "dave: hello from dave" in s and "daev" not in s)
            self.enter(screen, "/close")
            screen.wait_until(lambda s: "3 dave" not in s)
        self.fastchat("carol", "send", "alice", "are you there?")
        self.fastchat("dave", "send", "alice", "and again")
        with self.client("alice", columns=44, rows=12) as screen:
            screen.wait_until(lambda s: "1·#team" in s and "2·bob" in s and "3 dave" in s and "carol" not in
                              s.rpartition("\n")[0])
            screen.press("M-k")
            screen.wait_for("carol (archived)")
            screen.type("caro")
            screen.press("Enter")
            screen.wait_until(lambda s: s.startswith(" carol (archived)") and "are you there?" in s)
            self.enter(screen, "/reopen")
            screen.wait_until(lambda s: s.startswith(" carol  "))

    def test_by_name(self):
        config = os.path.join(self.folder, "order.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write('order = "name"\n')
        with self.client("bob", "--config", config) as screen:
            screen.wait_for("connected, worker")
            for name in ("dave", "carol"):
                self.enter(screen, f"/msg {name} hello")
                screen.wait_for("me: hello")
            screen.wait_until(lambda s: s.index(" carol") < s.index(" dave"))


if __name__ == "__main__":
    unittest.main()
