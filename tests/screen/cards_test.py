"""Contact cards in a real terminal: the page at 80x24 with the code and at 44x12 without, and a card that is used."""
import re
import unittest

from client import ScreenTest


class Cards(ScreenTest):
    CLUSTER = {"workers": 2, "broker_args": ["--strangers", "ask"]}
    PEOPLE = ("alice", "bob")

    def enter(self, screen, text):
        screen.type(text)
        screen.press("Enter")

    def test_the_page_has_what_fits(self):
        for columns, rows in ((80, 24), (44, 12)):
            with self.subTest(columns), self.client("alice", columns=columns, rows=rows) as screen:
                screen.wait_for("connected, worker")
                self.enter(screen, "/card")
                screen.wait_for("Give this line to one person")
                screen.wait_for("Esc back")
                shown = screen.screen()
                self.assertEqual(columns == 80, "\u2580" in shown)
                self.assertEqual(columns == 44, "too small for the QR code" in shown)
                line = re.search("fastchat-card:alice:[A-Za-z0-9_-]{43}:[A-Za-z0-9_-]{22}", re.sub(r"[^\x21-\x7e]", "", shown))
                self.assertIsNotNone(line, shown)
                screen.press("Escape")
                screen.wait_until(lambda s: "Give this line" not in s)
                screen.press("C-c")
                screen.wait_until_ended()

    def test_a_card_is_used(self):
        card = self.fastchat("alice", "card").strip()
        with self.client("bob", columns=80, rows=24) as screen:
            screen.wait_for("connected, worker")
            self.enter(screen, "/card " + card)
            screen.wait_for("alice is a contact now, and the key is verified.")
            self.enter(screen, "/card " + card[:-1])
            screen.wait_for("not a contact card: the token is damaged")
            screen.press("C-c")
            screen.wait_until_ended()


if __name__ == "__main__":
    unittest.main()
