"""No key is a trap, at 80x24 and 44x12: Esc and the keys right behind it lose nothing and end nothing, leaving asks,
errors are shown whole, the cursor goes to the wrong field, a passphrase is asked for once, a new device is shown as
empty."""
import re
import unittest

from client import PASSWORD, ScreenTest

SIZES = ((80, 24), (44, 12))


class Traps(ScreenTest):
    PEOPLE = ("alice", "bob")

    def cursor(self, screen):
        """Returns the label of the row with the cursor."""
        return screen.cursor_row().strip().split("  ")[0]

    def words(self, screen):
        """Returns the whole screen as one line, so that a broken line reads as it was written."""
        return re.sub(r"[\s│]+", " ", screen.screen())

    def test_escape_and_what_follows_it(self):
        for columns, rows in SIZES:
            with self.subTest(columns), self.client("alice", columns=columns, rows=rows) as screen:
                screen.wait_for("connected, worker")
                screen.type("/msg bob")
                screen.press("Enter")
                screen.wait_for("No messages yet")
                screen.type("quite a thought")
                screen.press("Escape")
                screen.wait_until(lambda s: "Your text stays." in self.words(screen))
                screen.type("!")
                screen.wait_for("quite a thought!")
                screen.press("C-u")
                screen.wait_until(lambda s: "thought" not in s)
                screen.press("Escape")
                screen.wait_for("Direct message")
                screen.press("M-q")
                screen.press("M-o")
                screen.press("M-Enter")
                screen.press("o")
                screen.wait_for("Log out and quit?")
                screen.press("M-y")
                screen.wait_until(lambda s: "Log out and quit?" not in s)
                screen.press("Down", "Down")
                screen.wait_for("> q  Quit")
                screen.press("Enter")
                screen.wait_until(lambda s: "Quit? Messages and drafts stay" in self.words(screen))
                screen.press("n")
                screen.wait_until(lambda s: "Quit? Messages" not in s)
                screen.press("q")
                screen.wait_until(lambda s: "Quit? Messages and drafts stay" in self.words(screen))
                screen.press("y")
                screen.wait_until_ended()

    def test_a_form_that_goes_wrong(self):
        for columns, rows in SIZES:
            name = f"zoe{columns}"
            with self.subTest(columns), self.client(name, columns=columns, rows=rows) as screen:
                screen.wait_for("Sign up: create an account")
                screen.press("s")
                screen.wait_until(lambda s: "that names the server" in self.words(screen))
                # The test types a well-formed line of a server that is not there, and after the answer the right line.
                screen.type(re.sub(r"//[^/]+/", "//127.0.0.1:9/", self.cluster.invite))
                screen.press("Enter")
                screen.type("Zoe")
                screen.wait_until(lambda s: "A name has 3 to 32 characters" in self.words(screen))
                screen.press("Enter")
                screen.press("C-g")
                screen.wait_for("Your passphrase, write it down:")
                self.assertEqual(self.cursor(screen), "Repeat")
                passphrase = re.search(r"\b[a-z]{5}(-[a-z]{5}){4}\b", screen.screen()).group(0)
                screen.type(passphrase)
                screen.press("Enter")
                screen.wait_until(lambda s: self.cursor(screen).startswith("Name"))
                screen.press("C-u")
                screen.type(name)
                for _ in range(3):
                    screen.press("Enter")
                screen.wait_until(lambda s: "Trying again ..." in self.words(screen), 60)
                screen.press("Escape")
                screen.wait_until(lambda s: self.cursor(screen).startswith("Invite line"), 60)
                screen.press("C-u")
                screen.type(self.cluster.invite)
                screen.press("Enter")
                screen.press("Enter")
                for _ in range(2):
                    screen.type(passphrase)
                    screen.press("Enter")
                screen.wait_for(f"{name}  connected", 60)
                screen.press("C-c")
                screen.wait_until_ended()

    def test_a_name_that_is_taken(self):
        for columns, rows in SIZES:
            with self.subTest(columns), self.client(f"second-{columns}", "--server", self.cluster.invite, columns=columns,
                                                    rows=rows) as screen:
                screen.wait_for("Sign up: create an account")
                screen.press("s")
                screen.type("bob")
                for _ in range(2):
                    screen.press("Enter")
                    screen.type(PASSWORD)
                screen.press("Enter")
                screen.wait_until(lambda s: "taken" in s, 60)
                self.assertTrue(self.cursor(screen).startswith("Name"))
                screen.press("Escape")
                screen.wait_for("Leave this form?")
                screen.press("n")
                screen.wait_until(lambda s: "Leave this form?" not in s and "bob" in s)

    def test_a_new_device_says_why_it_is_empty(self):
        for columns, rows in SIZES:
            with self.subTest(columns):
                profile = f"alice-{columns}"
                self.fastchat(profile, "--server", self.cluster.invite, "login", "alice")
                with self.client(profile, columns=columns, rows=rows) as screen:
                    screen.wait_for("connected, worker")
                    screen.wait_until(lambda s: "Messages stay on the device that received them" in self.words(screen))


if __name__ == "__main__":
    unittest.main()
