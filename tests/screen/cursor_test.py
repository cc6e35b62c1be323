"""Acting on a message: picking, answering, changing, reacting, forwarding and copying, on real screens."""
import os
import unittest

import client
from fastchat_cluster import wait_until


class Cursor(client.ScreenTest):
    PEOPLE = ("alice", "bob", "carol")

    def enter(self, terminal, text):
        terminal.type(text)
        terminal.press("Enter")

    def test_a_message_is_picked_and_acted_on(self):
        for columns, rows in ((80, 24), (44, 12)):
            with self.subTest(columns=columns), self.client("alice", columns=columns, rows=rows) as alice, \
                    self.client("bob", columns=columns, rows=rows) as bob:
                word = f"lunch{columns}"
                alice.wait_for("connected")
                bob.wait_for("connected")
                self.enter(alice, "/msg bob")
                self.enter(bob, "/msg alice")
                self.enter(alice, f"{word}?")
                bob.wait_for(f"alice: {word}?")
                self.enter(alice, f"later {columns}")
                bob.wait_for(f"alice: later {columns}")
                bob.press("Up", "Up")
                bob.wait_for(f"\u25b8alice: {word}?")
                bob.wait_for("r reply")
                # A message that arrives meanwhile moves nothing.
                self.enter(alice, f"hello {columns}?")
                bob.wait_until(lambda s, c=columns: f"alice: hello {c}?" in s or "1 new below" in s)
                bob.type("r")
                bob.wait_for(f"reply to alice: {word}?")
                bob.type(f"yes {columns}")
                bob.press("Enter")
                alice.wait_for(f"bob: yes {columns}")
                alice.wait_for(f"\u2502 me: {word}?")
                # A reaction is found by its name.
                bob.press("Up", "Up", "Up")
                bob.wait_for(f"\u25b8alice: later {columns}")
                bob.type("+")
                bob.wait_for(f"React to alice: later {columns}")
                bob.type("rocket")
                bob.wait_for("> \U0001f680")
                bob.press("Enter")
                alice.wait_for(f"later {columns}  [\U0001f680]")
                # The user changes a message of his own; the line comes back afterwards.
                bob.type("half a thought")
                bob.press("M-Up")
                bob.wait_for(f"\u25b8me: yes {columns}")
                bob.type("e")
                bob.wait_for(f"/edit yes {columns}")
                bob.type(" sir")
                bob.press("Enter")
                alice.wait_for(f"yes {columns} sir  (edited)")
                bob.wait_for("> half a thought")
                # Deleting asks first, and names the message.
                bob.press("M-Up")
                bob.wait_for(f"\u25b8me: yes {columns} sir")
                bob.type("d")
                bob.wait_for(f"Delete for everybody: me: yes {columns}")
                bob.press("Enter")
                bob.wait_for("Nothing was deleted: only Y says yes.")
                bob.wait_for("> half a thought")
                bob.press("M-Up")
                bob.wait_for("i info")
                bob.type("d")
                bob.wait_for(f"Delete for everybody: me: yes {columns}")
                bob.type("y")
                alice.wait_for("(deleted)")
                bob.wait_for("> half a thought")
                bob.press("C-u")

    def test_escape_ends_picking_and_opens_no_menu(self):
        with self.client("alice") as alice:
            alice.wait_for("connected")
            self.enter(alice, "/msg carol")
            self.enter(alice, "a note")
            alice.wait_for("me: a note")
            alice.press("Up")
            alice.wait_for("\u25b8me: a note")
            alice.press("Escape")
            alice.wait_until(lambda screen: "\u25b8" not in screen)
            alice.type("still here")
            alice.wait_for("> still here")
            alice.press("C-u")
            alice.type("/reply x")
            alice.wait_for("There is no message from somebody else here.")
            alice.press("Escape")
            alice.wait_for("> x")

    def test_copying_reaches_the_clipboard_and_links_open(self):
        opened = os.path.join(self.folder, "opened")
        opener = os.path.join(self.folder, "opener")
        with open(opener, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nprintf "%s\\n" "$1" >> "{opened}"\n')
        os.chmod(opener, 0o755)
        with self.client("alice", env={"FASTCHAT_OPEN_LINKS": opener}) as alice:
            alice.wait_for("connected")
            alice.tmux("set", "-g", "set-clipboard", "on")
            self.enter(alice, "/msg carol")
            self.enter(alice, "see https://soup.example/menu?day=1&x=%20.")
            alice.wait_for("me: see")
            alice.press("Up")
            alice.wait_for("\u25b8me: see")
            alice.type("c")
            alice.wait_for("Copied the text.")
            wait_until(lambda: alice.tmux("show-buffer") == "see https://soup.example/menu?day=1&x=%20.", 30, "the clipboard")
            alice.type("o")
            alice.wait_for("Opened https://soup.example/menu")
            wait_until(lambda: os.path.exists(opened) and os.path.getsize(opened) > 0, 30, "the opener")
            with open(opened, encoding="utf-8") as file:
                self.assertEqual("https://soup.example/menu?day=1&x=%20\n", file.read())


if __name__ == "__main__":
    unittest.main()
