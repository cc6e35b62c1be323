"""Runs fastchat without a FastChat server: checks its error line and its exit code for each fault.

A listener on a loopback port plays a program that is no server; nothing here waits for time to pass.
"""
import fcntl
import json
import os
import pwd
import socket
import subprocess
import tempfile
import threading
import unittest

PROGRAM = os.path.join(os.environ["FASTCHAT_BUILD"], "bin", "fastchat")
KEY = "A" * 43
REALM = "B" * 21 + "A"
PASSWORD = "correct horse battery 9"


def run(*args, stdin="", password=PASSWORD, **env):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FASTCHAT_")}
    if password is not None:
        environment["FASTCHAT_PASSWORD"] = password
    environment.update(env)
    # The process has a session of its own, so it has no terminal to ask on.
    return subprocess.run([PROGRAM, *args], input=stdin, capture_output=True, text=True, timeout=100,
                          env=environment, start_new_session=True)


class Closer:
    """Accepts connections and hangs up after the peer's first bytes, as a server with another key does."""

    def __enter__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self.socket.getsockname()[1]

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.recv(64)

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class CliTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.dir = os.path.join(self.folder.name, "profile")

    def tearDown(self):
        self.folder.cleanup()

    def invite(self, port):
        return f"fastchat://127.0.0.1:{port}/?key={KEY}&realm={REALM}"

    def check(self, result, code, *words):
        self.assertEqual(result.returncode, code, result.stderr)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 1, result.stderr)
        for word in words:
            self.assertIn(word, lines[0])
        self.assertEqual(result.stdout, "")

    def test_help_and_version_are_fine(self):
        self.assertEqual(run("--help").returncode, 0)
        self.assertIn("signup", run("--help").stdout)
        self.assertTrue(run("--version").stdout.startswith("fastchat "))

    def test_usage_errors_end_with_1(self):
        self.check(run("shout"), 1, "--help")
        self.check(run("send"), 1, "TO")
        self.check(run("--data-dir", self.dir, "send", "bob", "hi"), 1, "no account", "signup")
        self.check(run("--data-dir", self.dir, "status"), 1, "no account")
        self.check(run("--data-dir", self.dir, "signup", "alice"), 1, "--server")
        self.check(run("--data-dir", self.dir, "--server", "fastchat://x", "signup", "alice"), 1, "invite line")

    def test_names_and_passwords_are_checked_before_anything_is_sent(self):
        invite = self.invite(free_port())
        self.check(run("--data-dir", self.dir, "--server", invite, "signup", "Alice"), 1, "name")
        self.check(run("--data-dir", self.dir, "--server", invite, "signup", "admin"), 1, "reserved")
        self.check(run("--data-dir", self.dir, "--server", invite, "signup", "alice", password="short"), 1, "weak password")
        self.check(run("--data-dir", self.dir, "--server", invite, "signup", "alice", password=None), 1, "--password-file")

    def test_passwords_come_from_files_and_commands(self):
        invite = self.invite(free_port())
        path = os.path.join(self.folder.name, "password")
        with open(path, "w", encoding="utf-8") as file:
            file.write("tiny\nnot this line\n")
        common = ("--data-dir", self.dir, "--server", invite, "signup", "alice")
        self.check(run(*common, "--password-file", path, password=None), 1, "weak password")
        self.check(run(*common, "--password-file", path + "x", password=None), 1, "password file")
        self.check(run(*common, "--password-command", "echo tiny", password=None), 1, "weak password")
        self.check(run(*common, "--password-command", "false", password=None), 1, "password command")

    def test_nobody_listening_ends_with_3(self):
        result = run("--data-dir", self.dir, "--server", self.invite(free_port()), "login", "alice")
        self.check(result, 3, "cannot be reached")

    def test_another_key_ends_with_4(self):
        with Closer() as port:
            self.check(run("--data-dir", self.dir, "--server", self.invite(port), "login", "alice"), 4, "untrusted key")

    def test_a_profile_in_use_names_the_process(self):
        os.makedirs(self.dir, mode=0o700)
        with open(os.path.join(self.dir, "lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            self.check(run("--data-dir", self.dir, "status"), 7, "in use", str(os.getpid()))
            told = json.loads(run("--data-dir", self.dir, "status", "--json").stderr)
            self.assertEqual(("error", 7, "LOCAL_PROFILE_IN_USE"), (told["event"], told["status"], told["code"]))

    def test_a_folder_that_cannot_be_made_is_said(self):
        path = os.path.join(self.folder.name, "file")
        with open(path, "w", encoding="utf-8"):
            pass
        self.check(run("--data-dir", os.path.join(path, "below"), "status"), 2, "folder")

    def test_with_json_an_error_is_one_object(self):
        for words, status, code in ((("sned",), 1, "LOCAL_USAGE"), (("status",), 1, "LOCAL_USAGE"),
                                    (("--server", self.invite(free_port()), "login", "alice"), 3, "LOCAL_UNREACHABLE"),
                                    (("--server", "fastchat://x", "login", "alice"), 1, "LOCAL_USAGE"),
                                    (("--server", "fastchat://x"), 1, None)):
            result = run("--json", "--data-dir", self.dir, *words)
            told = json.loads(result.stderr)
            self.assertEqual(("error", status), (told["event"], told["status"]), words)
            self.assertEqual(result.returncode, status)
            if code:
                self.assertEqual(told["code"], code)

    def test_without_home_the_profile_is_where_the_passwd_entry_says(self):
        environment = {"PATH": os.environ["PATH"]}
        result = subprocess.run([PROGRAM, "--print-reference"], env=environment, capture_output=True, text=True, check=True)
        self.assertIn("--data-dir", result.stdout)
        # When its output is closed, a command that only prints ends before it opens a profile. So the test reads the
        # error about a folder that cannot be made there.
        if os.access(pwd.getpwuid(os.getuid()).pw_dir, os.W_OK):
            self.skipTest("the real home folder can be written: tests/common/home_test.cc looks where it is")
        result = subprocess.run([PROGRAM, "status"], env=environment, capture_output=True, text=True, check=False)
        self.assertIn(pwd.getpwuid(os.getuid()).pw_dir, result.stderr)

    def test_a_home_that_cannot_be_written_is_told_with_its_reason(self):
        result = run("status", HOME="/proc/1", XDG_DATA_HOME="")
        self.check(result, 2, "/proc/1/.local/share/fastchat", "")
        self.assertRegex(result.stderr, "Permission denied|Read-only|Operation not permitted|No such file")
        link = os.path.join(self.folder.name, "file")
        with open(link, "w", encoding="utf-8"):
            pass
        self.check(run("status", HOME=link, XDG_DATA_HOME=""), 2, "Not a directory")

    def test_the_folder_is_private(self):
        run("--data-dir", self.dir, "status")
        self.assertEqual(os.stat(self.dir).st_mode & 0o777, 0o700)
        self.assertEqual(os.stat(os.path.join(self.dir, "client.db")).st_mode & 0o777, 0o600)

    def test_the_environment_names_server_and_folder(self):
        result = run("login", "alice", FASTCHAT_SERVER=self.invite(free_port()), XDG_DATA_HOME=self.folder.name)
        self.check(result, 3, "cannot be reached")
        self.assertTrue(os.path.isdir(os.path.join(self.folder.name, "fastchat")))


if __name__ == "__main__":
    unittest.main()
