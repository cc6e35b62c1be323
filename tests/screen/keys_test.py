"""Keys in a real terminal: lines and their history, completion of every kind, going from conversation to conversation,
scrolling through a long history and jumping to a search hit, do not disturb, changed key bindings."""
import os
import unittest

from client import ScreenTest


class Keys(ScreenTest):
    PEOPLE = ("alice", "bob", "carol", "dave")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("dave", "carol"):
            cls.fastchat(name, "send", "alice", f"hello from {name}")
        lines = "".join(f"line {n} of many\n" for n in range(1, 451))
        cls.fastchat("bob", "send", "alice", "--lines", text=lines.replace("line 2 ", "the needle in line 2 "))
        cls.fastchat("alice", "listen", "--count", "452", "--timeout", "120")

    def enter(self, screen, text):
        screen.type(text)
        screen.press("Enter")

    def test_lines_history_and_completion(self):
        with open(os.path.join(self.folder, "notes-of-today.txt"), "w", encoding="utf-8") as file:
            file.write("x\n")
        with self.client("carol") as screen:
            screen.wait_for("connected, worker")
            self.enter(screen, "/msg bob")
            screen.wait_for("No messages yet")
            screen.type("one")
            screen.press("M-Enter")
            screen.type("two")
            screen.press("C-j")
            screen.type("three")
            screen.wait_until(lambda s: "> one\n" in s.replace(" \n", "\n") or "> one" in s and "  three" in s)
            screen.press("Enter")
            screen.wait_for("me: one")
            self.enter(screen, "second message")
            screen.wait_for("me: second message")
            screen.press("M-p")
            screen.wait_for("> second message")
            screen.press("Up")
            screen.wait_for("> one")
            screen.press("Down", "Down", "Down", "Down", "Down")
            screen.wait_until(lambda s: "> second" not in s and "> one" not in s)
            # Readline's keys.
            screen.type("alpha beta")
            screen.press("C-w", "C-a")
            screen.type("x ")
            screen.press("C-e")
            screen.type("end")
            screen.wait_for("> x alpha end")
            screen.press("C-u")
            # Completion of a command, a name, a group, a path, an emoji; Tab again for the next candidate.
            for typed, shown in (("/verif", "> /verify"), ("/msg ali", "> /msg alice"),
                                 (f"/send {self.folder}/notes-of", "notes-of-today.txt"), (":thumbsu", "> 👍")):
                screen.type(typed)
                screen.press("Tab")
                screen.wait_for(shown)
                screen.press("C-u")
                screen.wait_until(lambda s, shown=shown: shown not in s)
            self.enter(screen, "/group create crew bob")
            screen.wait_for("#crew is created")
            screen.type("/msg #c")
            screen.press("Tab")
            screen.wait_for("> /msg #crew")
            screen.press("Enter")
            screen.wait_for("-- you created the group")
            self.enter(screen, "//not a command")
            screen.wait_for("me: /not a command")

    def test_from_conversation_to_conversation(self):
        # Newest first: bob, carol, dave (or dave, carol, in the order of their messages).
        with self.client("alice") as screen:
            screen.wait_for("connected, worker")
            screen.wait_for("1 bob")
            for key, peer in (("M-1", "bob"), ("M-2", "carol"), ("C-n", "dave"), ("C-p", "carol"), ("C-p", "bob"),
                              ("C-n", "carol"), ("M-3", "dave")):
                screen.press(key)
                screen.wait_until(lambda s, peer=peer: s.startswith(f" {peer} "))
            screen.press("C-k")
            screen.wait_for("Go to:")
            screen.type("crl")
            screen.wait_for("> carol")
            screen.press("Enter")
            screen.wait_for("hello from carol")
            screen.press("M-k")
            screen.type("bo")
            screen.wait_for("> bob")
            screen.press("Enter")
            self.scroll(screen)
            self.enter(screen, "/dnd")
            screen.wait_for("do not disturb")
            self.enter(screen, "/quarantine")
            screen.wait_for("Quarantine")
            screen.press("Escape")
            screen.wait_for("Esc menu")
            self.enter(screen, "/dnd")
            screen.wait_until(lambda s: "do not disturb" not in s)

    def scroll(self, screen):
        # Names stand before the lines in the pane, and not in the list.
        screen.wait_for("bob: line 450 of many")
        screen.press("PageUp")
        screen.wait_until(lambda s: "bob: line 450 of many" not in s and "bob: line 425 of many" in s)
        screen.press(*["PageUp"] * 15)
        screen.wait_for("bob: line 150 of many")
        screen.press("PageDown")
        screen.wait_for("bob: line 165 of many")
        screen.press("Home")
        screen.wait_for("bob: line 1 of many")
        screen.press("PageDown")
        screen.wait_for("bob: line 30 of many")
        screen.press("End")
        screen.wait_for("bob: line 450 of many")
        screen.press("M-<")
        screen.wait_for("bob: line 1 of many")
        screen.press("M->")
        screen.wait_for("bob: line 450 of many")
        # The cursor goes to a search hit, far from the messages in memory, and back.
        screen.press("C-r")
        screen.wait_for("Words:")
        self.enter(screen, "NEEDLE")
        screen.wait_for("1 found")
        screen.press("Enter")
        screen.wait_for("the needle in line 2 of many")
        screen.wait_for("bob: line 5 of many")
        self.enter(screen, "from here to the end")
        screen.wait_for("me: from here to the end")

    def test_keys_bound_otherwise_and_a_mistake_in_the_settings(self):
        config = os.path.join(self.folder, "keys.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write('keys = ["help = F5", "search = none", "switcher = Alt+S"]\n')
        with self.client("dave", "--config", config) as screen:
            screen.wait_for("connected, worker")
            screen.press("F5")
            screen.wait_for("Help")
            screen.wait_for("F5")
            screen.press("Escape")
            screen.wait_for("Esc menu")
            screen.press("C-r")
            screen.press("M-s")
            screen.wait_for("Go to:")
            self.assertNotIn("Words:", screen.screen())
        with open(config, "w", encoding="utf-8") as file:
            file.write('theme = "pink"\n')
        with self.client("dave", "--config", config) as screen:
            screen.wait_until_ended()
        with self.assertRaises(Exception) as failure:
            self.fastchat("dave", "--config", config, "--check-config")
        self.assertIn("theme", failure.exception.stderr)


if __name__ == "__main__":
    unittest.main()
