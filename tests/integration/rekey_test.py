"""A new key on real processes: contacts go on by the old key's signature, nothing on its way is lost, groups get new
keys, other devices log in again, old messages stay readable and may be edited."""
import unittest

from chat import PATIENCE
from fastchat_cluster import wait_until
from group_chat import GroupsBase


class RekeyTest(GroupsBase):
    PEOPLE = ("alice", "bob", "carol")

    def rekey(self, person, code=0, **env):
        return person.run("rekey", code=code, FASTCHAT_PASSWORD=person.password, **env)

    def fingerprint(self, of, at):
        """Returns the fingerprint of `of` that `at` has pinned."""
        return next(c["fingerprint"] for c in at.run("contacts", "--json").json() if c["user"] == of.name)

    def texts_with(self, person, peer):
        return [m["text"] for m in person.history(peer) if m["event"] in ("message", "sent")]

    def has(self, person, peer, *texts):
        """Waits until the conversation has exactly these messages, in this order."""
        def there():
            if self.texts_with(person, peer) == list(texts):
                return True
            person.run("listen", "--timeout", "1", code=None)
            return False
        wait_until(there, PATIENCE, f"{person.name} has {texts} with {peer}, not {self.texts_with(person, peer)}")

    def test_contacts_go_on_and_nothing_on_its_way_is_lost(self):
        self.alice.send("bob", "first")
        self.has(self.bob, "alice", "first")
        before = self.fingerprint(self.bob, self.alice)
        self.bob.send("alice", "with the old key")
        done = self.rekey(self.bob)
        self.assertIn("new key", done.out)
        after = self.bob.status()["fingerprint"]
        self.assertNotEqual(before, after)
        self.bob.send("alice", "with the new key")
        # Alice has not heard of the change and seals for the old key.
        self.has(self.alice, "bob", "first", "with the old key", "with the new key")
        self.assertEqual(after, self.fingerprint(self.bob, self.alice))
        self.alice.send("bob", "sealed for the new key")
        self.has(self.bob, "alice", "first", "with the old key", "with the new key", "sealed for the new key")
        self.assertIn("bob has a new key", "\n".join(m["text"] for m in self.alice.history("bob") if m["event"] == "notice"))
        self.assertEqual([], self.alice.run("quarantine", "--json").json())
        self.assertEqual([], self.bob.run("quarantine", "--json").json())
        # A message of before the change is edited after it.
        mine = next(m for m in self.bob.history("alice") if m["text"] == "with the old key")
        self.bob.run("edit", mine["id"], "edited after the change")
        self.has(self.alice, "bob", "first", "edited after the change", "with the new key", "sealed for the new key")

    def test_a_message_sealed_for_the_old_key_still_opens(self):
        erin = self.chat.stranger("erin").sign_up()
        self.alice.send("erin", "hello")
        self.has(erin, "alice", "hello")
        self.alice.send("erin", "on its way")
        self.rekey(erin)
        self.has(erin, "alice", "hello", "on its way")

    def test_twice_while_a_contact_is_away(self):
        self.bob.send("carol", "one")
        self.has(self.carol, "bob", "one")
        self.rekey(self.bob)
        self.bob.send("carol", "two")
        self.rekey(self.bob)
        self.bob.send("carol", "three")
        self.has(self.carol, "bob", "one", "two", "three")
        self.assertEqual(self.bob.status()["fingerprint"], self.fingerprint(self.bob, self.carol))

    def test_a_first_message_of_before_the_change(self):
        stranger = self.chat.stranger("dora").sign_up()
        stranger.send("alice", "nobody knows me")
        self.rekey(stranger)
        stranger.send("alice", "still me")
        self.has(self.alice, "dora", "nobody knows me", "still me")
        self.assertEqual(stranger.status()["fingerprint"], self.fingerprint(stranger, self.alice))

    def test_other_devices_log_in_again_and_read_on(self):
        frank = self.chat.stranger("frank").sign_up()
        other = frank.another_device()
        other.send("alice", "from the other device")
        self.has(self.alice, "frank", "from the other device")
        self.assertIn("1 other device", self.rekey(frank).out)
        refused = other.run("send", "alice", "too early", code=1)
        self.assertIn("fastchat login frank", refused.err)
        other.run("login", "frank", FASTCHAT_PASSWORD=other.password)
        self.assertEqual(frank.status()["fingerprint"], other.status()["fingerprint"])
        other.send("alice", "after the login")
        self.has(self.alice, "frank", "from the other device", "after the login")
        self.alice.send("frank", "to both")
        self.has(frank, "alice", "from the other device", "after the login", "to both")
        self.has(other, "alice", "from the other device", "after the login", "to both")

    def test_a_lost_device(self):
        """One command ends the device, its secrets, the password and the key; the others log in with the new one."""
        grace = self.chat.stranger("grace").sign_up()
        thief, other = grace.another_device(), grace.another_device()
        stolen = thief.status()["device"]
        before = grace.status()["fingerprint"]
        wrong = grace.run("devices", "remove", stolen, "--lost", code=1, FASTCHAT_PASSWORD="not the password",
                          FASTCHAT_NEW_PASSWORD="harbour kite 77 lantern")
        self.assertIn("the device is removed, and the password was wrong", wrong.err)
        self.assertEqual(before, grace.status()["fingerprint"])
        done = grace.run("devices", "remove", stolen, "--lost", FASTCHAT_PASSWORD=grace.password,
                         FASTCHAT_NEW_PASSWORD="harbour kite 77 lantern")
        self.assertIn("a new password and a new key", done.out)
        self.assertIn("1 other device has", done.out)
        self.assertNotEqual(before, grace.status()["fingerprint"])
        self.assertIn("was removed", thief.run("send", "alice", "from the thief", code=1).err)
        self.assertIn("wrong", thief.run("login", "grace", code=1, FASTCHAT_PASSWORD=grace.password).err)
        other.run("login", "grace", FASTCHAT_PASSWORD="harbour kite 77 lantern")
        other.send("alice", "still grace")
        self.has(self.alice, "grace", "still grace")

    def test_groups_get_the_new_keys(self):
        name = self.group("bob", "carol")
        self.gets_epoch(self.bob, name, 1)
        self.gets_epoch(self.carol, name, 1)
        self.bob.send("#" + name, "with the old key")
        self.rekey(self.bob)
        self.bob.send("#" + name, "with the new key")
        self.gets(self.carol, name, "with the old key", "with the new key")
        self.gets(self.alice, name, "with the old key", "with the new key")
        # Alice is the admin: her client makes an epoch that lists the new key.
        wait_until(lambda: self.epoch(self.alice, name) >= 2, PATIENCE, "the next epoch")
        self.gets_epoch(self.bob, name, 2)
        self.carol.send("#" + name, "in the next epoch")
        self.gets(self.bob, name, "with the old key", "with the new key", "in the next epoch")
        # The admin's own key changes.
        self.rekey(self.alice)
        wait_until(lambda: self.epoch(self.alice, name) >= 3, PATIENCE, "an epoch with the admin's new key")
        self.alice.send("#" + name, "the admin again")
        self.gets(self.carol, name, "with the old key", "with the new key", "in the next epoch", "the admin again")
        self.bob.send("#" + name, "bob again")
        self.gets(self.carol, name, "with the old key", "with the new key", "in the next epoch", "the admin again",
                  "bob again")
        self.alice.run("group", "rename", name, name + "-two")
        self.gets_epoch(self.carol, name + "-two", self.epoch(self.alice, name + "-two"))

    def epoch(self, person, name):
        person.run("listen", "--timeout", "1", code=None)
        return self.info(person, name)["epoch"]

    def gets_epoch(self, person, name, least):
        wait_until(lambda: person.run("group", "info", name, "--json", code=None).code == 0
                   and self.epoch(person, name) >= least, PATIENCE, f"epoch {least} at {person.name}")

    def test_a_wrong_password_changes_nothing(self):
        before = self.carol.status()["fingerprint"]
        self.assertIn("wrong password", self.carol.run("rekey", code=1, FASTCHAT_PASSWORD="not the password").err)
        self.assertEqual(before, self.carol.status()["fingerprint"])
        self.carol.send("alice", "still here")


if __name__ == "__main__":
    unittest.main()
