"""Groups on real processes: text to all, members who are away, changes and their keys, two devices of the admin, worker
deaths in a burst."""
import json
import os
import unittest

from chat import PATIENCE, text_lines
from fastchat_cluster import wait_until
from group_chat import GroupsBase

BURST = 300


class GroupsTest(GroupsBase):
    PEOPLE = ("alice", "bob", "carol", "dave", "erin")

    def test_text_reaches_all_members_on_all_workers(self):
        name = self.group("bob", "carol")
        listeners = [p.listen() for p in (self.bob, self.carol)]
        wait_until(lambda: sum(self.chat.sessions().values()) == 2, PATIENCE, "both listen")
        sent = self.alice.send("#" + name, "hello all")
        self.assertEqual(("#" + name, 2), (sent["to"], sent["members"]))
        for listener in listeners:
            wait_until(lambda l=listener: any(m["text"] == "hello all" for m in l.json()), PATIENCE, "it arrives")
            got = [m for m in listener.json() if m["event"] == "message"][-1]
            self.assertEqual(("alice", "#" + name, sent["id"]), (got["from"], got["to"], got["id"]))
            listener.interrupt()
        self.alice.empty_outbox()
        row = self.alice.history("#" + name)[-1]
        self.assertEqual((2, 2), (row["members"], row["delivered"]))

    def test_who_is_away_gets_it_later_and_the_sender_hears(self):
        name = self.group("bob", "carol")
        sent = self.alice.send("#" + name, "read this")
        self.assertEqual("queued", sent["state"])
        self.gets(self.bob, name, "read this")
        self.gets(self.carol, name, "read this")
        self.bob.send("#" + name, "done")
        self.gets(self.alice, name, "read this", "done")
        self.alice.empty_outbox()
        self.assertEqual({"delivered", "received"} & {m["state"] for m in self.alice.history("#" + name) if "state" in m},
                         {"delivered"})
        self.assertIn("you created the group", self.notices(self.alice, name))
        self.assertIn("alice created the group and added you", self.notices(self.bob, name))

    def test_removed_while_away_reads_what_was_before_and_nothing_after(self):
        name = self.group("bob", "carol")
        self.learns(self.bob, name, readable=True)
        self.alice.send("#" + name, "before")
        self.alice.run("group", "remove", name, "bob")
        self.alice.send("#" + name, "after")
        self.learns(self.bob, name, member=False)
        self.gets(self.bob, name, "before")
        self.assertIn("you were removed", self.notices(self.bob, name))
        gone = f"fastchat: you are no longer a member of #{name}\n"
        self.assertEqual(gone, self.bob.run("send", "#" + name, "still here?", code=1).err)
        self.gets(self.carol, name, "before", "after")

    def test_who_was_just_removed_is_told_so_by_what_he_sends(self):
        name = self.group("bob", "carol")
        for person in (self.bob, self.carol):
            self.learns(person, name, readable=True)
        picture = os.path.join(self.chat.folder, "picture.png")
        with open(picture, "wb") as file:
            file.write(b"not really a picture")
        self.alice.run("group", "remove", name, "bob", "carol")
        # Neither device has received the change: the command's message goes out before the device asks about the group.
        gone = f"fastchat: you are no longer a member of #{name}\n"
        self.assertEqual(gone, self.bob.run("send", "#" + name, "hello?", code=1).err)
        self.assertEqual(gone, self.carol.run("send", "#" + name, "--file", picture, code=1).err)

    def test_added_by_an_admin_who_leaves_at_once(self):
        name = self.group("bob")
        self.bob.send("#" + name, "carol does not see this")
        self.alice.run("group", "add", name, "carol")
        self.learns(self.carol, name, readable=True, members=["alice", "bob", "carol"])
        self.learns(self.bob, name, epoch=2, readable=True)
        self.bob.send("#" + name, "welcome")
        self.gets(self.carol, name, "welcome")
        self.assertIn("alice added you", self.notices(self.carol, name))

    def test_two_quick_changes_and_a_message_that_races_them(self):
        name = self.group("bob", "carol")
        self.learns(self.bob, name, readable=True)
        talk = self.bob.send_lines("#" + name)
        talk.feed(text_lines(range(10)))
        self.alice.run("group", "add", name, "dave")
        talk.feed(text_lines(range(10, 20)))
        self.alice.run("group", "rename", name, name + "x")
        talk.feed(text_lines(range(20, 30)))
        talk.end_of_input()
        self.assertClean(talk.wait())
        self.gets(self.alice, name + "x", *range(30))
        self.gets(self.carol, name + "x", *range(30))
        self.learns(self.dave, name + "x", epoch=3, readable=True)

    def test_the_admins_two_devices_change_it_in_turn(self):
        name = self.group("bob", by=self.erin)
        other = self.erin.another_device()
        self.learns(other, name, readable=True, epoch=1)
        self.erin.run("group", "add", name, "carol")
        # This device has not seen epoch 2 yet. It follows, and makes its change on top.
        other.run("group", "add", name, "dave")
        for person in (self.erin, other, self.bob, self.carol, self.dave):
            self.learns(person, name, epoch=3, readable=True, members=["bob", "carol", "dave", "erin"])
        self.dave.send("#" + name, "all here")
        for person in (self.erin, other, self.bob, self.carol):
            self.gets(person, name, "all here")

    def test_a_new_device_asks_for_what_it_lacks(self):
        name = self.group("bob")
        self.learns(self.bob, name, readable=True)
        tablet = self.bob.another_device()
        self.learns(tablet, name, readable=True)
        self.alice.send("#" + name, "on both")
        self.gets(tablet, name, "on both")
        self.gets(self.bob, name, "on both")

    def test_leaving_makes_the_admins_client_change_the_key(self):
        name = self.group("bob", "carol")
        self.learns(self.bob, name, readable=True)
        self.bob.run("group", "leave", name)
        self.assertIn("you left", self.notices(self.bob, name))
        self.learns(self.alice, name, members=["alice", "carol"], epoch=2)
        self.assertIn("bob left", self.notices(self.alice, name))
        self.learns(self.carol, name, members=["alice", "carol"], epoch=2, readable=True)
        self.alice.send("#" + name, "without bob")
        self.gets(self.carol, name, "without bob")
        self.assertEqual([], self.texts(self.bob, name))

    def test_renamed_handed_over_and_deleted(self):
        name = self.group("bob", "carol")
        self.learns(self.bob, name, readable=True)
        self.alice.run("group", "rename", name, name + "y")
        self.alice.run("group", "handover", name + "y", "bob")
        self.learns(self.alice, name + "y", admin="bob", admin_is_me=False)
        self.alice.run("group", "add", name + "y", "dave", code=1)
        self.learns(self.bob, name + "y", admin="bob", admin_is_me=True, readable=True)
        self.bob.run("group", "add", name + "y", "dave")
        self.learns(self.dave, name + "y", readable=True)
        self.learns(self.carol, name + "y", epoch=4, readable=True)
        self.bob.run("group", "delete", name + "y")
        for person in (self.alice, self.carol, self.dave):
            self.learns(person, name + "y", deleted=True, member=False)
        self.assertIn("the group was deleted", self.notices(self.carol, name + "y"))
        self.carol.run("send", "#" + name + "y", "anybody?", code=1)
        # The name is free again.
        self.carol.run("group", "create", name + "y", "dave")

    def test_errors_are_one_line_each(self):
        name = self.group("bob")
        cases = (
            (("group", "create", name), "another group has this name"),
            (("group", "create", "No"), "a group's name has 1 to 32"),
            (("group", "create", "other", "nobody-here"), "no such user: nobody-here"),
            (("group", "add", "no-such-group", "bob"), "no such group: #no-such-group"),
            (("group", "remove", name, "carol"), "carol is not in the group"),
            (("group", "leave", name), "hand the group over first"),
            (("send", "#no-such-group", "x"), "no such group: #no-such-group"),
        )
        for arguments, line in cases:
            done = self.alice.run(*arguments, code=1)
            self.assertIn(line, done.err)
            self.assertEqual(1, done.err.count("\n"), done)

    def test_replies_edits_deletions_and_reactions(self):
        name = self.group("bob")
        for to, reader in (("#" + name, "#" + name), ("bob", "alice")):
            first = self.alice.send(to, "helo")["id"]
            self.alice.run("edit", first, "hello")
            gone = self.alice.send(to, "never mind")["id"]
            self.alice.run("delete", gone)
            wait_until(lambda r=reader: self.bob.run("listen", "--timeout", "1") and
                       any(m.get("deleted") for m in self.bob.history(r)), PATIENCE, "bob has it all")
            self.bob.run("react", first, "+1")
            self.bob.run("send", reader, "hi", "--reply-to", first)
            row = next(m for m in self.bob.history(reader) if m["id"] == first)
            self.assertEqual(("hello", True), (row["text"], row["edited"]))
            row = next(m for m in self.bob.history(reader) if m["id"] == gone)
            self.assertEqual(("", True), (row["text"], row["deleted"]))
            wait_until(lambda t=to: self.alice.run("listen", "--timeout", "1") and
                       any(m.get("reply_to") == first for m in self.alice.history(t)), PATIENCE, "the answer is there")
            row = next(m for m in self.alice.history(to) if m["id"] == first)
            self.assertEqual([{"from": "bob", "emoji": "+1"}], row["reactions"])
            self.bob.run("edit", first, "not mine", code=1)

    def test_a_poll_is_counted_the_same_by_everybody(self):
        name = self.group("bob", "carol")
        for to, readers in (("#" + name, {self.alice: "#" + name, self.bob: "#" + name, self.carol: "#" + name}),
                            ("bob", {self.alice: "bob", self.bob: "alice"})):
            asked = json.loads(self.alice.run("poll", to, "Lunch?", "soup", "salad", "--json").out)["id"]
            for person in list(readers)[1:]:
                wait_until(lambda p=person: p.run("listen", "--timeout", "1") and
                           any(m["id"] == asked for m in p.history(readers[p])), PATIENCE, "the poll is there")
            self.bob.run("vote", asked, "2")
            self.bob.run("vote", asked, "1")
            self.alice.run("vote", asked, "2")
            expected = [{"text": "soup", "votes": ["bob"]}, {"text": "salad", "votes": ["alice"]}]
            for person, peer in readers.items():
                def options(p=person, at=peer):
                    p.run("listen", "--timeout", "1")
                    return next(m for m in p.history(at) if m["id"] == asked)["options"]
                wait_until(lambda: options() == expected, PATIENCE, "everybody counts the same")
            row = next(m for m in self.bob.history(readers[self.bob]) if m["id"] == asked)
            self.assertEqual(("poll", "Lunch?"), (row["kind"], row["question"]))
            self.assertEqual("Lunch?\n1. soup  [1: bob]\n2. salad  [1: alice]", row["text"])
            refused = self.bob.run("vote", asked, "3", code=1)
            self.assertIn("the poll has 2 options", refused.err)
            self.bob.run("vote", asked, "0")
        self.assertIn("two options or more", self.alice.run("poll", "bob", "Lunch?", "soup", code=1).err)

    def test_a_worker_that_dies_in_a_burst_loses_nothing(self):
        name = self.group("bob", "carol")
        for person in (self.bob, self.carol):
            self.learns(person, name, readable=True)
        listeners = [p.listen() for p in (self.bob, self.carol)]
        wait_until(lambda: sum(self.chat.sessions().values()) == 2, PATIENCE, "both listen")
        sender, worker = self.chat.attached(lambda: self.alice.send_lines("#" + name))
        sender.feed(text_lines(range(BURST)))
        sender.wait_lines(BURST // 3)
        self.cluster.kill(worker)
        sender.end_of_input()
        self.cluster.start_part(worker)
        self.assertClean(sender.wait())
        for listener in listeners:
            wait_until(lambda l=listener: len(l.json()) >= BURST, PATIENCE, "everything arrives")
            listener.interrupt()
        for person in (self.bob, self.carol):
            self.gets(person, name, *range(BURST))
        self.alice.empty_outbox()


class LimitTest(GroupsBase):
    CLUSTER = {"workers": 1, "worker_args": ("--groups-per-user", "2")}
    PEOPLE = ("alice", "bob")

    def test_who_made_as_many_groups_as_the_server_allows_is_told_so(self):
        name = self.group("bob")
        self.group("bob")
        self.alice.run("group", "delete", name)
        done = self.alice.run("group", "create", "one-more", "bob", code=1)
        self.assertIn("this server lets a user create 2 groups", done.err)
        self.assertEqual(1, done.err.count("\n"), done)
        self.group("alice", by=self.bob)


class DayLimitTest(GroupsBase):
    CLUSTER = {"workers": 1, "worker_args": ("--group-changes-per-day", "2")}
    PEOPLE = ("alice", "bob", "carol")
    seconds = 0

    def refused(self, *command):
        done = self.alice.run("group", *command, code=5)
        self.assertRegex(done.err, r"^fastchat: this account has changed groups 2 times in a day: try again in \d+ hours\n$")

    def test_who_changed_groups_too_often_today_is_told_so_and_goes_on_tomorrow(self):
        name = self.group("bob", "carol")
        for person in (self.bob, self.carol):
            self.learns(person, name, readable=True)
        self.alice.run("group", "rename", name, name + "-b")
        name += "-b"
        self.refused("remove", name, "carol")
        self.refused("create", "one-more", "bob")
        self.learns(self.bob, name, member=True)
        self.bob.run("group", "leave", name)
        # On a very busy machine bob's command ends before a worker has his message to the others.
        wait_until(lambda: self.bob.status()["unaccepted"] == 0 or self.bob.run("listen", "--timeout", "2") and False,
                   PATIENCE, "a worker has bob's leaving")
        # alice's device has to make the epoch without bob. No command waits for that change, so the change is put off.
        wait_until(lambda: self.hears(name, "bob left"), PATIENCE, "alice hears that he left")
        self.refused("remove", name, "carol")
        self.alice.send("#" + name, "still here")
        self.gets(self.carol, name, "still here")
        self.assertIn("bob", self.info(self.alice, name)["members"])
        self.cluster.psql("update group_budget set since = since - interval '1 day'")
        wait_until(lambda: self.hears(name) and "bob" not in self.info(self.alice, name)["members"], PATIENCE,
                   "the epoch without him is made")
        self.group("alice", by=self.bob)

    def hears(self, name, *notices):
        self.seconds = min(10, self.seconds + 1)  # on a busy machine a login needs more than one second
        self.alice.run("listen", "--timeout", str(self.seconds))
        return set(notices) <= set(self.notices(self.alice, name))


if __name__ == "__main__":
    unittest.main()
