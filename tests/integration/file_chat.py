"""What the tests of files share: making them, sending them, stopping in the middle."""
import hashlib
import os
import signal

from chat import PATIENCE, ChatTest
from fastchat_cluster import wait_until

MIB = 1 << 20
CHUNK = 256 * 1024
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
        """Chunks of the file that was opened last."""
        return int(self.cluster.psql("SELECT stored FROM files ORDER BY fid DESC LIMIT 1").strip())

    def files(self):
        return int(self.cluster.psql("SELECT count(*) FROM files WHERE expires > now()").strip())

    def upload_to_the_middle(self, source, *options):
        """A sender that stands still (SIGSTOP) when the server has a part of what it sends."""
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

    def part_of(self, person, message):
        return os.path.join(person.data_dir, "downloads", f".fastchat-{message}.part")
