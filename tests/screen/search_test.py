"""Operators of a search in a real terminal and on the command line, and the error for a wrong operator."""
import os
import subprocess
import unittest

from client import PASSWORD, ScreenTest


class Search(ScreenTest):
    PEOPLE = ("alice", "bob", "carol")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        note = os.path.join(cls.folder, "lunch.txt")
        with open(note, "w", encoding="utf-8") as file:
            file.write("soup\n")
        cls.fastchat("bob", "send", "alice", "lunch at noon?")
        cls.fastchat("bob", "send", "alice", "noon is when lunch is: https://example.org/soup")
        cls.fastchat("bob", "send", "--file", note, "alice")
        cls.fastchat("carol", "send", "alice", "lunch at noon tomorrow")
        cls.fastchat("alice", "group", "create", "team", "bob")
        cls.fastchat("alice", "send", "#team", "lunch is ready")
        cls.fastchat("alice", "group", "rename", "#team", "crew")
        cls.fastchat("alice", "listen", "--count", "4", "--timeout", "120")

    def search(self, screen, words, *shown, hidden=()):
        screen.press("C-r")
        screen.wait_for("Words:")
        screen.type(words)
        screen.press("Enter")
        screen.wait_until(lambda s: all(text in s for text in shown) and not any(text in s for text in hidden))
        screen.press("Escape")
        screen.wait_until(lambda s: "Words:" not in s)

    def test_operators_on_the_screen(self):
        for columns, rows in ((80, 24), (44, 12)):
            with self.subTest(columns=columns), self.client("alice", columns=columns, rows=rows) as screen:
                screen.wait_for("bob")
                self.search(screen, '"lunch at"', "2 found")
                self.search(screen, 'from:bob "lunch at"', "1 found", "bob: lunch at noon?")
                self.search(screen, "in:carol", "1 found", "carol: lunch")
                self.search(screen, "in:#crew from:me", "1 found", "#crew me: lunch")
                self.search(screen, "has:link", "1 found", "bob: noon is")
                self.search(screen, "has:file", "1 found", "lunch.txt")
                self.search(screen, "dinner after:2020-01-31 from:me", "0 found", "No message contains")
                self.search(screen, "before:2020-01-31", "0 found", "There is no such message.")
                self.search(screen, "has:picture", "has: takes file or link", hidden=("found",))
                self.search(screen, "in:#nobody", "You have no group #nobody.")

    def test_operators_on_the_command_line(self):
        found = self.fastchat("alice", "search", "from:bob", "lunch at")
        self.assertIn("lunch at noon?", found)
        self.assertEqual(found.count("\n"), 1)
        self.assertEqual(self.fastchat("alice", "search", "has:file").count("\n"), 1)
        wrong = subprocess.run([self.cluster.program("fastchat"), "--data-dir", self.data_dir("alice"), "search",
                                "after:noon"], check=False, capture_output=True, text=True, timeout=120,
                               env={**os.environ, "FASTCHAT_PASSWORD": PASSWORD})
        self.assertNotEqual(wrong.returncode, 0)
        self.assertIn("after: needs a day or a time, as in after:2026-01-31 or after:2h", wrong.stderr)
        self.assertEqual(wrong.stderr.count("\n"), 1)


if __name__ == "__main__":
    unittest.main()
