"""Standard input, output and error that are closed, full or gone: no program writes into a file of its own for them, no
unprinted message counts as printed, and failing output gives one line and status 2."""
import itertools
import json
import os
import resource
import signal
import subprocess
import unittest

from chat import PATIENCE, ChatTest, Done, dies_with_us, wait_until

UNEXPECTED = 2
CLOSED = [c for n in (1, 2, 3) for c in itertools.combinations((0, 1, 2), n)]


def closing(descriptors):
    """Returns a preexec_fn: the program starts without these descriptors."""
    tied = dies_with_us()

    def in_child():
        tied()
        for fd in descriptors:
            os.close(fd)
    return in_child


def run(command, env, closed=(), out=subprocess.PIPE):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, env=env,
                          timeout=PATIENCE, start_new_session=True, preexec_fn=closing(closed))
    return Done(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


class OutputTest(ChatTest):
    CLUSTER = {"workers": 1}
    PEOPLE = ("alice", "bob")

    def close(self, person, closed, *arguments):
        return run(person.command(*arguments), self.chat.env, closed)

    def full(self, person, *arguments):
        """Runs the command with standard output on a full disk: one line, status 2."""
        with open("/dev/full", "wb") as full:
            done = run(person.command(*arguments), self.chat.env, out=full)
        self.assertEqual(UNEXPECTED, done.code, (arguments, done))
        self.assertRegex(done.err, r"\Afastchat: [^\n]*No space left on device\n\Z", arguments)

    def files(self, person):
        contents = {}
        for folder, _, names in os.walk(person.data_dir):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    contents[name] = file.read()
        return contents

    def see_all(self):
        def nothing_waits():
            self.bob.run("listen", "--timeout", "1")
            return self.bob.status()["unread"] == 0
        wait_until(nothing_waits, PATIENCE, "what the other cases sent is seen")

    def test_listen_without_output_shows_nothing_as_seen(self):
        self.see_all()
        self.alice.send("bob", "a text for closed eyes only")
        for closed in CLOSED:
            if 1 not in closed:
                continue
            with self.subTest(closed=closed):
                done = self.close(self.bob, closed, "listen", "--json", "--count", "1", "--timeout", "30")
                self.assertEqual(UNEXPECTED, done.code, done)
                for name, content in self.files(self.bob).items():
                    self.assertNotIn(b"closed eyes", content, name)
        self.full(self.bob, "listen", "--json", "--count", "1", "--timeout", "30")
        self.full(self.bob, "listen", "--count", "1", "--timeout", "30")
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as gone:
            done = run(self.bob.command("listen", "--count", "1", "--timeout", "30"), self.chat.env, out=gone)
        self.assertEqual(UNEXPECTED, done.code, done)
        self.assertEqual(1, self.bob.status()["unread"])
        self.assertEqual(["a text for closed eyes only"], self.bob.texts(1))

    def test_a_listen_that_nobody_reads_serves_the_profile(self):
        """Long lines fill the pipe of `listen`. Other commands use the profile meanwhile, and each line comes once."""
        self.see_all()
        texts = [f"{i} " + "x" * 16_300 for i in range(12)]  # 4 pages of the pipe and a little more
        listen = subprocess.Popen(self.bob.command("listen", "--json", "--count", str(len(texts))), env=self.chat.env,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, preexec_fn=dies_with_us())
        try:
            wait_until(lambda: os.path.exists(os.path.join(self.bob.data_dir, "socket")), PATIENCE, "listen serves bob")
            for text in texts:
                self.alice.send("bob", text)
            wait_until(lambda: len(self.bob.history("alice", 20)) >= len(texts), PATIENCE, "they came")
            self.assertGreater(self.bob.status()["unread"], 0, "a line that nobody read is not seen")
            self.bob.run("send", "alice", "beside the reader that does not read", "--timeout", "20")
            self.alice.run("listen", "--timeout", "4")  # longer than a command that printed all lines stays
            self.assertGreater(self.bob.status()["unread"], 0, "nobody read a line meanwhile")
            lines = listen.communicate(timeout=PATIENCE)[0].decode().splitlines()
        finally:
            listen.kill()
            listen.wait()
        self.assertEqual(texts, [json.loads(line)["text"] for line in lines])
        self.assertEqual(0, listen.returncode)
        self.assertEqual(0, self.bob.status()["unread"])

    def test_listen_prints_whole_lines_and_each_once_around_a_full_disk(self):
        """The disk of the output has room for two lines and a half; later it has more."""
        self.see_all()
        limit, room, texts = 64 << 20, 600, [str(n) * 200 for n in range(1, 6)]
        for text in texts:
            self.alice.send("bob", text)
        path = os.path.join(self.chat.folder, "lines")
        with open(path, "wb") as file:
            file.truncate(limit - room)

        tied = dies_with_us()

        def full_at_limit():
            tied()
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        def lines():
            with open(path, "rb") as file:
                file.seek(limit - room)
                content = file.read().decode()
            self.assertTrue(content.endswith("\n"), content)
            return [line.split(": ", 1)[1] for line in content.splitlines()]

        for expected, limited in ((texts[:2], True), (texts[:2], True), (texts, False)):
            with open(path, "ab") as out:
                done = subprocess.run(self.bob.command("listen", "--count", "5" if limited else "3", "--timeout", "30"),
                                      stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, env=self.chat.env,
                                      timeout=PATIENCE, preexec_fn=full_at_limit if limited else dies_with_us())
            self.assertEqual(UNEXPECTED if limited else 0, done.returncode, done)
            self.assertRegex(done.stderr.decode(), r"\Afastchat: [^\n]*File too large\n\Z" if limited else r"\A\Z")
            self.assertEqual(expected, lines())
        self.assertEqual(0, self.bob.status()["unread"])

    def test_other_descriptors_do_no_harm(self):
        for closed in CLOSED:
            if 1 in closed:
                continue
            with self.subTest(closed=closed):
                self.assertEqual(0, self.close(self.alice, closed, "send", "alice", "to myself").code)
                done = self.close(self.alice, closed, "status", "--json")
                self.assertEqual(0, done.code, done)
                self.assertEqual("alice", json.loads(done.out)["user"])
        # A command without output needs no standard output; one that reads needs its standard input.
        self.assertEqual(0, self.close(self.alice, (0, 1, 2), "send", "alice", "quietly").code)
        for arguments in (("send", "alice"), ("send", "alice", "--lines")):
            done = self.close(self.alice, (0,), *arguments)
            self.assertEqual(UNEXPECTED, done.code, done)
            self.assertRegex(done.err, r"\Afastchat: cannot read standard input: [^\n]*\n\Z")

    def test_every_command_that_prints_says_that_it_could_not(self):
        self.alice.run("send", "bob", "something to find")
        self.alice.run("group", "create", "outputs", "bob")
        path = os.path.join(self.chat.folder, "a file")
        with open(path, "w", encoding="utf-8") as file:
            file.write("content")
        for arguments in (
                ("--help",), ("--version",), ("send", "--help"), ("history", "bob"), ("history", "bob", "--json"),
                ("search", "something"), ("search", "something", "--json"), ("status",), ("status", "--json"),
                ("status", "--ping"), ("send", "bob", "told", "--json"), ("send", "bob", "--file", path, "--json"),
                ("devices",), ("devices", "--json"), ("verify", "bob"), ("verify", "bob", "--json"), ("group", "list"),
                ("group", "list", "--json"), ("group", "info", "outputs")):
            with self.subTest(arguments=arguments):
                self.full(self.alice, *arguments)
                if "--help" in arguments or "--version" in arguments:
                    self.assertEqual(UNEXPECTED, self.close(self.alice, (1,), *arguments).code)
        stranger = self.chat.stranger("carol")
        done = run(["sh", "-c", 'exec "$@" >/dev/full', "sh",
                    *stranger.command("signup", "carol", "--json", server=self.cluster.invite)],
                   {**self.chat.env, "FASTCHAT_PASSWORD": stranger.password})
        self.assertEqual(UNEXPECTED, done.code, done)
        self.assertEqual("carol", stranger.status()["user"], "the account is there all the same")

    def test_tools_of_the_servers_say_so_too(self):
        broker, worker = self.cluster.program("fastchat-broker"), self.cluster.program("fastchat-worker")
        bench = self.cluster.program("fastchat-bench")
        keys = ["--keys", self.cluster.keys]
        token = [broker, "token", "--database", self.cluster.conninfo]
        for command in ([broker, "--help"], [broker, "--version"], [worker, "--help"], [worker, "--version"],
                        [broker, "invite", *keys, "--address", "127.0.0.1:1"], token,
                        [broker, "migrate", "--database", self.cluster.conninfo],
                        [worker, *self.cluster.process("worker1").command[1:], "--check-config"]):
            with self.subTest(command=command):
                self.assertEqual(0, run(command, self.cluster.env).code)
                with open("/dev/full", "wb") as full:
                    done = run(command, self.cluster.env, out=full)
                self.assertEqual(UNEXPECTED, done.code, done)
                self.assertRegex(done.err, r"\A[a-z-]+: [^\n]*No space left on device\n\Z")
                self.assertEqual(UNEXPECTED, run(command, self.cluster.env, (0, 1, 2)).code)
        if os.access(bench, os.X_OK):
            self.assertNotEqual(0, run([bench, "--nonsense"], self.cluster.env, (0, 1, 2)).code)

    def test_keys_are_made_whatever_is_closed(self):
        for closed in CLOSED:
            with self.subTest(closed=closed):
                folder = os.path.join(self.chat.folder, "keys" + "".join(map(str, closed)))
                done = run([self.cluster.program("fastchat-broker"), "keys", "--keys", folder], self.cluster.env, closed)
                self.assertEqual(0, done.code, done)
                self.assertEqual({"broker.key", "cluster.key", "log.key", "realm"}, set(os.listdir(folder)))

    def test_servers_have_all_three_and_serve(self):
        for part in ("broker1", "worker1"):
            for closed in CLOSED:
                with self.subTest(part=part, closed=closed):
                    process = self.cluster.process(part)
                    self.assertTrue(self.cluster.stop_part(part))
                    with subprocess.Popen(process.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                          stderr=subprocess.DEVNULL, cwd=self.cluster.run_dir, env=self.cluster.env,
                                          start_new_session=True, preexec_fn=closing(closed)) as popen:
                        wait_until(lambda: self.cluster.health(part)[0], PATIENCE, f"{part} is healthy")
                        for fd in (0, 1, 2):
                            self.assertEqual("/dev/null", os.readlink(f"/proc/{popen.pid}/fd/{fd}"))
                        popen.send_signal(signal.SIGTERM)
                        self.assertEqual(0, popen.wait(PATIENCE))
            self.cluster.start_part(part)


if __name__ == "__main__":
    unittest.main()
