"""Files that an end of the program interrupted, and answers that are files."""
import os
import unittest

from chat import PATIENCE
from fastchat_cluster import wait_until
from file_chat import CHUNK, MIB, FileChatTest, digest


class FilesResumeTest(FileChatTest):
    def half_fetched(self, *options):
        source = self.make(90 * MIB, "film.bin")
        message = self.send_file(source)
        self.next_file()
        self.download_to_the_middle(message, *options).kill()
        return source, message

    def fetched(self, message):
        rows = [m for m in self.bob.history("alice") if m["id"] == message]
        return rows[0].get("path") if rows and rows[0]["file_state"] == "here" else None

    def test_a_download_goes_on_by_itself_with_the_next_session(self):
        source, message = self.half_fetched()
        part = self.part_of(self.bob, message)
        kept = os.path.getsize(part) // CHUNK
        before = self.gets_when_all_are_gone()
        listener = self.bob.listen()
        wait_until(lambda: not os.path.exists(part), 2 * PATIENCE, "the rest is fetched")
        listener.interrupt()
        # The file was in its place. If the listener ended before it recorded that, the next session records it.
        wait_until(lambda: self.fetched(message) or not self.bob.run("listen", "--timeout", "1", code=None), PATIENCE,
                   "the file is known to be here")
        self.assertEqual(digest(source), digest(self.fetched(message)))
        self.assertLessEqual(self.chat.total("fastchat_worker_file_gets_total") - before, 360 - kept)
        self.assertEqual("", self.bob.run("files").out)

    def test_what_is_fetched_again_into_another_folder_goes_there(self):
        source, message = self.half_fetched()
        folder = self.chat.new_dir("elsewhere")
        path = self.bob.run("fetch", message, "--to", folder).out.strip()
        self.assertEqual(os.path.join(folder, "film.bin"), path)
        self.assertEqual(digest(source), digest(path))
        self.assertFalse(os.path.exists(self.part_of(self.bob, message)), "nothing stays behind")

    def test_status_says_what_was_interrupted(self):
        _, message = self.half_fetched()
        (down,) = self.bob.status()["transfers"]
        self.assertEqual(["down", message, "alice", "film.bin", 90 * MIB, "waiting"],
                         [down[k] for k in ("direction", "id", "peer", "name", "size", "state")])
        self.assertGreaterEqual(down["done"], CHUNK)
        self.assertRegex(self.bob.run("status").out, r"transfer +from alice  film\.bin \(.* of 90\.0 MiB\)")
        self.upload_to_the_middle(self.make(90 * MIB, "up.bin")).kill()
        transfers = self.alice.status()["transfers"]
        self.assertEqual(1, len(transfers), transfers)
        up = transfers[0]
        self.assertEqual(["up", "bob", "up.bin"], [up[k] for k in ("direction", "peer", "name")])
        self.assertRegex(self.alice.run("status").out, r"transfer +to bob  up\.bin \(90\.0 MiB\)")
        # Cancels both transfers, because they would go on in the sessions of the next tests.
        self.bob.run("files", "--cancel", message)
        self.alice.run("files", "--cancel", up["id"])

    def test_what_expired_meanwhile_is_not_asked_for_again(self):
        _, message = self.half_fetched()
        # Leaves the row as the sweep does. A worker remembers for a second that the file was there.
        body = self.body()
        self.cluster.psql("UPDATE files SET expires = now() - interval '1 second'")
        os.unlink(body)
        listener = self.bob.listen()
        part = self.part_of(self.bob, message)
        wait_until(lambda: not os.path.exists(part), PATIENCE, "the part file is gone")
        listener.interrupt()
        self.assertNotIn(message, [transfer["id"] for transfer in self.bob.status()["transfers"]])
        self.assertEqual("gone", self.bob.history("alice")[-1]["file_state"])

    def test_what_is_cancelled_does_not_go_on_by_itself(self):
        source, message = self.half_fetched()
        self.bob.run("files", "--cancel", message)
        self.assertEqual([], self.bob.status()["transfers"])
        self.assertEqual("partial", self.bob.history("alice")[-1]["file_state"])
        self.assertFetched(source, message=message)
        self.upload_to_the_middle(self.make(90 * MIB)).kill()
        transfers = self.alice.status()["transfers"]
        self.assertEqual(1, len(transfers), transfers)
        up = transfers[0]
        self.alice.run("files", "--cancel", up["id"])
        self.assertEqual([], self.alice.status()["transfers"])
        unknown = self.alice.run("files", "--cancel", up["id"], code=1)
        self.assertRegex(unknown.err, r"^fastchat: no transfer has this id[^\n]*\n$")

    # Answers

    def test_a_file_may_answer_a_message(self):
        self.alice.run("send", "bob", "send me the map")
        question = self.bob.receive(1)[0]["id"]
        self.bob.run("send", "alice", "that is it", "--file", self.make(CHUNK, "map.png"), "--reply-to", question)
        file, text = self.alice.receive(2)
        self.assertEqual(["file", question], [file["kind"], file["reply_to"]])
        self.assertEqual(["text", question], [text["kind"], text["reply_to"]])
        self.assertEqual(question, self.bob.history("alice")[-2]["reply_to"])

    def test_an_answer_keeps_what_it_answers_over_a_crash(self):
        self.bob.run("send", "alice", "send me the film")
        question = self.alice.receive(1)[0]["id"]
        self.upload_to_the_middle(self.make(90 * MIB), "--reply-to", question).kill()
        listener = self.alice.listen()
        file = self.next_file()
        listener.interrupt()
        self.assertEqual(question, file["reply_to"])

    def test_what_is_not_of_the_conversation_is_not_answered(self):
        self.carol.run("send", "alice", "another matter")
        other = self.alice.receive(1)[0]["id"]
        source = self.make(1)
        refused = self.alice.run("send", "bob", "--file", source, "--reply-to", other, code=1)
        self.assertRegex(refused.err, r"^fastchat: the message to answer is in another conversation\n$")


if __name__ == "__main__":
    unittest.main()
