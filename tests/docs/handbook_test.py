"""Runs every command of the pages on installing, backups, restoring and keys, as they stand, on a machine of its own.

People write to each other before and after: nothing that the pages promise to keep is lost.
"""
import json
import os
import shutil
import sys
import tempfile
import unittest

import machine
from shell_blocks import blocks

BUILD, SOURCE = os.environ["FASTCHAT_BUILD"], os.environ["FASTCHAT_SOURCE"]
PASSWORD = "tulob-fihap-nizuv-mogad"
KEYS, FILES = "/etc/fastchat/keys/", "/var/lib/fastchat"
SKIPPED = 77  # ctest's word for a test that cannot run here


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def keys():
    return {name: read(KEYS + name) for name in ("broker.key", "cluster.key", "log.key", "realm")}


class Handbook(unittest.TestCase):
    def setUp(self):
        self.machine = machine.Machine(BUILD)
        self.addCleanup(self.machine.close)
        self.blocks, self.ran = {}, set()
        for page in ("operations.md", "backup.md"):
            for heading, line, script in blocks(read(os.path.join(SOURCE, "docs", page))):
                self.blocks.setdefault(f"{page}: {heading}", []).append((line, script))
        with open(self.machine.path("password"), "w", encoding="utf-8") as file:
            file.write(PASSWORD + "\n")

    def block(self, place, *numbers):
        """Runs blocks below a heading, "PAGE: HEADING", numbered from 0; returns the output of the last one."""
        out = ""
        for number in numbers:
            self.ran.add((place, number))
            line, script = self.blocks[place][number]
            status, out, err = self.machine.run(script)
            self.assertEqual(0, status, f"docs/{place}, line {line}:\n{script}\n{out}{err}")
        return out

    def fastchat(self, person, *words, status=0):
        command = ["fastchat", "--data-dir", self.machine.path(person), "--timeout", "120", "--password-file",
                   self.machine.path("password"), *words]
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in command)
        ended, out, err = self.machine.run(quoted)
        self.assertEqual(status, ended, f"{quoted}\n{out}{err}")
        return out + err

    def hears(self, person, count):
        """Returns the texts of the next messages to somebody; files go to the inbox."""
        rows = self.fastchat(person, "listen", "--json", "--count", str(count), "--save-files", self.machine.path("inbox"))
        found = [json.loads(line) for line in rows.splitlines() if line.startswith("{")]
        return sorted(row["text"] for row in found if row.get("event") == "message")

    def sends_file(self, name):
        with open(self.machine.path(name), "w", encoding="utf-8") as file:
            file.write(name + "\n")
        self.fastchat("alice", "send", "bob", "--file", self.machine.path(name))

    def test_every_command_runs(self):
        self.install()
        self.back_up_and_restore()
        self.move_to_a_new_machine()
        self.lose_keys()
        every = {(place, number) for place, there in self.blocks.items() for number in range(len(there))}
        self.assertEqual(set(), every - self.ran, "blocks that no step runs")
        self.assertGreater(len(every), 20)

    def install(self):
        self.block("operations.md: Install", 0, 1)
        self.block("operations.md: PostgreSQL", 0, 1)
        self.reach_the_database_over_tls()
        self.invite = self.block("operations.md: Keys", 0, 1).strip()
        self.block("operations.md: Configure and start", 0)
        for person in ("alice", "bob"):
            token = self.block("operations.md: Configure and start", 1).strip()
            self.fastchat(person, "--server", self.invite, "signup", person, "--token", token)
        # Strangers may write three messages, and send no files.
        self.fastchat("bob", "accept", "alice")

    def reach_the_database_over_tls(self):
        password = "only for this test"
        self.assertEqual(0, self.machine.run("runuser -u postgres -- psql -c "
                                             f'"alter role fastchat password \'{password}\'"')[0])
        shutil.copy(self.machine.path("ca.pem"), "/etc/fastchat/database-ca.pem")
        with open("/etc/fastchat/database-password", "w", encoding="utf-8") as file:
            file.write(f"db.internal:5432:fastchat:fastchat:{password}\n")
        shutil.chown(file.name, "fastchat")
        os.chmod(file.name, 0o600)
        self.block("operations.md: PostgreSQL", 2)
        shutil.copy(self.machine.path("db.pem"), "/etc/fastchat/database-ca.pem")  # no authority
        with self.assertRaisesRegex(AssertionError, "certificate"):
            self.block("operations.md: PostgreSQL", 2)

    def back_up_and_restore(self):
        self.fastchat("alice", "send", "bob", "before the copy")
        self.sends_file("plan.txt")
        self.block("backup.md: Back up", 0, 1, 2)
        self.fastchat("alice", "send", "bob", "after the copy")
        self.block("backup.md: Restore", 1, 2, 3)
        self.assertIn("(1 row)", self.block("backup.md: Restore", 4))
        self.block("backup.md: Restore", 5)
        # The sender's client holds the message that the database has lost, and sends it again.
        self.fastchat("alice", "status", "--ping")
        self.assertEqual(["after the copy", "before the copy", "plan.txt (9 bytes)"], self.hears("bob", 3))
        self.assertEqual("plan.txt\n", read(self.machine.path("inbox", "plan.txt")))

    def move_to_a_new_machine(self):
        self.fastchat("alice", "send", "bob", "before the move")
        self.sends_file("map.txt")
        self.block("backup.md: Back up", 1)
        kept = keys()
        self.block("backup.md: Restore", 1)
        self.assertEqual(0, self.machine.run("runuser -u postgres -- dropdb fastchat; "
                                             "runuser -u postgres -- dropuser fastchat; deluser --quiet fastchat")[0])
        shutil.rmtree("/etc/fastchat")
        shutil.rmtree(FILES)

        self.block("operations.md: Install", 0)
        self.block("operations.md: PostgreSQL", 0, 1)
        self.block("backup.md: Lost keys", 0)
        self.assertEqual(kept, keys())
        self.assertEqual(self.invite, self.block("operations.md: Keys", 1).strip())
        self.block("backup.md: Restore", 0, 2)
        self.block("operations.md: Configure and start", 0)
        self.block("backup.md: Restore", 5)
        self.assertEqual(["before the move", "map.txt (8 bytes)"], self.hears("bob", 2))
        self.assertEqual("map.txt\n", read(self.machine.path("inbox", "map.txt")))

    def lose_keys(self):
        kept = keys()
        os.unlink(KEYS + "realm")
        self.block("backup.md: Lost keys", 1)
        self.assertEqual(kept, keys())

        self.block("backup.md: Lost keys", 2)
        self.assertNotEqual(kept["cluster.key"], keys()["cluster.key"])
        self.fastchat("alice", "send", "bob", "with another cluster key")
        self.assertEqual(["with another cluster key"], self.hears("bob", 1))

        invite = self.block("backup.md: Lost keys", 3).splitlines()[-1]  # after the files that were made
        self.assertNotEqual(kept["broker.key"], keys()["broker.key"])
        self.assertNotEqual(self.invite, invite)
        self.fastchat("alice", "send", "bob", "to a stranger", status=4)
        self.assertIn("before the copy", self.fastchat("alice", "history", "bob"))
        self.fastchat("new-alice", "--server", invite, "login", "alice")
        self.fastchat("new-alice", "send", "bob", "with another broker key")
        self.fastchat("new-bob", "--server", invite, "login", "bob")
        self.assertEqual(["with another broker key"], self.hears("new-bob", 1))

        kept = keys()
        self.assertNotEqual(invite, self.block("backup.md: Lost keys", 4).splitlines()[-1].strip())
        self.assertEqual({"log.key"}, {name for name, text in keys().items() if text != kept[name]})
        self.fastchat("new-alice", "send", "bob", "with another log")
        self.assertEqual(["with another log"], self.hears("new-bob", 1))


def main():
    if machine.is_inside():
        unittest.main()
    if not machine.can_be_made():
        print("skipped: only root can make namespaces with users of their own")
        return SKIPPED
    folder = tempfile.mkdtemp(prefix="fastchat-handbook-")
    try:
        return machine.run_inside(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
