"""Looks for messages and passwords everywhere except on people's screens: on the wire between all programs, in files
and memory of the servers, in their logs, and in the clients' folders. Each search also looks for a word that must be
found there; without it the search proves nothing. Only root can read wire and memory: for other users the test reports
that it skipped them."""
import base64
import glob
import os
import re
import stat
import sys
import unittest
import uuid

import capture
from chat import ChatTest

MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S{4}) (\S+ \S+ \S+)\s*(.*)$")
CHUNK = 1 << 22
READS_MEMORY = os.geteuid() == 0 and not os.environ.get("FASTCHAT_SANITIZE")  # a sanitizer maps terabytes


def forms(text):
    """Returns the bytes themselves, hex, UTF-16, and the inner part of their base64 at each alignment."""
    raw = text.encode()
    return {raw, raw.hex().encode(), text.encode("utf-16-le"),
            *(base64.b64encode(b"\0" * shift + raw)[4:-4] for shift in range(3))}


def search(chunks, needles):
    """Returns the names of {name: set of byte strings} that occur in a sequence of byte strings that belong
    together."""
    overlap = max(len(n) for group in needles.values() for n in group) - 1
    found, tail = set(), b""
    for chunk in chunks:
        text = tail + chunk
        found |= {name for name, group in needles.items() if any(n in text for n in group)}
        tail = text[-overlap:]
    return found


def file_chunks(path):
    try:
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except FileNotFoundError:
        return  # PostgreSQL removes files as it goes


def memory_chunks(pid, known_mappings):
    """Yields everything readable in a process but files that the process cannot write to. Shared memory comes once:
    known_mappings collects it."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            at, end, access, what, name = MAPPING.match(line).groups()
            program = name.startswith("/") and "w" not in access
            if "r" not in access or program or name in ("[vvar]", "[vsyscall]") or what in known_mappings:
                continue
            if "s" in access:
                known_mappings.add(what)
            yield b"\0"  # a match does not reach across mappings
            at, end = int(at, 16), int(end, 16)
            while at < end:
                try:
                    memory.seek(at)
                    chunk = memory.read(min(CHUNK, end - at))
                except OSError:
                    break  # a guard page of the kernel
                if not chunk:
                    break
                yield chunk
                at += len(chunk)


def files_below(*folders):
    paths = [os.path.join(base, name) for folder in folders for base, _, names in os.walk(folder) for name in names]
    return [path for path in paths if not stat.S_ISSOCK(os.lstat(path).st_mode)]


def children(pid):
    found = [pid]
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        with open(path, encoding="utf-8") as file:
            for child in file.read().split():
                found += children(int(child))
    return found


class CanaryTest(ChatTest):
    CLUSTER = {"workers": 2, "log_level": "debug"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # All messages and passwords contain one word, so that one search finds them all.
        cls.canary = cls.chat.salt = uuid.uuid4().hex
        cls.marker = "zz" + uuid.uuid4().hex[:10]
        cls.ann, cls.ben = cls.chat.people("ann-" + cls.marker, "ben-" + cls.marker)
        assert cls.canary in cls.ann.password
        cls.online, cls.offline, cls.late = (f"{word} {cls.canary} {word}" for word in ("online", "offline", "late"))
        cls.needles = {"canary": forms(cls.canary), "marker": {cls.marker.encode()}}

    def hunt(self, where, chunks):
        """Checks that no secret is there; returns whether the known name is there."""
        found = search(chunks, self.needles)
        self.assertLessEqual(found, {"marker"}, f"in {where}")
        return "marker" in found

    def hunt_files(self, what, *folders):
        """Returns the files in which the known name occurs, after the hunt through all of them."""
        files = files_below(*folders)
        self.assertTrue(files, what)
        return [path for path in files if self.hunt(path, file_chunks(path))]

    def hunt_servers(self):
        shared = set()
        known = [name for name in self.cluster.names() for pid in children(self.cluster.process(name).pid)
                 if self.hunt(f"memory of {name} {pid}", memory_chunks(pid, shared))]
        self.assertTrue([name for name in known if name.startswith("worker")],
                        f"of the programs only {known} are found to hold a user's name")

    def hunt_wire(self, streams):
        """Checks that every link of every program of the cluster is CURVE from its first byte on; not even a name is
        readable."""
        for (source, target), stream in streams.items():
            self.assertFalse(self.hunt(f"the traffic from port {source} to {target}", [stream]), "a user's name is seen")
        ports = self.cluster.ports.given
        for name in [n for n in ports if n.endswith((".clients", ".inner"))]:
            to_it = [stream for (_, target), stream in streams.items() if target == ports[name]]
            self.assertTrue(to_it, f"no traffic to {name}")
            for stream in to_it:  # the greeting: signature 10, version 2, mechanism 20
                self.assertEqual(b"CURVE".ljust(20, b"\0"), stream[12:32], name)
        # The search finds unencrypted text, so capture and search work.
        plain = [stream for (source, _), stream in streams.items() if source == ports["worker1.metrics"]]
        self.assertTrue(any(b"fastchat_worker_sessions" in stream for stream in plain))

    def test_nothing_that_was_said_is_on_the_wire(self):
        if not capture.possible():
            print("NOT TESTED: a capture of the traffic needs root", file=sys.stderr)
            self.skipTest("a capture of the traffic needs root")
        parts = self.cluster.broker_names + self.cluster.worker_names
        for name in parts:
            self.cluster.stop_part(name)
        with capture.Capture(self.cluster.address) as wire:
            for name in parts:
                self.cluster.start_part(name, wait=False)
            self.chat.heal()
            person = self.chat.stranger("cas-" + self.marker).sign_up()
            (sender, _), (listener, _) = self.chat.placed(
                lambda: person.send_lines(self.ben.name), lambda: self.ben.listen(1000), together=False)
            sender.feed(self.online + "\n")
            listener.wait_lines(1)
            sender.wait_lines(1)
            self.assertClean(listener.interrupt())
            sender.feed(self.offline + "\n")
            sender.wait_lines(2)
            sender.end_of_input()
            self.assertClean(sender.wait())
            self.assertTexts([self.offline], self.ben.receive(1))
        self.hunt_wire(wire.streams())

    def test_nothing_that_was_said_is_anywhere_but_with_the_people(self):
        # Live, across workers. The test reads both clients and all servers while they hold the word.
        (sender, _), (listener, _) = self.chat.placed(
            lambda: self.ann.send_lines(self.ben.name), lambda: self.ben.listen(1000), together=False)
        sender.feed(self.online + "\n")
        listener.wait_lines(1)
        sender.wait_lines(1)
        self.assertEqual([self.online], [m["text"] for m in listener.json()])
        self.hunt_folders()
        if READS_MEMORY:
            self.assertIn("canary", search(memory_chunks(listener.pid, set()), self.needles),
                          "the search of memory does not find it where it must be")
            self.hunt_servers()
        self.assertClean(listener.interrupt())

        # Messages wait in PostgreSQL.
        sender.feed(self.offline + "\n")
        sender.wait_lines(2)
        self.assertEqual("queued", sender.json()[1]["state"])
        self.hunt_servers_and_files()
        sender.end_of_input()
        self.assertClean(sender.wait())
        self.assertTexts([self.offline], self.ben.receive(1))

        # The way back of a read receipt, a third terminal, and a worker and PostgreSQL that were killed.
        self.ann.send(self.ben.name, self.late)
        other = self.ben.another_device()
        self.assertTexts([self.late], other.receive(1))
        for name in ("postgres", "worker1"):
            self.cluster.kill(name)
        self.chat.heal()
        self.assertTexts([self.late], self.ben.receive(1))
        self.hunt_servers_and_files()

    def hunt_folders(self):
        known = self.hunt_files("clients", self.ann.data_dir, self.ben.data_dir)
        self.assertTrue(known, "not even the user's name is found in the clients' folders")

    def hunt_servers_and_files(self):
        self.cluster.psql("CHECKPOINT")
        postgres = self.cluster.postgres.data
        known = self.hunt_files("PostgreSQL", postgres)
        self.assertTrue(any("/base/" in p for p in known), "no table in which the user's name is found")
        self.assertTrue(any("/pg_wal/" in p for p in known), "no WAL in which the user's name is found")
        known = self.hunt_files("run directory", self.cluster.run_dir)
        self.assertTrue(any("/logs/" in p for p in known), "no log in which the user's name is found")
        if READS_MEMORY:
            self.hunt_servers()
        else:
            print("NOT TESTED: the servers' memory, which root reads, of programs without a sanitizer", file=sys.stderr)
        self.hunt_folders()

    def test_servers_and_clients_leave_no_core_dumps(self):
        listener, _ = self.chat.attached(self.ben.listen)
        pids = [self.cluster.process(n).pid for n in self.cluster.names() if n != "postgres"] + [listener.pid]
        for pid in pids:
            with open(f"/proc/{pid}/limits", encoding="utf-8") as file:
                limit = next(line for line in file if line.startswith("Max core file size"))
            self.assertEqual(["0", "0"], limit.split()[4:6], pid)


if __name__ == "__main__":
    unittest.main()
