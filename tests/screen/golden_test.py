"""Compares whole screens with golden/*.txt, on a real cluster at three sizes. Parts that differ from run to run (times,
days, fingerprints, the worker) are made the same first. When a screen is meant to look otherwise:

    FASTCHAT_BUILD=build/dev PYTHONPATH=deploy tests/screen/golden_test.py --accept     # then look at git diff
"""
import difflib
import os
import re
import shutil
import sys
import tempfile
import unittest

from fastchat_cluster import Cluster, wait_until
from scene import Scene

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
SIZES = ((100, 26), (80, 24), (44, 12))
ACCEPT = "--accept" in sys.argv
DAY = r"(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d\d \w+ \d{4}"


def status(line):
    """Returns the constant parts of the status line: name, connected, unread; no worker, round trip or short notice."""
    connected = re.match(r"( \w+  connected)", line)
    unread = re.search(r"  \d+ unread elsewhere", line)
    return (connected.group(1) if connected else line) + (unread.group(0) if unread else "")


def same(screen):
    """Returns the screen with the parts that differ from run to run made the same."""
    lines = [line.rstrip() for line in screen.rstrip("\n").split("\n")]
    if len(lines) > 1 and "connected" in lines[-1]:
        lines[-1] = status(lines[-1])
    lines[0] = re.sub(r" +\d+/\d+$", "  N/N", lines[0])  # the position in a page that scrolls
    out = []
    for line in lines:
        line = re.sub(rf"─+ {DAY} ─+", "─ DAY ─", line)
        line = re.sub(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?=\d\d:\d\d)", "Day ", line)
        line = re.sub(r"\b\d\d:\d\d\b", "00:00", line)
        line = re.sub(r"\b\d{4}-\d\d-\d\d\b", "DATE", line)  # of a search
        line = re.sub(r"\b\d{5}\b", "00000", line)
        line = re.sub(r"(In words:  ).*", r"\1WORDS", line)
        if re.fullmatch(r" {12}[a-z]{5}( [a-z]{5})*", line):
            continue  # more of the words
        if line and not line.strip(" ▀▄█"):
            line = "QR"
        if line != "QR" or out[-1:] != ["QR"]:
            out.append(line)
    return "\n".join(out) + "\n"


class Golden(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="fc-golden-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.cluster = Cluster.temporary(workers=2)
        cls.cluster.__enter__()
        cls.addClassCleanup(cls.cluster.__exit__, None, None, None)
        cls.scene = Scene(cls.cluster, cls.folder)

    def setUp(self):
        self.different = []

    def look(self, screen, name):
        for columns, rows in SIZES:
            screen.resize(columns, rows)
            self.compare(screen, f"{name}-{columns}x{rows}.txt")
        screen.resize(*SIZES[0])

    def compare(self, screen, name):
        path = os.path.join(GOLDEN, name)
        if ACCEPT:
            return self.accept(screen, path)
        with open(path, encoding="utf-8") as file:
            golden = file.read()
        try:
            wait_until(lambda: same(screen.screen()) == golden, 20, name)
        except Exception:
            seen = same(screen.screen())
            if seen != golden:
                self.different.append("".join(difflib.unified_diff(
                    golden.splitlines(True), seen.splitlines(True), f"golden/{name}", "the screen")))

    @staticmethod
    def accept(screen, path):
        seen = []

        def settled():
            seen.append(same(screen.screen()))
            return len(seen) > 20 and len(set(seen[-20:])) == 1
        wait_until(settled, 30, path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(seen[-1])

    def tearDown(self):
        if self.different:
            self.fail("\n".join(self.different) +
                      "\nIf it is meant to look so: tests/screen/golden_test.py --accept, and commit golden/.")

    def back(self, screen):
        screen.press("Escape")
        screen.wait_for("F1 help  Esc menu")

    def test_before_there_is_an_account(self):
        with self.scene.client("newcomer") as screen:
            screen.wait_for("Sign up: create an account")
            self.look(screen, "welcome")
            screen.press("s")
            screen.wait_for("Invite line")
            self.look(screen, "sign-up")

    def test_a_day_at_the_screen(self):
        with self.scene.client("alice") as alice:
            self.scene.play(alice)
            self.look(alice, "conversation")
            alice.press("M-k")
            alice.wait_for("Go to:")
            alice.type("ca")
            self.look(alice, "switcher")
            alice.press("Escape")
            alice.wait_until(lambda screen: "Go to:" not in screen)
            pages = (("menu", None, "Direct message"), ("people", "d", "To"), ("help", "F1", "Alt+A"),
                     ("group-settings", "/group info #team", "You are the admin."),
                     ("search", "/search Stairs", "2 found"), ("verify", "/verify bob", "In words"))
            for name, how, shows in pages:
                with self.subTest(name):
                    self.open(alice, how)
                    alice.wait_for(shows)
                    self.look(alice, name)
                    if how == "d":
                        alice.press("Escape")
                        alice.wait_for("d  Direct message")
                    self.back(alice)

    def open(self, screen, how):
        if how is None or how == "d":
            screen.press("Escape")
            screen.wait_for("d  Direct message")
        if how in ("d", "F1"):
            screen.press(how)
        elif how is not None:
            self.scene.enter(screen, how)


if __name__ == "__main__":
    unittest.main(argv=[a for a in sys.argv if a != "--accept"])
