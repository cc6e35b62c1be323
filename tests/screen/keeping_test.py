"""Drafts that a screen keeps when its terminal dies, also with kill -9; the question before a large paste; verify,
search and help in a real terminal."""
import contextlib
import os
import signal
import sqlite3
import unittest

from client import ScreenTest
from fastchat_cluster import wait_until
from tmux import Terminal


def pid_of(terminal):
    return int(terminal.tmux("display-message", "-p", "#{pane_pid}"))


def has_ended(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


class Keeping(ScreenTest):
    PEOPLE = ("bob", "carol", "dora", "erik", "fred")

    def test_a_draft_outlives_the_terminal(self):
        with self.client("carol") as screen:
            screen.wait_for("connected, worker")
            screen.type("/msg bob")
            screen.press("Enter")
            screen.wait_for("No messages yet")
            screen.type("half a thought")
            screen.wait_for("> half a thought")
            os.kill(pid_of(screen), signal.SIGHUP)
            screen.wait_until_ended()
        with self.client("carol") as screen:
            screen.wait_for("connected, worker")
            screen.type("/msg bob")
            screen.press("Enter")
            screen.wait_for("> half a thought")
            kept = self.kept_draft()
            screen.type(" and more")
            wait_until(lambda: self.kept_draft() != kept, 30, "the draft is written")
            os.kill(pid_of(screen), signal.SIGKILL)
            screen.wait_until_ended()
        with open(os.path.join(self.data_dir("carol"), "client.db-wal"), "rb") as file:
            self.assertNotIn(b"half a thought", file.read(), "drafts are sealed")
        with self.client("carol") as screen:
            screen.wait_for("connected, worker")
            screen.type("/msg bob")
            screen.press("Enter")
            screen.wait_for("> half a thought and more")

    def test_a_terminal_that_goes_without_a_signal_ends_the_client(self):
        """The terminal goes as under `make chat`: the kernel's SIGHUP goes to make alone, which waits."""
        client = [self.cluster.program("fastchat"), "--data-dir", self.data_dir("fred")]
        with Terminal(["sh", "-c", "trap '' HUP; \"$@\"; exit 0", "sh", *client], env={"XDG_CONFIG_HOME": self.folder}) as screen:
            screen.wait_for("connected, worker")
            screen.type("/msg bob")
            screen.press("Enter")
            screen.wait_for("No messages yet")
            screen.type("cut off here")
            screen.wait_for("> cut off here")
            with open(f"/proc/{pid_of(screen)}/task/{pid_of(screen)}/children", encoding="utf-8") as file:
                pid = int(file.read())
            self.assertFalse(has_ended(pid))
            self.addCleanup(lambda: has_ended(pid) or os.kill(pid, signal.SIGKILL))
            screen.tmux("kill-server")
            wait_until(lambda: has_ended(pid), 30, "the client to end")
        with self.client("fred") as screen:
            screen.wait_for("connected, worker")
            screen.type("/msg bob")
            screen.press("Enter")
            screen.wait_for("> cut off here")

    def test_a_message_under_way_outlives_the_terminal(self):
        """The terminal dies while the server does not answer. A message that is sealed goes out with the next start; a
        message that waits for somebody's key is in the input line again."""
        with self.client("erik") as screen:
            screen.wait_for("connected, worker")
            screen.type("/msg bob known to each other")
            screen.press("Enter")
            screen.wait_for("queued")  # bob's key was compared with the server's, which happens once a session
            with self.frozen_workers():
                screen.type("on its way")
                screen.press("Enter")
                screen.wait_until(lambda s: "on its way" in s and "sending" in s)
                screen.type("/msg carol")
                screen.press("Enter")
                screen.wait_for("No messages yet")
                screen.type("to somebody new")
                screen.press("Enter")
                screen.wait_until(lambda s: "> to somebody" not in s)
                screen.type("and a draft")
                screen.wait_for("> and a draft")
                os.kill(pid_of(screen), signal.SIGHUP)
                screen.wait_until_ended()
        with self.client("erik") as screen:
            screen.wait_for("A message to carol was not sent")
            screen.type("/msg carol")
            screen.press("Enter")
            screen.wait_for("> to somebody new")
            screen.wait_for("  and a draft")
            self.leave(screen)
        for _ in range(2):  # "known to each other" and "on its way"
            got = self.fastchat("bob", "listen", "--count", "1", "--timeout", "60")
        self.assertIn("on its way", got)
        self.assertEqual(1, self.fastchat("bob", "history", "erik").count("on its way"))

    def leave(self, screen):
        screen.press("C-c")
        screen.wait_until_ended()

    @contextlib.contextmanager
    def frozen_workers(self):
        for name in self.cluster.worker_names:
            self.cluster.kill(name, signal.SIGSTOP)
        try:
            yield
        finally:
            for name in self.cluster.worker_names:
                self.cluster.kill(name, signal.SIGCONT)

    def kept_draft(self):
        """Returns the draft as it is on the disk: sealed."""
        with contextlib.closing(sqlite3.connect(os.path.join(self.data_dir("carol"), "client.db"))) as store:
            return store.execute("SELECT body FROM notes WHERE name = 'draft:bob'").fetchone()

    def test_pasted_lines_ask_first(self):
        with self.client("dora") as screen:
            screen.wait_for("connected, worker")
            screen.type("/msg bob")
            screen.press("Enter")
            screen.wait_for("No messages yet")
            screen.paste("a\nb\nc\nd\ne\nf\n")
            screen.wait_for("Paste 7 lines")
            screen.press("n")
            screen.paste("two\nlines")
            screen.wait_for("> two")
            screen.press("Enter")
            screen.wait_for("me: two")
            screen.wait_for("queued")
            self.assertIn("two\n    lines", self.history(screen))

    def history(self, screen):
        screen.press("C-c")
        screen.wait_until_ended()
        return self.fastchat("dora", "history", "bob")

    def test_help_search_and_verify(self):
        self.fastchat("bob", "send", "carol", "where is the needle?")
        with self.client("bob", columns=100, rows=40) as screen:
            screen.wait_for("connected, worker")
            screen.press("F1")
            screen.wait_for("Alt+A")
            screen.press("Escape")
            screen.wait_for("Up, Down and Enter")
            screen.type("/search NEEDLE")
            screen.press("Enter")
            screen.wait_for("1 found")
            screen.press("Enter")
            screen.wait_for("me where is the needle?")
            screen.type("/verify")
            screen.press("Enter")
            screen.wait_for("In words:")
            screen.wait_for("▄")
            screen.press("m")
            screen.wait_for("Do both of you see this number?")
            screen.press("y")
            screen.wait_for("You compared this number")
            screen.press("Escape")
            screen.wait_for("F1 help")
            screen.type("/devices")
            screen.press("Enter")
            screen.wait_for("this device")
            screen.press("C-c")
            screen.wait_until_ended()
        self.assertIn("verified", self.fastchat("bob", "verify", "carol"))


if __name__ == "__main__":
    unittest.main()
