"""Files between people: sealed up and down through a real cluster, with interruptions in the middle, hostile contents
and limits. Each case compares the downloaded files byte by byte."""
import os
import re
import signal
import subprocess
import unittest

from chat import PATIENCE, ChatTest
from fastchat_cluster import wait_until
from file_chat import CHUNK, MIB, BytesAtTheServer, FileChatTest, digest

def peak_kib(pid):
    """Returns the most memory that the process ever held (VmHWM)."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s+(\d+) kB", file.read()).group(1))


class FilesTest(BytesAtTheServer, FileChatTest):
    # Directly and for somebody away

    def test_a_file_goes_to_somebody_who_listens(self):
        source = self.make(20 * MIB)
        listener = self.bob.start("listen", "--json", "--count", "1", "--save-files")
        message = self.send_file(source)
        done = listener.wait()
        self.assertClean(done)
        said, saved = done.json()
        self.assertEqual(["file", "data.bin", 20 * MIB, "application/octet-stream", message],
                         [said[k] for k in ("kind", "name", "size", "media_type", "id")])
        self.assertEqual(["saved", message], [saved["event"], saved["id"]])
        self.assertEqual(digest(source), digest(saved["path"]))
        self.assertEqual(0, self.files(), "nobody needs it any more")
        self.assertEqual("here", self.bob.history("alice")[-1]["file_state"])

    def test_several_files_and_a_text_come_in_their_order(self):
        sources = [self.make(size, f"{size}.txt") for size in (0, 1, CHUNK)]
        files = [a for s in sources for a in ("--file", s)]
        self.alice.run("send", "bob", "that is all", *files)
        got = self.bob.receive(4)
        self.assertEqual(["file", "file", "file", "text"], [m["kind"] for m in got])
        for source, message in zip(sources, got):
            self.assertFetched(source, message=message["id"])

    def test_another_device_that_comes_later_gets_the_file_too(self):
        source = self.make(2 * CHUNK)
        message = self.send_file(source)
        phone = self.bob.another_device()
        self.assertFetched(source)
        self.assertEqual(1, self.files(), "the other device has it not yet")
        self.assertFetched(source, person=phone, message=self.next_file(phone)["id"])
        self.assertEqual(0, self.files())
        self.bob.run("devices", "remove", phone.status()["device"])
        self.assertEqual(message, self.alice.history("bob")[-1]["id"])

    # kill -9 in the middle

    def test_an_upload_goes_on_after_its_client_was_killed(self):
        source = self.make(90 * MIB)
        self.upload_to_the_middle(source).kill()
        under_way = self.alice.run("files", "--json").json()
        self.assertEqual([("up", "data.bin")], [(t["direction"], t["name"]) for t in under_way])
        self.assertClean(self.alice.run("send", "bob", "--file", source))
        self.assertEqual(1, self.files(), "the same upload, not another")
        self.assertEqual("", self.alice.run("files").out)
        self.assertFetched(source)

    def test_an_upload_goes_on_by_itself_with_the_next_session(self):
        source = self.make(90 * MIB)
        self.upload_to_the_middle(source).kill()
        listener = self.alice.listen()
        self.assertFetched(source)
        listener.interrupt()

    def test_who_sent_a_file_and_is_silent_then_keeps_the_connection(self):
        self.upload_to_the_middle(self.make(90 * MIB)).kill()
        ended = self.chat.total("fastchat_worker_connections_ended")
        listener = self.alice.listen()
        wait_until(lambda: self.stored() == 90 * MIB // CHUNK, PATIENCE, "the file is at the server")
        for name in self.cluster.worker_names:
            sampled = self.cluster.metrics(name)["fastchat_worker_guard_samples"]
            wait_until(lambda: self.cluster.metrics(name)["fastchat_worker_guard_samples"] >= sampled + 80, PATIENCE,
                       "the guard has looked at the connections for a while")
        self.assertEqual(ended, self.chat.total("fastchat_worker_connections_ended"))
        listener.interrupt()

    def test_a_download_goes_on_after_its_client_was_killed(self):
        source = self.make(90 * MIB)
        message = self.send_file(source)
        self.next_file()
        self.download_to_the_middle(message).kill()
        part = self.part_of(self.bob, message)
        self.assertTrue(os.path.exists(part))
        self.assertEqual("partial", self.bob.history("alice")[-1]["file_state"])
        before = self.gets_when_all_are_gone()
        kept = os.path.getsize(part) // CHUNK
        self.assertFetched(source, message=message)
        self.assertLessEqual(self.chat.total("fastchat_worker_file_gets_total") - before, 360 - kept)
        self.assertFalse(os.path.exists(part))

    def kill_in_the_middle(self, kill):
        """Calls `kill`, which ends a server, while the client stands still in the middle of a transfer."""
        source = self.make(90 * MIB)
        sender = self.upload_to_the_middle(source, "--timeout", 2 * PATIENCE)
        kill()
        sender.signal(signal.SIGCONT)
        self.chat.heal()
        self.assertClean(sender.wait(2 * PATIENCE))
        message = self.next_file()["id"]
        fetching = self.download_to_the_middle(message, "--timeout", 2 * PATIENCE)
        kill()
        fetching.signal(signal.SIGCONT)
        self.chat.heal()
        done = fetching.wait(2 * PATIENCE)
        self.assertClean(done)
        self.assertEqual(digest(source), digest(done.out.strip()))

    def test_both_ways_go_on_after_their_worker_was_killed(self):
        def kill():
            sessions = self.chat.sessions()
            self.cluster.kill(next(w for w, n in sessions.items() if n > 0))
        self.kill_in_the_middle(kill)

    def test_both_ways_go_on_after_postgresql_was_killed(self):
        self.kill_in_the_middle(lambda: self.cluster.kill("postgres"))

    # Refusals

    def test_what_expired_is_said_to_be_gone(self):
        message = self.send_file(self.make(CHUNK))
        self.next_file()
        self.cluster.psql("UPDATE files SET expires = now() - interval '1 second'")
        gone = self.bob.run("fetch", message, code=None)
        self.assertEqual(1, gone.code, gone)
        self.assertIn("expired", gone.err)
        self.assertEqual("gone", self.bob.history("alice")[-1]["file_state"])

    def test_a_file_that_is_too_large_is_refused_in_one_line(self):
        source = self.make(0)
        os.truncate(source, 101 * MIB)
        refused = self.alice.run("send", "bob", "--file", source, code=1)
        self.assertRegex(refused.err, r"^fastchat: the file is larger than this server takes\n$")
        self.assertEqual(0, self.files())

    def test_a_file_that_changes_while_it_is_read_is_not_sent(self):
        source = self.make(90 * MIB)
        sender = self.upload_to_the_middle(source)
        with open(source, "ab") as file:
            file.write(b"x")
        sender.signal(signal.SIGCONT)
        done = sender.wait()
        self.assertEqual(1, done.code, done)
        self.assertRegex(done.err, r"changed while it was being sent[^\n]*\n$")
        wait_until(lambda: self.files() == 0, PATIENCE, "the upload is given up")
        self.assertEqual("", self.alice.run("files").out)

    def test_what_cannot_be_sent_is_said_before_anything_is(self):
        for path, why in (("/", "not a file"), ("/nonexistent", "No such file"), ("/dev/null", "not a file")):
            refused = self.alice.run("send", "bob", "--file", path, code=1)
            self.assertIn(why, refused.err)
        refused = self.alice.run("send", "nobody-at-all", "--file", self.make(10), code=1)
        self.assertIn("no such user", refused.err)
        self.assertEqual(1, self.bob.run("fetch", "0" * 32, code=1).code)
        self.assertEqual(1, self.bob.run("fetch", "nonsense", code=1).code)

    def test_hostile_names_are_harmless(self):
        names = ["a\u202etxt.exe", "new\nline", "-rf", ".bashrc", "x" * 255, "\x1b[31mred"]
        for name in names:
            self.send_file(self.make(5, name))
        folder = os.path.join(self.bob.data_dir, "downloads")
        for message in self.bob.receive(len(names)):
            path = self.assertFetchedFive(message)
            self.assertEqual(folder, os.path.dirname(path))
            last = os.path.basename(path)
            self.assertFalse(last.startswith((".", "-")), last)
            self.assertTrue(last.isprintable() and "\u202e" not in last, repr(last))

    def assertFetchedFive(self, message):
        path = self.bob.run("fetch", message["id"]).out.rstrip("\n")
        self.assertEqual(5, os.path.getsize(path))
        return path

    def test_a_full_disk_is_one_line_and_the_rest_comes_later(self):
        source = self.make(8 * MIB)
        message = self.send_file(source)
        self.next_file()
        # A limit on file sizes stands for a full disk, because it needs no privilege.
        shell = ["bash", "-c", "ulimit -f 5120; exec \"$@\"", "bash", *self.bob.command("fetch", message)]
        done = self.run_shell(shell)
        self.assertEqual(2, done.returncode, done)
        self.assertRegex(done.stderr.decode(), r"^fastchat: no room for the file[^\n]*\n$")
        self.assertEqual(1, self.files(), "the server keeps it")
        self.assertFetched(source, message=message)

    def run_shell(self, command):
        return subprocess.run(command, capture_output=True, env=self.chat.env, timeout=PATIENCE)

    # Memory

    @unittest.skipIf(os.environ.get("FASTCHAT_SANITIZE"), "a sanitizer keeps freed memory: resident size says nothing")
    def test_neither_end_nor_worker_holds_the_file_in_memory(self):
        small, large = self.make(1), self.make(100 * MIB)
        self.send_file(small)  # causes the one-time growth
        self.assertFetched(small)
        workers = {name: self.cluster.process(name).pid for name in self.cluster.worker_names}
        before = {name: peak_kib(pid) for name, pid in workers.items()}

        def peak_of(person, *command):
            """Returns the most memory of a client, read while it runs; the last reading is just before its end."""
            client = person.start(*command)
            peak = 0
            while client.running():
                try:
                    peak = max(peak, peak_kib(client.pid))
                except (OSError, AttributeError):  # the client ended meanwhile
                    break
            self.assertClean(client.wait())
            return peak
        base = peak_of(self.alice, "send", "bob", "--file", small)
        up = peak_of(self.alice, "send", "bob", "--file", large)
        self.assertFetched(small)
        message = self.next_file()["id"]
        down = peak_of(self.bob, "fetch", message)
        growth = {name: peak_kib(pid) - before[name] for name, pid in workers.items()}
        self.assertLess(up - base, 32 * 1024, "the sender")
        self.assertLess(down - base, 32 * 1024, "the recipient")
        self.assertTrue(all(grown < 32 * 1024 for grown in growth.values()), growth)


class QuotaTest(ChatTest):
    PEOPLE = ("dave", "erin")
    CLUSTER = {"workers": 1}

    def test_a_senders_share_is_bounded_and_comes_back(self):
        folder = self.chat.new_dir("source")
        os.mkdir(folder)
        path = os.path.join(folder, "a")
        with open(path, "wb") as file:
            file.write(os.urandom(MIB))
        self.dave.run("send", "erin", "--file", path)
        # Makes the stored file look much larger.
        self.cluster.psql("UPDATE files SET size = 1024 * 1048576::bigint")
        refused = self.dave.run("send", "erin", "--file", path, code=1)
        self.assertRegex(refused.err, r"^fastchat: your share of this server's file storage is used up\n$")
        self.cluster.psql("UPDATE files SET expires = now()")
        self.dave.run("send", "erin", "--file", path)


if __name__ == "__main__":
    unittest.main()
