"""Windows beside the holder of a profile: a daemon, a `listen` or a screen. They come and go; the holder stays. When the
holder goes, a window takes its place, and nothing is lost or doubled."""
import json
import os
import re
import signal
import subprocess
import time
import unittest

from client import PASSWORD, ScreenTest
from fastchat_cluster import wait_until
from tmux import Terminal, runs


def pid_of(terminal):
    return int(terminal.tmux("display-message", "-p", "#{pane_pid}"))


class Attach(ScreenTest):
    PEOPLE = ("alice", "bob", "carol")

    def holder(self, name, *command):
        """Starts a program that holds the profile and serves it; ended with the test."""
        socket = os.path.join(self.data_dir(name), "socket")
        process = subprocess.Popen([self.cluster.program("fastchat"), "--data-dir", self.data_dir(name), *command],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "FASTCHAT_PASSWORD": PASSWORD})

        def end():
            process.kill()
            process.wait()
            process.stderr.close()

        self.addCleanup(end)
        wait_until(lambda: os.path.exists(socket) and self.served(name), 30, "the holder serves")
        return process

    def served(self, name):
        return subprocess.run([self.cluster.program("fastchat"), "--data-dir", self.data_dir(name), "status"], check=False,
                              capture_output=True, timeout=60).returncode == 0

    def history(self, name, peer):
        return [json.loads(line) for line in self.fastchat(name, "history", peer, "--json").splitlines()]

    def lock(self, name):
        """Returns the process that holds the profile, or held it last."""
        with open(os.path.join(self.data_dir(name), "lock"), encoding="utf-8") as file:
            return int(file.read() or 0)

    def texts(self, name, peer):
        return [m["text"] for m in self.history(name, peer)]

    def open(self, window, peer):
        window.wait_for("connected, worker")
        window.type(f"/msg {peer}")
        window.press("Enter")
        window.wait_until(lambda screen: screen.splitlines()[0].startswith(f" {peer}"))

    def has_ended(self, window):
        """Waits for the line of a window whose holder ended, which may take several rows."""
        window.wait_until(lambda screen: "held this profile has ended" in " ".join(screen.split()))

    def say(self, window, text):
        window.type(text)
        window.wait_for("> " + text)
        window.press("Enter")

    def window(self, name, *args, columns=80, rows=24, **options):
        return self.client(name, *args, columns=columns, rows=rows, **options)

    # ---- daemon and two windows

    def test_two_windows_beside_a_daemon_do_all_that_a_screen_does(self):
        daemon = self.holder("alice", "daemon")
        with self.window("alice") as wide, self.window("alice", columns=44, rows=12) as small, self.client("bob") as bob:
            self.open(wide, "bob")
            self.open(small, "bob")
            self.open(bob, "alice")
            # Both windows see what one of them sends, and what comes.
            self.say(wide, "hello from wide")
            bob.wait_for("hello from wide")
            small.wait_for("hello from wide")
            self.say(small, "and from small")
            bob.wait_for("and from small")
            wide.wait_for("and from small")
            self.say(bob, "hi both")
            for window in (wide, small):
                window.wait_for("hi both")
            # Bob saw them, and both windows know.
            for window in (wide, small):
                window.wait_until(lambda screen: len([row for row in screen.splitlines() if row.rstrip().endswith(" read")]) >= 2)
            # An edit and a reaction.
            wide.type("/edit and from the small one")
            wide.press("Enter")
            for window in (wide, small, bob):
                window.wait_for("and from the small one")
            small.type("/react 👍")
            small.press("Enter")
            for window in (wide, small, bob):
                window.wait_for("👍")
            # A poll and a vote.
            wide.type("/poll Lunch? | soup | salad")
            wide.press("Enter")
            bob.wait_for("2. salad")
            small.wait_for("2. salad")
            small.type("/vote 2")
            small.press("Enter")
            wide.wait_for("[1: alice]")
            # Search on both at the same time.
            for window in (wide, small):
                window.type("/search hi both")
                window.press("Enter")
            for window in (wide, small):
                window.wait_for("1 found")
                window.press("Escape")
                window.wait_until(lambda screen: screen.splitlines()[0].startswith(" bob"))
            # Information about a message, devices, the safety number.
            wide.type("/verify bob")
            wide.press("Enter")
            wide.wait_for("Safety number")
            wide.press("Escape")
            wide.wait_until(lambda screen: screen.splitlines()[0].startswith(" bob"))
            small.press("C-c")
            small.wait_until_ended()
            self.assertIsNone(daemon.poll(), "a window that is closed ends nothing")
            self.say(wide, "one is closed")
            bob.wait_for("one is closed")
            os.kill(pid_of(wide), signal.SIGKILL)
            wide.wait_until_ended()
            self.assertIsNone(daemon.poll(), "nor one that is killed")
        texts = self.texts("alice", "bob")
        for text in ("hello from wide", "and from the small one", "hi both", "one is closed"):
            self.assertEqual(texts.count(text), 1, texts)
        daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(30), 0)

    def test_groups_and_files(self):
        self.holder("alice", "daemon")
        source = os.path.join(self.folder, "plan.txt")
        with open(source, "w", encoding="utf-8") as file:
            file.write("the plan\n")
        with self.window("alice", folder=self.folder) as one, self.window("alice", columns=44, rows=12) as two, \
                self.client("bob") as bob:
            one.wait_for("connected, worker")
            bob.wait_for("connected, worker")
            one.type("/group create crew bob")
            one.press("Enter")
            one.wait_for("#crew is created")
            self.open(one, "#crew")
            self.open(two, "#crew")
            bob.wait_for("#crew")
            self.say(two, "welcome")
            one.wait_for("welcome")
            self.open(bob, "#crew")
            bob.wait_for("welcome")
            # A path of the window's folder, not of the holder's.
            one.type("/send plan.txt")
            one.press("Enter")
            bob.wait_for("[plan.txt")
            two.wait_for("[plan.txt")
            bob.type("/send " + source)
            bob.press("Enter")
            one.wait_for("bob: [plan.txt")
            os.makedirs(os.path.join(self.folder, "kept"))
            one.type("/save kept")
            one.press("Enter")
            one.wait_for("Saved as")
            with open(os.path.join(self.folder, "kept", "plan.txt"), encoding="utf-8") as file:
                self.assertEqual(file.read(), "the plan\n")
            two.type("/open")
            two.press("Enter")
            two.wait_for("the plan")

    def test_a_window_beside_a_daemon_shows_and_tells_who_types(self):
        chose = {"FASTCHAT_TYPING": "true"}
        for name in ("mia", "noa"):
            self.fastchat(name, "--server", self.cluster.invite, "signup", name)
        self.fastchat("mia", "send", "noa", "typing?")
        self.fastchat("noa", "listen", "--count", "1", "--timeout", "60")
        self.fastchat("noa", "send", "mia", "yes")
        self.holder("mia", "daemon")
        with self.window("mia") as silent, self.window("mia", env=chose) as one, self.client("noa", env=chose) as noa:
            for window, peer in ((silent, "noa"), (one, "noa"), (noa, "mia")):
                self.open(window, peer)
            noa.type("I am")
            one.wait_for("noa is typing")
            self.assertNotIn("is typing", silent.screen(), "this window did not choose so")
            one.type("me too")
            noa.wait_for("mia is typing")

    def test_what_is_read_in_one_window_is_read_in_the_other(self):
        self.fastchat("gina", "--server", self.cluster.invite, "signup", "gina")
        self.holder("gina", "daemon")
        with self.window("gina") as one, self.window("gina") as two:
            self.open(one, "bob")
            self.open(two, "bob")
            for n in range(3):
                self.fastchat("carol", "send", "gina", f"psst {n}")
            for window in (one, two):
                window.wait_for("3 unread elsewhere")
            one.press("M-a")
            one.wait_for("psst 2")
            two.wait_until(lambda screen: "unread elsewhere" not in screen)
        self.assertEqual(json.loads(self.fastchat("gina", "status", "--json"))["unread"], 0)

    def test_the_window_used_last_notifies(self):
        heard = os.path.join(self.folder, "heard")
        config = os.path.join(self.folder, "hooked.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f'hook = ["sh", "-c", "cat >> {heard}"]\n')
        self.holder("alice", "daemon")
        with self.window("alice", "--config", config) as one, self.window("alice", "--config", config) as two:
            for n in range(4):
                used = (one, two)[n % 2]
                used.wait_for("connected, worker")
                used.press("C-l")
                used.type("x")
                used.wait_for("> x")
                used.press("C-u")
                self.fastchat("carol", "send", "alice", f"ring {n}")
                for window in (one, two):
                    window.wait_for(f"ring {n}"[:6])
                wait_until(lambda: self.heard(heard).count(f"ring {n}") >= 1, 30, "the hook ran")
            self.assertEqual([self.heard(heard).count(f"ring {n}") for n in range(4)], [1, 1, 1, 1])

    @staticmethod
    def heard(path):
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as file:
            return file.read()

    def test_marks_shares_and_the_bare_mode_are_those_of_a_screen(self):
        self.fastchat("kim", "--server", self.cluster.invite, "signup", "kim")
        self.fastchat("carol", "send", "kim", "--lines", text="".join(f"row {n}\n" for n in range(60)))
        self.fastchat("bob", "group", "create", "club", "kim")
        self.holder("kim", "daemon")
        self.fastchat("bob", "send", "#club", "lunch, @kim?")
        with self.window("kim", env={"NO_COLOR": "1"}) as one, \
                self.window("kim", columns=44, rows=12, env={"NO_COLOR": "1"}) as two:
            for window in (one, two):
                window.wait_until(lambda screen: "#club ?" in screen and "@1" in screen)
                self.open(window, "carol")
                window.wait_until(lambda screen: screen.startswith(" carol  + first contact"))
            # A decision in one window, and one of a command, are seen in both.
            one.type("/verify")
            one.press("Enter")
            one.wait_for("M mark as verified")
            one.press("m")
            one.wait_for("see this number? y n")
            one.press("y")
            one.wait_for("You compared this number")
            one.press("Escape")
            for window in (one, two):
                window.wait_until(lambda screen: screen.startswith(" carol  \u2713 verified"))
            self.fastchat("kim", "verify", "bob", "--mark")
            for window in (one, two):
                self.open(window, "bob")
                window.wait_until(lambda screen: screen.startswith(" bob  \u2713 verified"))
                self.open(window, "carol")
            # The share of a long conversation, its rows alone, and the list.
            for window in (one, two):
                window.press("PageUp")
                window.wait_until(lambda screen: re.search(r"\(End\)  \d+%", screen))
                window.press("End")
                window.wait_until(lambda screen: "(End)" not in screen and "row 59" in screen)
                window.press("M-l")
                window.wait_until(lambda screen: not screen.startswith(" carol"))
                window.press("Escape")
                window.wait_until(lambda screen: screen.startswith(" carol"))
            one.wait_until(lambda screen: "│" in screen)
            one.press("M-s")
            one.wait_until(lambda screen: "│" not in screen)
            one.type("/list")
            one.press("Enter")
            one.wait_until(lambda screen: "│" in screen)
            # A key that acts on a picked message asks first.
            self.say(one, "a mistake")
            two.wait_for("a mistake")
            one.type("/erase")
            one.press("Enter")
            one.wait_for("? y n")
            one.press("y")
            for window in (one, two):
                window.wait_for("(deleted)")

    # ---- the holder ends

    def test_a_window_takes_the_place_of_a_daemon_that_is_killed(self):
        daemon = self.holder("alice", "daemon")
        with self.window("alice") as one, self.window("alice", columns=44, rows=12) as two:
            self.open(one, "bob")
            self.open(two, "bob")
            self.say(one, "before")
            two.wait_for("before")
            one.type("half a thought")
            one.wait_for("> half a thought")
            daemon.kill()
            for window in (one, two):
                self.has_ended(window)
            for window in (one, two):
                window.wait_for("connected, worker")
                window.wait_until(lambda screen: screen.splitlines()[0].startswith(" bob"))
            one.wait_for("> half a thought")
            one.press("Enter")
            two.wait_for("half a thought")
            two.press("C-u")  # a window that opened after the other one shows the same draft
            self.say(two, "after")
            one.wait_for("after")
            for text in ("before", "half a thought", "after"):
                self.assertEqual(self.texts("alice", "bob").count(text), 1)
            # The one that holds the profile now goes too, and the other one is alone.
            pid = self.lock("alice")
            first, second = (one, two) if pid_of(one) == pid else (two, one)
            self.assertEqual(pid_of(first), pid)
            os.kill(pid, signal.SIGKILL)
            first.wait_until_ended()
            self.has_ended(second)
            self.say(second, "the last one")
            wait_until(lambda: self.texts("alice", "bob").count("the last one") == 1, 30, "it is sent")

    def test_a_daemon_that_systemd_ends_leaves_its_windows_to_go_on(self):
        daemon = self.holder("bob", "daemon")
        with self.window("bob") as window:
            self.open(window, "carol")
            daemon.send_signal(signal.SIGTERM)
            self.assertEqual(daemon.wait(30), 0)
            self.has_ended(window)
            self.say(window, "still here")
            wait_until(lambda: self.texts("bob", "carol").count("still here") == 1, 30, "it is sent")
            window.press("C-c")
            window.wait_until_ended()
        wait_until(lambda: not os.path.exists(os.path.join(self.data_dir("bob"), "socket")), 30, "nobody holds it")

    def test_texts_sent_into_a_holder_that_is_killed_are_there_once(self):
        """The holder is stopped, the person writes on, and then it is killed: every text is one message."""
        daemon = self.holder("carol", "daemon")
        with self.window("carol") as window:
            self.open(window, "bob")
            self.say(window, "first")
            wait_until(lambda: "first" in self.texts("carol", "bob"), 30, "it is there")
            for n in range(5):
                window.type(f"burst {n}")
                window.press("Enter")
            daemon.kill()
            self.has_ended(window)
            wait_until(lambda: {f"burst {n}" for n in range(5)} <= set(self.texts("carol", "bob")), 30, "all are sent")
            texts = self.texts("carol", "bob")
            self.assertEqual([t for t in texts if t.startswith("burst")], [f"burst {n}" for n in range(5)])

    def test_a_holder_that_is_killed_under_a_search_a_question_and_a_file(self):
        self.fastchat("ivy", "--server", self.cluster.invite, "signup", "ivy")
        self.fastchat("ivy", "send", "bob", "a needle")
        source = os.path.join(self.folder, "large.bin")
        with open(source, "wb") as file:
            file.write(os.urandom(4 << 20))
        for command, shown in (("/search needle", "1 found"), ("/erase", "? y n"), (f"/send {source}", "")):
            daemon = self.holder("ivy", "daemon")
            with self.subTest(command), self.window("ivy", columns=44, rows=12) as window:
                self.open(window, "bob")
                window.type(command)
                window.press("Enter")
                window.wait_for(shown)
                daemon.kill()
                daemon.wait()
                wait_until(lambda: self.lock("ivy") == pid_of(window), 30, "the window holds the profile")
                window.wait_for("connected, worker")
                window.wait_until(lambda screen: screen.startswith(" bob"))
                self.say(window, "after " + command.split()[0])
                wait_until(lambda: "after " + command.split()[0] in self.texts("ivy", "bob"), 30, "it is sent")
                if command.startswith("/send"):
                    wait_until(lambda: any("large.bin" in t for t in self.texts("ivy", "bob")), 60, "the file is sent")
                window.press("C-c")
                window.wait_until_ended()
        came = [json.loads(line) for line in self.fastchat("bob", "listen", "--json", "--timeout", "3").splitlines()]
        came = [m for m in came if m.get("from") == "ivy"]
        self.assertEqual(sorted(m["text"].split(" (")[0] for m in came),
                         ["a needle", "after /erase", "after /search", "after /send", "large.bin"])

    # ---- other holders

    def test_a_window_beside_listen_and_on_a_screen(self):
        listen = self.holder("bob", "listen")
        with self.window("bob") as window:
            self.open(window, "alice")
            self.say(window, "beside listen")
            wait_until(lambda: "beside listen" in self.texts("bob", "alice"), 30, "it is sent")
            listen.send_signal(signal.SIGINT)
            listen.wait(30)
            self.has_ended(window)
            with self.window("bob", columns=44, rows=12) as second:
                self.open(second, "alice")
                self.say(second, "on a screen")
                window.wait_for("on a screen")
                second.press("C-c")
                second.wait_until_ended()
            self.say(window, "goes on")
            window.wait_for("goes on")

    def test_a_draft_of_two_windows_is_not_lost(self):
        self.holder("carol", "daemon")
        with self.window("carol") as one, self.window("carol") as two:
            self.open(one, "alice")
            self.open(two, "alice")
            one.type("the first text")
            one.wait_for("> the first text")
            two.type("the second text")
            two.wait_for("> the second text")
            one.press("C-c")
            one.wait_until_ended()
            two.press("C-c")
            two.wait_until_ended()
        with self.window("carol") as window:
            self.open(window, "alice")
            window.wait_until(lambda screen: "> the first text" in screen or "> the second text" in screen)
            kept = "the second text" if "> the second text" in window.screen() else "the first text"
            other = "the first text" if kept == "the second text" else "the second text"
            window.press("C-u")
            window.wait_for("> " + other)

    def test_logout_in_a_window_ends_the_holder_and_every_window(self):
        self.fastchat("dora", "--server", self.cluster.invite, "signup", "dora")
        daemon = self.holder("dora", "daemon")
        with self.window("dora") as one, self.window("dora") as two:
            one.wait_for("connected, worker")
            two.wait_for("connected, worker")
            self.fastchat("dora", "logout")
            daemon.wait(30)
            one.wait_until_ended()
            two.wait_until_ended()
        self.assertFalse(json.loads(self.fastchat("dora", "status", "--json"))["remembered"])

    def test_a_screen_that_is_locked_takes_no_window_and_says_why(self):
        with self.client("erik") as welcome:
            welcome.wait_for("Sign up")
            done = subprocess.run([self.cluster.program("fastchat"), "--data-dir", self.data_dir("erik")], check=False,
                                  capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                                  env={**os.environ, "TERM": "xterm"})
            self.assertEqual(done.returncode, 7, done.stderr)
            self.assertRegex(done.stderr, r"^fastchat: [^\n]*account[^\n]*\n$")

    def test_a_holder_that_does_not_answer_costs_a_window_no_more_than_its_patience(self):
        daemon = self.holder("alice", "daemon")
        with Terminal(["sh", "-c", f"'{self.cluster.program('fastchat')}' --data-dir '{self.data_dir('alice')}'; cat"],
                      env={"XDG_CONFIG_HOME": self.folder}) as window:
            self.open(window, "carol")
            daemon.send_signal(signal.SIGSTOP)
            self.addCleanup(lambda: runs(daemon.pid) and daemon.send_signal(signal.SIGCONT))
            window.type("said into silence")
            window.press("Enter")
            window.type("/msg bob")
            window.press("Enter")
            window.wait_for("does not answer", 60)
            daemon.send_signal(signal.SIGCONT)
            # The holder reads the lines that the window wrote before its end.
            wait_until(lambda: self.texts("alice", "carol").count("said into silence") == 1, 30, "it is sent")

    def test_a_window_that_is_stopped_delays_nobody_and_opens_again(self):
        self.fastchat("hal", "--server", self.cluster.invite, "signup", "hal")
        self.holder("hal", "daemon")
        # tmux lets a stopped program go on when the program is its own child.
        behind = ["sh", "-c", f"'{self.cluster.program('fastchat')}' --data-dir '{self.data_dir('hal')}'; cat"]
        with self.window("hal") as one, \
                Terminal(behind, columns=44, rows=12, env={"XDG_CONFIG_HOME": self.folder}) as two:
            self.open(one, "bob")
            self.open(two, "carol")
            two.type("half a line")
            two.wait_for("> half a line")
            with open(f"/proc/{pid_of(two)}/task/{pid_of(two)}/children", encoding="ascii") as file:
                stopped = int(file.read())
            os.kill(stopped, signal.SIGSTOP)
            self.addCleanup(lambda: runs(stopped) and os.kill(stopped, signal.SIGCONT))
            for n in range(3):  # more bytes than wait for a window
                self.fastchat("bob", "send", "hal", "--lines", text=f"{n}{'w' * 16_000}\n" * 400)
            self.fastchat("bob", "send", "hal", "the last of them")
            one.wait_for("the last of them", 60)
            self.say(one, "one goes on")
            wait_until(lambda: "one goes on" in self.texts("hal", "bob"), 30, "it is sent")
            os.kill(stopped, signal.SIGCONT)
            two.wait_until(lambda screen: "It is open again" in " ".join(screen.split()), 60)
            two.wait_until(lambda screen: screen.startswith(" carol") and "> half a line" in screen)
            two.press("C-u")
            self.open(two, "bob")
            two.wait_for("one goes on")

    # ---- speed

    def test_figures_of_a_long_conversation(self):
        for begin in range(0, 1000, 100):
            self.fastchat("bob", "send", "alice", "--lines",
                          text="".join(f"line {begin + n} of a long conversation\n" for n in range(100)))
        self.fastchat("alice", "listen", "--count", "1000", "--timeout", "60")

        def took(window, *keys, shown):
            began = time.monotonic()
            window.press(*keys)
            wait_until(lambda: shown in window.screen(), 30, shown)
            return (time.monotonic() - began) * 1000

        def figures(window):
            window.wait_for("connected, worker")
            window.type("/msg bob")
            opened = took(window, "Enter", shown="line 999")
            keys = []
            for n in range(20):
                window.type(str(n % 10))
                keys.append(took(window, "x", shown="x"))
                window.press("C-u")
            keys.sort()
            begin = took(window, "Home", shown="line 0 ")
            return opened, keys[len(keys) // 2], begin

        with self.window("alice") as alone:
            figures_alone = figures(alone)
            alone.press("C-c")
            alone.wait_until_ended()
        self.holder("alice", "daemon")
        with self.window("alice") as attached:
            figures_attached = figures(attached)
        for name, a, b in zip(("opens", "shows a key", "goes to the beginning"), figures_alone, figures_attached):
            print(f"a conversation of 1000 messages {name}: {a:.0f} ms alone, {b:.0f} ms in a window", flush=True)


if __name__ == "__main__":
    unittest.main()
