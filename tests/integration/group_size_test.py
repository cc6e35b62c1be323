"""A group of 1,000: three people with clients; the others are accounts that are never online. Their public keys have
the form of keys but no private halves, so making them takes no time."""
import time
import unittest

from fastchat_cluster import wait_until
from group_chat import GroupsBase

MEMBERS = 1000
NAMES = [f"member{n:04}" for n in range(MEMBERS - 2)]
# An RSA-3072 public key has 422 bytes: a head, 384 of modulus (the first has its top bit, the last is odd), 5 of
# exponent.
PEOPLE = r"""
with new as (
  insert into users (name, public_key, identity_blob, vault, verifier)
  select 'member' || lpad(n::text, 4, '0'),
    substr(a.public_key, 1, 34) || decode((select substr(string_agg(md5(n || '.' || i || random()), ''), 1, 764)
      from generate_series(1, 24) i), 'hex') || substr(a.public_key, 417),
    a.identity_blob, a.vault, a.verifier
  from users a, generate_series(0, {last}) n where a.name = 'alice' returning uid)
insert into devices (uid, device) select uid, decode(repeat('00', 16), 'hex') from new"""


class GroupSizeTest(GroupsBase):
    CLUSTER = {"workers": 2, "worker_args": ("--group-members", str(MEMBERS))}
    PEOPLE = ("alice", "bob", "carol")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster.psql(PEOPLE.format(last=len(NAMES) - 1))

    def timed(self, what, person, *arguments):
        began = time.monotonic()
        done = person.run(*arguments, timeout=600)
        print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)
        return done

    def queued(self):
        return int(self.cluster.psql("select count(*) from queue"))

    def test_made_written_to_joined_changed(self):
        self.timed("made", self.alice, "group", "create", "everybody", "bob", *NAMES, "--timeout", "500")
        self.timed("keys gone out", self.alice, "listen", "--timeout", "1")
        self.alice_sends_until(lambda: self.queued() >= MEMBERS - 1, "a key for each member")
        keys = self.queued()
        sent = self.timed("written", self.alice, "send", "#everybody", "good morning", "--json", "--timeout", "100").json()[0]
        self.assertEqual(("queued", MEMBERS - 1), (sent["state"], sent["members"]))
        self.assertEqual(keys + MEMBERS - 1, self.queued())
        self.assertEqual("1", self.cluster.psql("select count(*) from bodies where to_gid is not null").strip())
        self.timed("joined", self.bob, "listen", "--timeout", "1")
        info = self.learns(self.bob, "everybody", readable=True, epoch=1)
        self.assertEqual(MEMBERS, len(info["members"]))
        self.gets(self.bob, "everybody", "good morning")

        self.timed("one removed", self.alice, "group", "remove", "everybody", NAMES[0], "--timeout", "500")
        self.timed("one added", self.alice, "group", "add", "everybody", "carol", "--timeout", "500")
        self.alice_sends_until(lambda: self.alice.status()["unaccepted"] == 0, "the keys of both changes")
        self.learns(self.carol, "everybody", readable=True, epoch=3)
        self.learns(self.bob, "everybody", readable=True, epoch=3)  # messages sealed for epoch 1 are not for carol
        self.bob.send("#everybody", "hello carol")
        self.gets(self.carol, "everybody", "hello carol")
        done = self.alice.run("group", "add", "everybody", NAMES[0], code=1)
        self.assertIn("more members than this server allows", done.err)

    def alice_sends_until(self, done, what):
        wait_until(lambda: self.alice.run("listen", "--timeout", "1") and done(), 300, what)


if __name__ == "__main__":
    unittest.main()
