"""A profile that is copied, restored and used again; a member who was removed before another member had read his
message; a conversation that begins while its reader's worker is dead."""
import os
import shutil
import sqlite3
import unittest

from group_chat import GroupsBase


class CopiesTest(GroupsBase):
    PEOPLE = ("alice", "bob", "carol")
    pairs = 0

    def pair(self):
        """Two people who never met anybody."""
        CopiesTest.pairs += 1
        return self.chat.people(f"writer{self.pairs}", f"reader{self.pairs}")

    def copied(self, person):
        copy = person.data_dir + "-copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(person.data_dir, copy)
        return copy

    def put_back(self, person, copy):
        shutil.rmtree(person.data_dir)
        os.rename(copy, person.data_dir)

    def streams(self, person):
        with sqlite3.connect(os.path.join(person.data_dir, "client.db")) as db:
            return {row[0]: row[1] for row in db.execute("select peer, stream from out_streams")}

    def test_what_a_restored_profile_sends_is_read_by_who_listens(self):
        writer, reader = self.pair()
        writer.send(reader.name, "before the copy")
        listener = reader.listen()
        listener.wait_lines(1)
        copy = self.copied(writer)
        kept = self.streams(writer)[reader.name]
        for text in ("lost one", "lost two"):
            writer.send(reader.name, text)
        self.assertEqual(kept, self.streams(writer)[reader.name], "a profile that is closed in order goes on")
        self.put_back(writer, copy)
        for text in ("one", "two", "three"):
            writer.send(reader.name, text)
        listener.wait_lines(6)
        self.assertEqual(["before the copy", "lost one", "lost two", "one", "two", "three"],
                         [m["text"] for m in listener.json()])
        listener.interrupt()
        self.assertEqual(0, reader.status()["quarantined"])
        self.assertEqual(["before the copy", "one", "two", "three"], [m["text"] for m in writer.history(reader.name)])
        writer.empty_outbox()
        self.assertEqual({"delivered"}, {m["state"] for m in writer.history(reader.name)})

    def test_and_by_who_is_away(self):
        writer, reader = self.pair()
        writer.send(reader.name, "before the copy")
        copy = self.copied(writer)
        writer.send(reader.name, "lost")
        self.put_back(writer, copy)
        for text in ("one", "two"):
            writer.send(reader.name, text)
        self.assertEqual(["before the copy", "lost", "one", "two"], reader.texts(4))
        writer.empty_outbox()

    def test_a_place_that_another_message_has_is_refused_and_sealed_anew(self):
        """Uses a profile that has no sign that it is a copy. The server refuses identities that it has of the original
        profile."""
        writer, reader = self.pair()
        writer.send(reader.name, "first")
        copy = self.copied(writer)
        writer.send(reader.name, "lost")
        epoch = self.run_row(writer)
        self.put_back(writer, copy)
        with sqlite3.connect(os.path.join(writer.data_dir, "client.db")) as db:
            db.execute("update run set session_epoch = ?, open = 0", (epoch,))
        sent = writer.send(reader.name, "under the same number")
        self.assertEqual("queued", sent["state"])
        self.assertEqual(["first", "lost", "under the same number"], reader.texts(3))
        writer.empty_outbox()
        rows = writer.history(reader.name)
        self.assertEqual(("under the same number", "delivered"), (rows[-1]["text"], rows[-1]["state"]))
        self.assertEqual(reader.history(writer.name)[-1]["id"], rows[-1]["id"], "one id at both ends")

    def run_row(self, person):
        with sqlite3.connect(os.path.join(person.data_dir, "client.db")) as db:
            return db.execute("select session_epoch from run").fetchone()[0]

    def test_what_a_member_wrote_before_he_was_removed_is_read_by_who_was_away(self):
        name = self.group("bob", "carol")
        self.learns(self.bob, name, readable=True)
        self.bob.send("#" + name, "still here")
        self.alice.run("group", "remove", name, "bob")
        self.alice.send("#" + name, "after")
        self.gets(self.carol, name, "still here", "after")
        self.assertEqual(0, self.carol.status()["quarantined"])

    def test_a_conversation_that_begins_at_a_dead_worker_is_shown_from_its_beginning(self):
        writer, reader = self.pair()
        (sender, _), (listener, worker) = self.chat.placed(lambda: writer.send_lines(reader.name), reader.listen, False)
        self.chat.cluster.kill(worker)
        sender.feed("".join(f"{n}\n" for n in range(1, 31)))
        sender.end_of_input()
        sender.wait()
        listener.wait_lines(30)
        self.assertEqual([str(n) for n in range(1, 31)], [m["text"] for m in listener.json()])
        self.assertFalse([m for m in listener.json() if m.get("late")])
        listener.interrupt()


if __name__ == "__main__":
    unittest.main(verbosity=2)
