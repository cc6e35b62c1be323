"""Every error: one clear line on standard error and the documented exit code, nothing on standard output."""
import os
import re
import signal
import socket
import subprocess
import unittest

from chat import PATIENCE, ChatTest, Done, wait_until

USAGE, UNEXPECTED, SERVER, UNTRUSTED, THROTTLED, TIMEOUT, IN_USE = 1, 2, 3, 4, 5, 6, 7


def mounts():
    """Returns whether this process may mount in a namespace of its own. The namespace ends with its last process."""
    return os.geteuid() == 0 and subprocess.run(
        ["unshare", "-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt"], capture_output=True).returncode == 0


class ErrorsTest(ChatTest):
    CLUSTER = {"workers": 1}
    PEOPLE = ("alice", "bob")

    def refused(self, person, code, text, *arguments, server=None, **env):
        done = person.run(*arguments, code=None, server=server, **env)
        self.assertEqual(code, done.code, done)
        self.assertRegex(done.err, rf"^fastchat: [^\n]*{text}[^\n]*\n$")
        self.assertEqual("", done.out)
        return done

    # Accounts

    def test_wrong_password_and_unknown_user_are_told_alike(self):
        for name in ("alice", "nobody-" + self.chat.salt):
            stranger = self.chat.stranger(name)
            stranger.password += "x"
            self.refused(stranger, USAGE, "wrong name or password", "login", name, server=self.cluster.invite,
                         FASTCHAT_PASSWORD=stranger.password)
            # No file stays that could be taken for a profile.
            self.refused(stranger, USAGE, "no account in", "status")

    def test_too_many_tries(self):
        """Five tries are free, then the waits double from a second: at some point a try comes too early."""
        mallory = self.chat.stranger("mallory")

        def login():
            return mallory.run("login", "mallory", server=self.cluster.invite, code=None,
                               FASTCHAT_PASSWORD=mallory.password)
        for _ in range(5):
            done = login()
            self.assertEqual((USAGE, "fastchat: wrong name or password: check both and try again\n"), (done.code, done.err))
        for _ in range(8):
            done = login()
            if done.code == THROTTLED:
                break
        self.assertEqual(THROTTLED, done.code, done)
        self.assertRegex(done.err, r"^fastchat: too many tries[^\n]*\n$")

    def test_names(self):
        for name, text in (("bob", "taken"), ("admin", "reserved"), ("Carol", "a name has"), ("x", "a name has"),
                           ("-carol", "a name has")):
            stranger = self.chat.stranger("carol")
            arguments = ("signup", "--", name) if name.startswith("-") else ("signup", name)
            self.refused(stranger, USAGE, text, *arguments, server=self.cluster.invite,
                         FASTCHAT_PASSWORD=stranger.password)

    def test_weak_passwords(self):
        for password in ("short", "password1234", "123456789012", "carolcarolcarol", "aaaaaaaaaaaaaaaa"):
            stranger = self.chat.stranger("carol")
            self.refused(stranger, USAGE, "weak password", "signup", "carol", server=self.cluster.invite,
                         FASTCHAT_PASSWORD=password)

    # Servers

    def test_key_or_realm_of_another_server(self):
        key, realm = re.search(r"key=([\w-]+)&realm=([\w-]+)", self.cluster.invite).groups()

        def other(text):
            return ("B" if text[0] == "A" else "A") + text[1:]
        for wrong, text in ((self.cluster.invite.replace(key, other(key)), "untrusted key"),
                            (self.cluster.invite.replace(realm, other(realm)), "untrusted server")):
            stranger = self.chat.stranger("alice")
            self.refused(stranger, UNTRUSTED, text, "login", "alice", server=wrong, FASTCHAT_PASSWORD=stranger.password)
            # A profile stays with the server that it was made with.
            self.refused(self.alice, UNTRUSTED, "", "send", "bob", "hello", server=wrong)
        self.refused(self.alice, USAGE, "not an invite line", "status", server="fastchat://nowhere")

    def test_server_that_cannot_be_reached(self):
        # Bound and not listening: no other program gets the port, and no program answers.
        with socket.socket() as listener:
            listener.bind((self.cluster.address, 0))
            nowhere = self.cluster.invite.replace(f":{self.cluster.port}/", f":{listener.getsockname()[1]}/")
            self.assertNotEqual(nowhere, self.cluster.invite)
            stranger = self.chat.stranger("alice")
            self.refused(stranger, SERVER, "cannot be reached", "login", "alice", server=nowhere,
                         FASTCHAT_PASSWORD=stranger.password)

    def test_server_that_does_not_answer(self):
        with socket.socket() as listener:
            listener.bind((self.cluster.address, 0))
            listener.listen(16)
            silent = self.cluster.invite.replace(f":{self.cluster.port}/", f":{listener.getsockname()[1]}/")
            stranger = self.chat.stranger("alice")
            self.refused(stranger, TIMEOUT, "timed out", "login", "alice", "--timeout", "4", server=silent,
                         FASTCHAT_PASSWORD=stranger.password)

    def test_timeouts(self):
        self.refused(self.bob, TIMEOUT, "timed out: 0 of 1", "listen", "--count", "1", "--timeout", "0.5")
        sender = self.alice.start("send", "bob", "--lines", "--json", "--timeout", "10")
        sender.feed("one\n")
        sender.wait_lines(1)
        self.cluster.kill("worker1", signal.SIGSTOP)
        sender.feed("two\n")
        sender.end_of_input()
        done = sender.wait()
        self.assertClean(done, TIMEOUT)
        self.assertRegex(done.err, r"^fastchat: timed out: 1 not accepted yet; the outbox keeps them[^\n]*\n$")
        self.assertEqual(1, self.alice.status()["unaccepted"])
        self.chat.heal()
        self.alice.send("bob", "three")
        self.assertTexts(["one", "two", "three"], self.bob.receive(3))
        self.alice.empty_outbox()

    # People and profiles

    def test_unknown_recipient(self):
        for name in ("nobody-" + self.chat.salt, "Not A Name"):
            self.refused(self.alice, USAGE, "no such user", "send", name, "hello")
        self.assertEqual(0, self.alice.status()["outbox"])

    def test_profile_in_use_names_the_process(self):
        listener, _ = self.chat.attached(self.bob.listen)
        for command in ("login", "signup"):
            self.refused(self.bob, IN_USE, f"in use by process {listener.pid}\\b", command, "bob",
                         FASTCHAT_PASSWORD=self.bob.password)
        self.assertClean(listener.interrupt())
        self.bob.send("alice", "hello")
        self.assertTexts(["hello"], self.alice.receive(1))

    def test_wrong_usage(self):
        for arguments in (["send"], ["sing", "bob"], ["listen", "--count", "none"], ["send", "bob", "--lines", "text"],
                          ["send", "bob", ""]):
            self.refused(self.alice, USAGE, "", *arguments)
        stranger = self.chat.stranger("carol")
        self.refused(stranger, USAGE, "no account in", "send", "bob", "hello")
        self.refused(stranger, USAGE, "--server", "signup", "carol", FASTCHAT_PASSWORD=stranger.password)
        # A folder takes no second account, and no account of another name.
        self.refused(self.alice, USAGE, "belongs to alice", "login", "bob", FASTCHAT_PASSWORD=self.bob.password)
        self.refused(self.alice, USAGE, "already", "signup", "alice", FASTCHAT_PASSWORD=self.alice.password)

    def test_output_that_nobody_reads(self):
        """`fastchat listen | head -1`: a message that was not printed does not count as seen."""
        for n in (1, 2, 3):
            self.alice.send("bob", str(n))
        shell = " ".join(self.bob.command("listen", "--json", "--timeout", "30"))
        head = subprocess.run(["sh", "-c", f"{shell} | head -n 1"], env=self.chat.env, capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual(1, head.stdout.count("\n"), head)
        self.assertTexts([1, 2, 3], self.bob.history("alice")[-3:])


class FullDiskTest(ChatTest):
    CLUSTER = {"workers": 1}
    PEOPLE = ("alice", "bob")

    def on_small_disk(self, script):
        """Runs a shell script with alice's and bob's profiles on small disks of their own in a private namespace (they
        move back afterwards), or, where mounting is not allowed, skips the case."""
        if not mounts():
            self.skipTest("a small disk needs root and a mount namespace")
        folder = os.path.join(self.chat.folder, "disk")
        os.makedirs(folder, exist_ok=True)
        head = 'set -e; D="$1"; A="$2"; B="$3"; F="$4"; mount -t tmpfs -o size=24m,mode=0700 tmpfs "$D"; ' \
               'cp -a "$A" "$D/a"; cp -a "$B" "$D/b"; set +e; a() { "$F" --data-dir "$D/a" "$@"; }; ' \
               'b() { "$F" --data-dir "$D/b" "$@"; }; ' \
               'fill() { dd if=/dev/zero of="$D/fill" bs=64k 2>/dev/null; dd if=/dev/zero of="$D/fill2" bs=1k 2>/dev/null; }; ' \
               'free() { rm "$D/fill" "$D/fill2"; }; say() { echo "$1 $?"; }\n'
        tail = '\nrm -rf "$A" "$B"; cp -a "$D/a" "$A"; cp -a "$D/b" "$B"\n'
        done = subprocess.run(["unshare", "-m", "sh", "-c", head + script + tail, "sh", folder, self.alice.data_dir,
                               self.bob.data_dir, self.cluster.program("fastchat")],
                              env=self.chat.env, capture_output=True, text=True, timeout=2 * PATIENCE)
        return Done(done.returncode, done.stdout, done.stderr)

    def test_sender_without_space_sends_nothing_and_goes_on_when_there_is_some(self):
        done = self.on_small_disk('a send bob one; say one; fill; a send bob two; say two; free; a send bob three; say three')
        self.assertEqual(f"one 0\ntwo {UNEXPECTED}\nthree 0\n", done.out, done)
        self.assertRegex(done.err, r"^fastchat: [^\n]*(full|No space)[^\n]*\n$")
        self.assertTexts(["one", "three"], self.bob.receive(2))

    def test_recipient_without_space_acknowledges_nothing(self):
        self.alice.send("bob", "wait for space")
        done = self.on_small_disk('fill; b listen --count 1 --timeout 30; say full; free; '
                                  'b listen --count 1 --timeout 60; say space')
        self.assertRegex(done.out, rf"^full {UNEXPECTED}\n[^\n]*alice[^\n]*: wait for space\nspace 0\n$")
        self.assertRegex(done.err, r"^fastchat: [^\n]*(full|No space)[^\n]*\n$")
        self.alice.empty_outbox()
        self.assertNothingWaits(self.bob)

    def test_listener_without_space_for_its_marks_prints_nothing_twice(self):
        """The messages are on disk. There is room to open the profile, but none to mark all messages as seen."""
        count = 120
        self.alice.run("send", "bob", "--lines", stdin="".join(f"{n:04}{'x' * 3000}\n" for n in range(count)))

        def stored():
            self.bob.run("send", "alice", "hello")
            return self.bob.status()["unread"] == count
        wait_until(stored, PATIENCE, "bob's profile has them, and nobody looked")
        done = self.on_small_disk('fill; truncate -s -262144 "$D/fill"; '
                                  f'b listen --count {count} --timeout 30; say full; '
                                  f'b listen --count {count} --timeout 30; say again; free; '
                                  f'b listen --count {count} --timeout 60; say space; b status --json')
        lines = [line for line in done.out.splitlines() if "xxxx" not in line]
        self.assertEqual([f"full {UNEXPECTED}", f"again {UNEXPECTED}", "space 0"], lines[:3], lines)
        self.assertEqual([f"{n:04}" for n in range(count)], re.findall(r": (\d{4})x", done.out))
        self.assertRegex(done.err, r"\A(fastchat: [^\n]*(full|No space)[^\n]*\n){2}\Z")
        self.assertIn('"unread":0', lines[3])


if __name__ == "__main__":
    unittest.main()
