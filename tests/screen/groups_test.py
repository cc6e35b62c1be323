"""A group of two people on a real cluster, each at a screen of their own: made, written in, answered, edited, and one
removed."""
import unittest

from client import ScreenTest


class Groups(ScreenTest):
    PEOPLE = ("alice", "bob")

    @staticmethod
    def enter(screen, text):
        screen.type(text)
        screen.press("Enter")

    def test_a_group_from_its_making_to_the_removal_of_a_member(self):
        with self.client("alice") as alice, self.client("bob") as bob:
            alice.wait_for("connected, worker")
            bob.wait_for("connected, worker")
            self.enter(alice, "/group create team bob nobody-here")
            alice.wait_for("no such user: nobody-here")
            self.enter(alice, "/group create team bob")
            alice.wait_for("#team is created")
            bob.wait_for("1 #team")
            self.enter(alice, "/msg #team")
            self.enter(bob, "/msg #team")
            self.enter(alice, "hello everybody")
            bob.wait_for("alice: hello everybody")
            alice.wait_for("read 1/1")
            self.enter(bob, "/reply hello alice")
            alice.wait_for("bob: hello alice")
            alice.wait_for("│ me: hello everybody")
            self.enter(alice, "/react ok")
            bob.wait_for("hello alice  [ok]")
            self.enter(alice, "/edit good morning")
            bob.wait_for("good morning  (edited)")
            self.enter(alice, "/group info")
            alice.wait_for("You are the admin.")
            alice.press("Down", "r")
            alice.wait_for("Remove bob from #team?")
            alice.press("y")
            alice.wait_until(lambda screen: "1 member\n" in screen and "> bob" not in screen)
            alice.press("Escape")
            alice.wait_for("Esc menu")  # a key right after an escape would count as typed with Alt
            bob.wait_for("emoved")
            self.enter(bob, "am I still here")
            bob.wait_for("you are no longer a member of #team")
            self.enter(alice, "/group remvoe bob")
            alice.wait_for("Nothing was sent: /group takes")


if __name__ == "__main__":
    unittest.main()
