"""Marks of conversations in a real terminal, at 80x24 and 44x12, without colours: how far the key of a contact may be
trusted from the first message to a changed key, members of a group, and messages that name the user."""
import unittest

from client import ScreenTest

SIZES = ((80, 24), (44, 12))
NO_COLOUR = {"NO_COLOR": "1"}


class Trust(ScreenTest):
    PEOPLE = ("alice", "bob", "carol", "dave", "erin", "frank", "gina")

    def enter(self, screen, text):
        screen.type(text)
        screen.press("Enter")

    def title(self, screen, begin):
        screen.wait_until(lambda s: s.startswith(begin))

    def test_from_first_contact_to_verified(self):
        for (columns, rows), friend in zip(SIZES, ("bob", "carol")):
            self.fastchat(friend, "send", "alice", "hello from me")
            with self.subTest(columns), self.client("alice", columns=columns, rows=rows, env=NO_COLOUR) as screen:
                screen.wait_for(f"{friend} +")
                self.enter(screen, f"/msg {friend}")
                self.title(screen, f" {friend}  + first contact")
                self.enter(screen, "hello to you")
                self.title(screen, f" {friend}  ? not compared")
                self.enter(screen, "/verify")
                screen.wait_for("M mark as verified")
                screen.press("m")
                screen.wait_for("see this number? y n")
                screen.press("y")
                screen.wait_for("You compared this number")
                screen.press("Escape")
                self.title(screen, f" {friend}  \u2713 verified")
                if columns >= 60:
                    screen.wait_for(f"{friend} \u2713")
                screen.press("C-c")
                screen.wait_until_ended()

    def test_a_changed_key(self):
        for (columns, rows), friend, answer in zip(SIZES, ("dave", "erin"), "ak"):
            self.fastchat("frank", "send", friend, "hello")
            with self.subTest(columns):
                # The server shows the key of another account.
                self.cluster.postgres.psql(
                    "UPDATE users SET public_key = (SELECT public_key FROM users WHERE name = 'gina') "
                    f"WHERE name = '{friend}'")
                with self.client("frank", columns=columns, rows=rows, env=NO_COLOUR) as screen:
                    screen.wait_for("connected, worker")
                    self.enter(screen, f"/msg {friend}")
                    self.title(screen, f" {friend}  ! key changed")  # the client compared all keys
                    self.enter(screen, "are you there?")
                    screen.wait_for("> are you there?")  # nothing was sent
                    screen.press("C-u")
                    self.enter(screen, "/verify")
                    screen.wait_for("A accept new key")
                    screen.press(answer)
                    if answer == "a":
                        screen.wait_for("Accept the new key of")
                        screen.press("y")
                    screen.wait_for("Not compared yet.")
                    screen.press("Escape")
                    self.title(screen, f" {friend}  ? not compared")

    def test_a_group_and_a_mention(self):
        self.fastchat("gina", "group", "create", "crew", "alice", "bob")
        for columns, rows in SIZES:
            with self.subTest(columns):
                self.fastchat("gina", "send", "#crew", f"lunch, @alice? {columns}")
                with self.client("alice", columns=columns, rows=rows, env=NO_COLOUR) as screen:
                    screen.wait_until(lambda s: "#crew ?" in s and "@1" in s)
                    screen.press("C-c")
                    screen.wait_until_ended()
                # The mark outlives the program, until the conversation is opened.
                with self.client("alice", columns=columns, rows=rows, env=NO_COLOUR) as screen:
                    screen.wait_until(lambda s: "#crew ?" in s and "@1" in s)
                    self.enter(screen, "/msg #crew")
                    screen.wait_until(lambda s: s.startswith(" #crew  ? ") and "of 2 verified" in s and "@1" not in s)


if __name__ == "__main__":
    unittest.main()
