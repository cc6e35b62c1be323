"""Helpers of the tests of files: making files, sending them, stopping in the middle."""
import hashlib
import os
import signal

from chat import PATIENCE, ChatTest
from fastchat_cluster import wait_until

MIB = 1 << 20
CHUNK = 256 * 1024
SEALED = CHUNK + 81  # bytes at the server of a whole chunk
PUTS = "fastchat_worker_file_puts_total"


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class FileChatTest(ChatTest):
    PEOPLE = ("alice", "bob", "carol")

    def make(self, size, name="data.bin"):
        folder = self.chat.new_dir("source")
        os.mkdir(folder)
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(os.urandom(size))
        return path

    def send_file(self, path, to="bob"):
        return self.alice.run("send", to, "--file", path, "--json").json()[0]["id"]

    def next_file(self, person=None):
        got = (person or self.bob).receive(1)
        self.assertEqual("file", got[0]["kind"])
        return got[0]

    def assertFetched(self, source, person=None, message=None):
        person = person or self.bob
        message = message or self.next_file(person)["id"]
        path = person.run("fetch", message).out.strip()
        self.assertEqual(digest(source), digest(path))
        return path

    def stored(self):
        """Returns the number of stored chunks of the file that was opened last."""
        return int(self.cluster.psql("SELECT stored FROM files ORDER BY fid DESC LIMIT 1").strip())

    def body(self):
        """Returns the path of the bytes of the file that was opened last, for workers that have a directory."""
        name = self.cluster.psql("SELECT encode(file_id, 'hex') FROM files ORDER BY fid DESC LIMIT 1").strip()
        return os.path.join(self.cluster.files, name[:2], name)

    def files(self):
        return int(self.cluster.psql("SELECT count(*) FROM files WHERE expires > now()").strip())

    def upload_to_the_middle(self, source, *options):
        """Starts a sender and stops it (SIGSTOP) when the server has a part of its file."""
        before = self.chat.total(PUTS)
        sender = self.alice.start("send", "bob", "--file", source, *options)
        wait_until(lambda: self.chat.total(PUTS) > before + 4, PATIENCE, "some chunks are stored")
        sender.signal(signal.SIGSTOP)
        self.assertTrue(0 < self.stored() < os.path.getsize(source) // CHUNK, "in the middle")
        return sender

    def download_to_the_middle(self, message, *options):
        fetching = self.bob.start("fetch", message, *options)
        part = self.part_of(self.bob, message)
        wait_until(lambda: os.path.exists(part) and os.path.getsize(part) >= CHUNK, PATIENCE, "a part is here")
        fetching.signal(signal.SIGSTOP)
        self.assertTrue(fetching.running() and os.path.exists(part), "in the middle")
        return fetching

    def gets_when_all_are_gone(self):
        """Waits for the end of a killed client's requests; returns the number of chunks read until now."""
        left = ("fastchat_worker_sessions", "fastchat_worker_file_bytes")
        wait_until(lambda: not any(self.chat.total(metric) for metric in left), PATIENCE, "the workers are idle")
        return self.chat.total("fastchat_worker_file_gets_total")

    def part_of(self, person, message):
        return os.path.join(person.data_dir, "downloads", f".fastchat-{message}.part")


class BytesAtTheServer:
    """Cases that hold wherever the workers keep the bytes: in a directory, or in rows of the database."""

    def test_a_file_waits_for_somebody_who_is_away(self):
        source = self.make(3 * CHUNK + 17, "holiday.png")
        message = self.send_file(source)
        self.assertEqual(1, self.files())
        got = self.next_file()
        self.assertEqual([message, "holiday.png", "none"], [got[k] for k in ("id", "name", "file_state")])
        folder = self.chat.new_dir("to")
        path = self.bob.run("fetch", message, "--to", folder).out.strip()
        self.assertEqual(os.path.join(folder, "holiday.png"), path)
        self.assertEqual(digest(source), digest(path))
        self.assertEqual(path, self.bob.run("fetch", message).out.strip(), "it is here already")

    def flip_a_byte(self, place):
        """Changes a byte in a chunk of the file that was sent last; a second call restores it."""
        if not self.cluster.files:
            self.cluster.psql("UPDATE file_pieces SET data = set_byte(data, 5000, get_byte(data, 5000) # 1) "
                              f"WHERE part = 0 AND place = {place} AND fid = (SELECT max(fid) FROM files)")
            return
        with open(self.body(), "r+b") as body:
            body.seek(place * SEALED + 5000)
            byte = body.read(1)[0]
            body.seek(-1, os.SEEK_CUR)
            body.write(bytes((byte ^ 1,)))

    def swap_chunks(self, one, other):
        if not self.cluster.files:
            newest = "fid = (SELECT max(fid) FROM files)"
            self.cluster.psql(f"UPDATE file_pieces SET place = place + 1000 WHERE {newest} AND place IN ({one}, {other})")
            self.cluster.psql(f"UPDATE file_pieces SET place = {one + other} + 1000 - place WHERE {newest} AND place >= 1000")
            return
        with open(self.body(), "r+b") as body:
            chunks = {}
            for place in (one, other):
                body.seek(place * SEALED)
                chunks[place] = body.read(SEALED)
            for place, source in ((one, other), (other, one)):
                body.seek(place * SEALED)
                body.write(chunks[source])

    def test_a_chunk_that_was_tampered_with_is_refused(self):
        source = self.make(3 * CHUNK, "tampered.bin")
        message = self.send_file(source)
        self.next_file()
        self.flip_a_byte(1)
        refused = self.bob.run("fetch", message, code=4)
        self.assertRegex(refused.err, r"^fastchat: the server's copy of the file differs from the file that was sent[^\n]*\n$")
        self.assertNotIn("tampered.bin", os.listdir(os.path.join(self.bob.data_dir, "downloads")))
        self.flip_a_byte(1)
        self.assertFetched(source, message=message)

    def test_swapped_chunks_are_refused(self):
        message = self.send_file(self.make(3 * CHUNK))
        self.next_file()
        self.swap_chunks(0, 1)
        self.bob.run("fetch", message, code=4)
        self.cluster.psql("UPDATE files SET expires = now()")

    def test_the_bytes_go_when_everybody_has_them(self):
        source = self.make(2 * CHUNK)
        message = self.send_file(source)
        self.next_file()
        self.assertTrue(self.bytes_are_kept())
        self.assertFetched(source, message=message)
        wait_until(lambda: not self.bytes_are_kept(), 4 * PATIENCE, "the sweep has taken the bytes away")

    def bytes_are_kept(self):
        if not self.cluster.files:
            return self.cluster.psql("SELECT count(*) FROM file_pieces").strip() != "0"
        return any(files for path, _, files in os.walk(self.cluster.files) if path != self.cluster.files)
