"""Text of others cannot move the cursor, change the terminal, hide or reverse shown text: in messages, in names of
files and groups, in typed and pasted text, and in very long lines."""
import os
import unittest

from client import ScreenTest

ESCAPES = "\x1b[2J\x1b]0;owned\x07\x1b[31m\x9b31m\x08\x7f\rback"
BIDI = "\u202egnp.exe\u2066\u200f \u061c"
HIDDEN = "zero\u200bwidth\u2060joined\ufeff\u00ad\U000e0041"
FORBIDDEN = "\u202e\u2066\u200f\u061c\u200b\u2060\ufeff\u00ad\U000e0041\x9b\x07\x08"


class Harmless(ScreenTest):
    PEOPLE = ("alice", "bob")

    def assert_harmless(self, screen):
        shown = screen.coloured_screen()
        for character in FORBIDDEN:
            self.assertNotIn(character, shown, repr(character))
        self.assertNotIn("\x1b[31m", shown)
        self.assertNotIn("owned", screen.tmux("display-message", "-p", "#{pane_title}"))
        lines = screen.screen().rstrip("\n").split("\n")
        self.assertEqual(len(lines), 24)
        self.assertIn("Esc menu", lines[0])
        self.assertIn("alice  connected", lines[-1])

    def test_texts_and_names_of_files(self):
        self.fastchat("bob", "send", "alice", text=ESCAPES + " end one")
        self.fastchat("bob", "send", "alice", text=BIDI + " end two")
        self.fastchat("bob", "send", "alice", text=HIDDEN + " end three")
        self.fastchat("bob", "send", "alice", text="مرحبا שלום end four")
        self.fastchat("bob", "send", "alice", text="w" * 16000 + " end five")
        path = os.path.join(self.folder, "a\u202egnp.exe\x1b[2J \u200bpicture.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write("x" * 65536 + "\x1b[2J\u202e the end\n")
        self.fastchat("bob", "send", "alice", "--file", path)
        with self.client("alice") as screen:
            screen.wait_for("connected, worker")
            screen.wait_for("1 bob")
            screen.press("M-a")
            screen.wait_for("picture.txt")
            self.assert_harmless(screen)
            screen.press("Home")
            screen.wait_for("end one")
            screen.wait_for("[2J]0;owned[31m")
            screen.wait_for("gnp.exe")
            screen.wait_for("zerowidthjoined")
            screen.wait_for("end four")
            self.assert_harmless(screen)
            screen.press("End")
            screen.wait_for("picture.txt")
            screen.wait_for("end five")
            screen.press("Enter")
            screen.wait_for("xxxxxxxxxx")
            self.assertNotIn("\u202e", screen.coloured_screen())
            screen.press("Escape")
            screen.wait_for("Esc menu")
            self.assert_harmless(screen)
            names = os.listdir(os.path.join(self.data_dir("alice"), "downloads"))
            self.assertEqual(len(names), 1)
            for character in FORBIDDEN + "\x1b":
                self.assertNotIn(character, names[0])

    def test_what_is_typed_pasted_and_a_name_for_a_group(self):
        with self.client("bob") as screen:
            screen.wait_for("connected, worker")
            self.enter(screen, "/group create t\u202ee\u200bam\u2066")
            screen.wait_for("#team is created")  # the input line takes no invisible characters
            self.enter(screen, "/group create Te/am")
            screen.wait_for("a group's name has")
            screen.wait_until(lambda s: "connected" in s.rstrip().split("\n")[-1])
            self.enter(screen, "/msg alice")
            screen.wait_for("F1 help")
            screen.paste("p" * 65536 + BIDI)
            screen.wait_for("characters? y n")
            screen.press("y")
            screen.wait_for("pppppppppp")
            screen.press("Enter")
            screen.wait_until(lambda s: "bob  connected" in s.rstrip().split("\n")[-1] or "16" in s)
            for character in FORBIDDEN:
                self.assertNotIn(character, screen.screen())
            screen.press("C-c")
            screen.wait_until_ended()

    def enter(self, screen, text):
        screen.type(text)
        screen.press("Enter")


if __name__ == "__main__":
    unittest.main()
