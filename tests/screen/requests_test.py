"""Requests of strangers in a real terminal, at 80x24 and 44x12: the row above the conversations, the page that answers,
the line above the input, and blocked people."""
import unittest

from client import ScreenTest

SIZES = ((80, 24), (44, 12))


class Requests(ScreenTest):
    CLUSTER = {"workers": 2, "broker_args": ["--strangers", "ask"]}
    PEOPLE = ("alice", "bob", "carol", "dave", "erin", "mallory", "mike")

    def enter(self, screen, text):
        screen.type(text)
        screen.press("Enter")

    def test_the_page_lists_and_answers(self):
        for (columns, rows), names in zip(SIZES, (("bob", "carol"), ("dave", "erin"))):
            with self.subTest(columns), self.client("alice", columns=columns, rows=rows) as screen:
                screen.wait_for("connected, worker")
                for name in names:
                    self.fastchat(name, "send", "alice", f"hello, I am {name}")
                screen.wait_for("Requests (2)")
                self.assertNotIn(f"1 {names[0]}", screen.screen())
                self.enter(screen, "/requests")
                screen.wait_for(f"hello, I am {names[1]}")
                screen.wait_for("A accepts, D declines, B blocks, Enter reads, Esc back" if columns >= 60
                                else "A accept, D decline, B block, Enter, Esc")
                screen.wait_for(f"> {names[1]}  1 message")
                screen.press("d")
                screen.wait_for("Delete the request of")
                screen.press("y")
                screen.wait_until(lambda s: f"hello, I am {names[1]}" not in s)
                screen.wait_for(f"> {names[0]}  1 message")
                screen.press("a")
                screen.wait_for("No stranger waits")
                screen.press("Escape")
                screen.wait_for("Esc menu" if columns >= 60 else "F1 help")
                screen.wait_until(lambda s: "Requests (" not in s)
                screen.wait_for(f"{names[0]}")
                screen.press("C-c")
                screen.wait_until_ended()

    def test_a_conversation_says_who_it_is_and_how_to_answer(self):
        for (columns, rows), name in zip(SIZES, ("mallory", "mike")):
            with self.subTest(columns), self.client("bob", columns=columns, rows=rows) as screen:
                screen.wait_for("connected, worker")
                self.fastchat(name, "send", "bob", "buy this")
                screen.wait_for("Requests (1)")
                self.enter(screen, "/requests")
                screen.wait_for("> " + name)
                screen.press("Enter")
                screen.wait_for("/accept /decline /block")
                self.enter(screen, "/block")
                screen.wait_for(f"Block {name}? Nothing of")
                screen.press("y")
                screen.wait_for(f"{name} is blocked")
                screen.wait_until(lambda s: "buy this" not in s)
                self.enter(screen, "/unblock " + name)
                screen.wait_for("is not blocked any more")
                self.fastchat(name, "send", "bob", "sorry")
                screen.wait_for("Requests (1)")
                self.enter(screen, "/msg " + name)
                self.enter(screen, "what is it?")
                screen.wait_until(lambda s: "/accept /decline" not in s and "Requests (" not in s)
                self.enter(screen, "/block")
                screen.wait_for(f"Block {name}?")
                screen.press("y")
                screen.wait_for(f"{name} is blocked: /unblock ends that")
                self.enter(screen, "/unblock")
                screen.wait_until(lambda s: "/unblock ends that" not in s)
                screen.press("C-c")
                screen.wait_until_ended()

    def test_the_policy(self):
        with self.client("carol") as screen:
            screen.wait_for("connected, worker")
            self.enter(screen, "/strangers")
            screen.wait_for("Messages of strangers wait as requests.")
            self.enter(screen, "/strangers refuse")
            screen.wait_for("Messages of strangers are refused.")
            self.enter(screen, "/strangers all")
            screen.wait_for("Write ask, take or refuse")
            self.enter(screen, "/strangers ask")
            screen.wait_for("wait as requests")


if __name__ == "__main__":
    unittest.main()
