"""The first screen on a real cluster, inside tmux: sign up, pick a person, chat, see states change; and the screen's
errors."""
import json
import re
import subprocess
import unittest

from client import PASSWORD, ScreenTest


class FirstScreen(ScreenTest):
    PEOPLE = ("bob",)

    def sign_up(self, screen, name):
        screen.wait_for("Sign up: create an account")
        screen.press("s")
        screen.wait_for("Invite line")
        screen.type(self.cluster.invite)
        screen.press("Enter")
        screen.type(name)
        screen.press("Enter")
        screen.type(PASSWORD)
        screen.press("Enter")
        screen.type(PASSWORD)
        screen.press("Enter")
        screen.wait_for(f"{name}  connected, worker")

    def test_two_people_meet(self):
        with self.client("alice") as alice:
            self.sign_up(alice, "alice")
            self.assertNotIn(PASSWORD, alice.screen())
            alice.wait_until(lambda screen: re.search(r"connected, worker[12], (<1|\d+) ms", screen))
            alice.wait_for("No conversation yet")
            alice.press("Escape")
            alice.wait_for("> d  Direct message")
            alice.press("d")
            alice.wait_for("To")
            alice.type("bob")
            alice.press("Enter")
            alice.wait_for("No messages yet")
            alice.type("hello 漢字 é")
            alice.press("Enter")
            alice.wait_for("me: hello 漢字 é")
            alice.wait_for("queued")
            with self.client("bob", columns=44, rows=12) as bob:
                bob.wait_for("connected, worker")
                alice.wait_for("delivered")
                bob.wait_for("1 alice")
                bob.press("M-a")
                bob.wait_for("alice: hello 漢字 é")
                bob.wait_for("─ new ─")
                alice.wait_for("read")
                bob.type("and hello to you")
                bob.press("Enter")
                alice.wait_for("bob: and hello to you")
                bob.wait_for("read")
                bob.type("/me waves")
                bob.press("Enter")
                alice.wait_for("* bob waves")
                bob.wait_for("* bob waves")
                bob.resize(100, 30)
                bob.wait_for("alice hello 漢字 é")
                bob.wait_for("1 alice")
                bob.press("C-c")
                bob.wait_until_ended()
            alice.type("/qiut")
            alice.press("Enter")
            alice.wait_for("Nothing was sent")
            alice.press("C-u")
            alice.type("/quit")
            alice.press("Enter")
            alice.wait_until_ended()
        # The shown messages are on disk; the profile is free again.
        self.assertIn("and hello to you", self.fastchat("alice", "history", "bob"))
        self.fastchat("alice", "send", "--me", "bob", text="bows")
        self.assertIn("alice > bob: * alice bows", self.fastchat("alice", "history", "bob"))
        status = json.loads(self.fastchat("alice", "--json", "status", "--ping"))
        self.assertRegex(status["worker"], "^worker[12]$")
        self.assertIn(status["latency_ms"], range(30_000))
        self.assertNotIn("worker", json.loads(self.fastchat("alice", "--json", "status")))

    def test_a_worker_that_dies_is_replaced_without_a_word_lost(self):
        self.fastchat("carol", "--server", self.cluster.invite, "signup", "carol")
        with self.client("carol") as carol:
            carol.wait_for("connected, worker")
            worker = "worker1" if "worker1" in carol.screen() else "worker2"
            other = "worker2" if worker == "worker1" else "worker1"
            carol.type("/msg bob")
            carol.press("Enter")
            carol.wait_for("No messages yet")
            self.cluster.kill(worker)
            carol.type("into the gap")
            carol.press("Enter")
            carol.wait_for("into the gap")
            carol.wait_for("queued", timeout=60)
            carol.wait_for(f"connected, {other}", timeout=60)
            self.cluster.start_part(worker)
            carol.press("C-c")
            carol.wait_until_ended()
        self.assertIn("into the gap", self.fastchat("bob", "listen", "--count", "1", "--timeout", "30"))

    def test_a_wrong_password_and_a_weak_one_are_told_in_one_line(self):
        with self.client("mallory") as screen:
            screen.wait_for("Log in: use your account")
            screen.press("l")
            screen.wait_for("Invite line")
            screen.type("fastchat://nonsense")
            screen.press("Enter")
            screen.type("bob")
            screen.press("Enter")
            screen.type("not the password")
            screen.press("Enter")
            screen.wait_for("not an invite line")
            screen.press("Escape")
            screen.wait_for("What you typed here is lost. y n")
            screen.press("y")
            screen.wait_for("Sign up: create an account")
            screen.press("s")
            screen.wait_for("Repeat")
            screen.type(self.cluster.invite)
            screen.press("Enter")
            screen.type("mallory")
            screen.press("Enter")
            screen.type("short")
            screen.press("Enter")
            screen.type("short")
            screen.press("Enter")
            screen.wait_for("at least 12")
            screen.press("Escape")
            screen.wait_for("What you typed here is lost. y n")
            screen.press("y")
            screen.wait_for("Sign up: create an account")
            screen.press("q")
            screen.wait_until_ended()

    def test_a_second_screen_on_the_same_profile_says_which_process_has_it(self):
        self.fastchat("dave", "--server", self.cluster.invite, "signup", "dave")
        with self.client("dave") as screen:
            screen.wait_for("connected, worker")
            again = subprocess.run([self.cluster.program("fastchat"), "--data-dir", self.data_dir("dave"), "daemon"],
                                   capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(again.returncode, 7)
            self.assertRegex(again.stderr, r"process \d+|pid \d+")
            self.assertEqual(again.stderr.count("\n"), 1)
            screen.press("C-c")
            screen.wait_until_ended()


if __name__ == "__main__":
    unittest.main()
