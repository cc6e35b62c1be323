"""Checks that the table of emoji is the output of its script for Debian's python3-emoji."""
import os
import subprocess
import sys
import unittest

ROOT = os.environ["FASTCHAT_SOURCE"]


class Emoji(unittest.TestCase):
    def test_the_table_is_as_generated(self):
        made = subprocess.run([sys.executable, f"{ROOT}/client/tui/chat/emoji_words.py"], check=True, capture_output=True).stdout
        with open(f"{ROOT}/client/tui/chat/emoji_words.cc", "rb") as file:
            self.assertTrue(made == file.read(), "run: /usr/bin/python3 client/tui/chat/emoji_words.py > client/tui/chat/emoji_words.cc")


if __name__ == "__main__":
    unittest.main()
