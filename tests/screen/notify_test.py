"""A hook gets a message as one JSON line, with no shell in between. Muted conversations and do-not-disturb run no
hook."""
import json
import os
import stat
import unittest

from client import ScreenTest
from fastchat_cluster import wait_until


class Notify(ScreenTest):
    PEOPLE = ("alice", "bob")

    def test_the_hook_gets_a_json_line_and_mute_is_silent(self):
        out = os.path.join(self.folder, "out")
        hook = os.path.join(self.folder, "hook")
        with open(hook, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\ncat >> '{out}'\n")
        os.chmod(hook, stat.S_IRWXU)
        config = os.path.join(self.folder, "config.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f'hook = ["{hook}"]\n')
        nasty = "$(touch /nowhere) `id` \"quoted\"; rm -rf ~"
        with self.client("alice", "--config", config) as alice:
            alice.wait_for("connected, worker")
            self.fastchat("bob", "send", "alice", nasty)
            alice.wait_for("message from bob")

            def lines():
                if not os.path.exists(out):
                    return []
                with open(out, encoding="utf-8") as file:
                    return [json.loads(line) for line in file.read().splitlines()]

            wait_until(lambda: len(lines()) == 1, 30, "the hook's line")
            self.assertEqual((lines()[0]["from"], lines()[0]["text"]), ("bob", nasty))
            alice.press("M-a")
            alice.wait_for("─ new ─")
            alice.type("/mute")
            alice.press("Enter")
            alice.wait_for("bob is muted.")
            alice.type("/msg carol")
            alice.press("Enter")
            alice.wait_for("2 bob + (muted)")
            self.fastchat("bob", "send", "alice", "silence")
            alice.wait_for("1 unread elsewhere")
            alice.press("M-a")
            alice.wait_for("silence")
            self.assertEqual(len(lines()), 1)
            alice.press("C-c")
            alice.wait_until_ended()


if __name__ == "__main__":
    unittest.main()
