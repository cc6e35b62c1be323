"""export: conversations as JSON lines and as text, with their files; again, killed in the middle, on a full disk, with
names that mean harm, and beside a holder."""
import json
import os
import resource
import stat
import subprocess
import unittest

from chat import PATIENCE, Done, dies_with_us, wait_until
from file_chat import digest
from rpc_client import Connection, Holding


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def lines(*path):
    return [json.loads(line) for line in read(*path).splitlines()]


class ExportTest(Holding):
    CLUSTER = {"workers": 1}
    PEOPLE = ("alice", "bob")

    def make(self, name, size):
        path = os.path.join(self.chat.new_dir("source"), name)
        os.mkdir(os.path.dirname(path))
        with open(path, "wb") as file:
            file.write(os.urandom(size))
        return path

    def talk(self, alice, bob, team):
        """A conversation with everything in it; returns bob's file."""
        question = bob.send(alice.name, "Lunch\nat noon?")
        alice.run("listen", "--count", "1")
        alice.run("send", bob.name, "yes", "--reply-to", question["id"])
        alice.run("react", question["id"], "\U0001F44D")
        gone = alice.send(bob.name, "a mistake")
        alice.run("delete", gone["id"])
        wrong = alice.send(bob.name, "at nonn")
        alice.run("edit", wrong["id"], "at noon")
        alice.run("poll", bob.name, "where?", "here", "there")
        path = self.make("a plan.txt", 300_000)
        bob.run("send", alice.name, "--file", path)
        alice.run("group", "create", team, bob.name)
        alice.run("send", "#" + team, "hello, all")
        alice.run("listen", "--count", "1")
        bob.run("listen", "--timeout", "2")
        alice.empty_outbox()
        return path

    def check(self, alice, bob, team, source, out):
        with_bob = alice.history(bob.name)
        exported = lines(out, f"{bob.name}.jsonl")
        header, messages = exported[0], exported[1:]
        self.assertEqual(("export", alice.name, bob.name), (header["event"], header["user"], header["with"]))
        self.assertRegex(header["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertTrue(header["version"] and header["realm"])
        self.assertEqual(with_bob, messages, "the objects of history --json, in the same order")
        in_team = lines(out, f"#{team}.jsonl")
        self.assertEqual("#" + team, in_team[0]["with"])
        self.assertRegex(in_team[0]["group"], "^[0-9a-f]{32,}$")
        self.assertEqual(alice.history("#" + team), in_team[1:])
        text = read(out, f"{bob.name}.txt")
        self.assertTrue(text.startswith(f"FastChat export of {alice.name} with {bob.name}, realm "))
        time = r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}  "
        for line in (rf"{bob.name}[^:]*: Lunch\n    at noon\?\n  -- reactions: {alice.name} \U0001F44D$",
                     rf"{alice.name}: yes\n  -- answers {bob.name}: Lunch at noon\?$", rf"{alice.name}: \(deleted\)$",
                     rf"{alice.name} \(edited\): at noon$", rf"{alice.name}: \[poll\] where\?",
                     rf"{bob.name}[^:]*: \[file [0-9a-f]{{8}}-a plan\.txt, 293\.0 KiB\]$"):
            self.assertRegex(text, time + line)
        files = os.path.join(out, f"{bob.name}.files")
        name, = os.listdir(files)
        self.assertIn(f"[file {name}, ", text)
        self.assertEqual(digest(source), digest(os.path.join(files, name)))
        for folder, _, names in os.walk(out):
            self.assertEqual(0o700, stat.S_IMODE(os.stat(folder).st_mode))
            for file in names:
                self.assertEqual(0o600, stat.S_IMODE(os.stat(os.path.join(folder, file)).st_mode), file)

    def test_everything_is_exported_and_again(self):
        for beside in (False, True):
            alice, bob = self.chat.people(*(("ada", "bill") if beside else ("ann", "bert")))
            team = "crew" if beside else "team"
            source = self.talk(alice, bob, team)
            holder = self.daemon(alice) if beside else None
            out = os.path.join(self.chat.new_dir("archive"), "deep")
            done = alice.run("export", "--to", out, "--files", "--json")
            told = {line["with"]: line for line in done.json()}
            self.assertEqual((1, 0), (told[bob.name]["files"], told[bob.name]["missing_files"]))
            self.check(alice, bob, team, source, out)
            before = {name: read(out, name) for name in os.listdir(out) if name.endswith((".jsonl", ".txt"))}
            again = alice.run("export", "--to", out, "--files")
            self.assertEqual({"nothing new"}, {line.split(": ")[1] for line in again.out.splitlines()})
            self.assertEqual(before, {name: read(out, name) for name in before})
            # A second export adds new messages, and messages that changed as they are now.
            new = alice.send(bob.name, "one more")
            alice.run("react", new["id"], "+1")
            old = next(m for m in alice.history(bob.name) if m["text"] == "yes")
            alice.run("edit", old["id"], "yes!")
            alice.run("export", bob.name, "--to", out)
            after = read(out, f"{bob.name}.jsonl")
            self.assertTrue(after.startswith(before[f"{bob.name}.jsonl"]))
            added = [json.loads(line) for line in after[len(before[f"{bob.name}.jsonl"]):].splitlines()]
            self.assertEqual("export", added[0]["event"])
            self.assertIn(("changed", "yes!"), [(m["event"], m.get("text")) for m in added])
            self.assertIn(("sent", "one more"), [(m["event"], m.get("text")) for m in added])
            text = read(out, f"{bob.name}.txt")
            self.assertTrue(text.startswith(before[f"{bob.name}.txt"]))
            self.assertIn("(edited): yes!\n", text[len(before[f"{bob.name}.txt"]):])
            if holder:
                with Connection(alice.data_dir) as rpc:
                    there = rpc.call("export", to=out, peers=[bob.name])
                    self.assertEqual([(bob.name, 0, 0)], [(o["with"], o["added"], o["changed"]) for o in there])
                self.assertClean(holder.interrupt())

    def test_one_form_alone(self):
        self.alice.send("bob", "hello")
        for form, names in (("jsonl", ["bob.jsonl"]), ("text", ["bob.txt"])):
            out = self.chat.new_dir("archive")
            self.alice.run("export", "bob", "--to", out, "--format", form)
            self.assertEqual(names, os.listdir(out))

    def test_nothing_that_is_there_is_lost(self):
        self.alice.send("bob", "hello")
        out = self.chat.new_dir("archive")
        os.mkdir(out)
        with open(os.path.join(out, "bob.txt"), "w", encoding="utf-8") as file:
            file.write("my notes\n")
        done = self.alice.run("export", "bob", "--to", out, code=1)
        self.assertRegex(done.err, r"^fastchat: [^\n]*/bob\.txt is no export of this conversation [^\n]*: move it away, or "
                                   r"choose another folder\n$")
        self.assertEqual("my notes\n", read(out, "bob.txt"))
        self.assertEqual(["bob.txt"], os.listdir(out))
        # The other end of the same conversation is another export.
        self.alice.run("export", "bob", "--to", out, "--format", "jsonl")
        os.rename(os.path.join(out, "bob.jsonl"), os.path.join(out, "alice.jsonl"))
        self.bob.run("listen", "--count", "1")
        self.bob.run("export", "alice", "--to", out, "--format", "jsonl", code=1)

    def test_a_file_that_is_nowhere_is_named(self):
        source = self.make("lost.bin", 5000)
        self.bob.run("send", "alice", "--file", source)
        message = next(m for m in self.alice.receive(1) if m["kind"] == "file")["id"]
        self.cluster.psql("DELETE FROM files")
        out = self.chat.new_dir("archive")
        done = self.alice.run("export", "bob", "--to", out, "--files", code=1)
        self.assertRegex(done.err, rf"^fastchat: not exported: {message[:8]}-lost\.bin: [^\n]*\n"
                                   r"fastchat: exported, but for 1 file\n$")
        self.assertIn("1 missing file\n", done.out)
        self.assertTrue(lines(out, "bob.jsonl"))

    def test_without_a_server_the_messages_are_exported(self):
        alice, bob = self.chat.people("amos", "berta")
        bob.run("send", "amos", "--file", self.make("away.bin", 5000))
        alice.run("listen", "--count", "1")
        self.cluster.kill("broker1")
        self.cluster.kill("worker1")
        out = self.chat.new_dir("archive")
        done = alice.run("export", "--to", out, "--files", code=3)
        self.assertRegex(done.err, r"^fastchat: files that are not on this device are left out: [^\n]*\n"
                                   r"fastchat: exported, but for 1 file: export again to add the rest\n$")
        self.assertEqual("away.bin", lines(out, "berta.jsonl")[-1]["name"])
        self.chat.heal()
        self.assertIn("1 file", alice.run("export", "--to", out, "--files").out)

    def test_a_full_disk_is_one_line_and_no_half_file(self):
        alice, bob = self.chat.people("arno", "bea")
        # Hidden characters take twice the room in a line of JSON, so the export is larger than the profile.
        # The receiver's profile holds each text once.
        bob.run("send", "arno", "--lines", stdin="\n".join(f"{n} " + "\u202e" * 5000 for n in range(80)))
        alice.run("listen", "--count", "80")
        out = self.chat.new_dir("archive")
        largest = max(os.path.getsize(os.path.join(alice.data_dir, name)) for name in os.listdir(alice.data_dir))

        tied = dies_with_us()

        def limited():
            tied()
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 100_000, resource.RLIM_INFINITY))
        # Only the export writes so much.
        done = subprocess.run(alice.command("export", "bea", "--to", out), env=self.chat.env, capture_output=True,
                              timeout=PATIENCE, start_new_session=True, preexec_fn=limited)
        done = Done(done.returncode, done.stdout.decode(), done.stderr.decode())
        self.assertEqual(2, done.code, done)
        self.assertRegex(done.err, r"^fastchat: [^\n]*no room on the disk: free some space and export again[^\n]*\n$")
        self.assertEqual([], os.listdir(out))
        alice.run("export", "bea", "--to", out)
        self.assertEqual(81, len(lines(out, "bea.jsonl")))

    def test_a_killed_export_goes_on(self):
        alice, bob = self.chat.people("asta", "bodo")
        alice.run("send", "bodo", "--lines", stdin="\n".join(str(n) for n in range(2000)))
        out = self.chat.new_dir("archive")
        running = alice.start("export", "--to", out)
        wait_until(lambda: os.path.isdir(out) and (os.listdir(out) or not running.running()), PATIENCE, "it began")
        running.kill()
        for name in os.listdir(out):
            if not name.endswith(".part"):
                self.assertEqual(2001, len(lines(out, "bodo.jsonl")))
        alice.run("export", "--to", out)
        self.assertEqual([str(n) for n in range(2000)], [m["text"] for m in lines(out, "bodo.jsonl")[1:]])
        self.assertEqual(["bodo.jsonl", "bodo.txt"], sorted(os.listdir(out)))


if __name__ == "__main__":
    unittest.main()
