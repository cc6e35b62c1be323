"""The log of keys on real processes: an audit of an honest server, and what a person sees of one that changes its log."""
import os
import sqlite3
import unittest

from chat import ChatTest

TABLES = ("log_leaves", "log_nodes", "log_head")


class AuditTest(ChatTest):
    PEOPLE = ()

    def keep_log(self):
        for table in TABLES:
            self.cluster.psql(f"drop table if exists kept_{table}; create table kept_{table} as table {table}")

    def put_log_back(self):
        for table in TABLES:
            self.cluster.psql(f"truncate {table}; insert into {table} table kept_{table}")

    def audit(self, person, code=0):
        return person.run("audit", "--json", code=code).json()[0]

    def test_an_honest_server(self):
        amy, ben = self.chat.people("amy", "ben")
        amy.send("ben", "hello")
        ben.receive(1)
        ben.send("amy", "hi")
        found = self.audit(amy)
        self.assertTrue(found["root_holds"])
        self.assertEqual(0, found["changed"])
        self.assertEqual(found["head"]["size"], found["accounts"])
        before = found["accounts"]
        ben.run("rekey", FASTCHAT_PASSWORD=ben.password)
        found = self.audit(amy)
        self.assertEqual((before, 1, [], []), (found["accounts"], found["changed"], found["unsigned"], found["alarms"]))
        plain = amy.run("audit").out.splitlines()
        self.assertRegex(plain[0], r"^\d+ keys, root [0-9a-f]{16}, signed .*: the listed keys make this root$")
        self.assertIn("1 changed the key, signed by the key before", plain[1])
        self.assertEqual([], [m for m in amy.history("ben") if "ALARM" in m["text"]])

    def test_a_list_that_is_not_the_signed_one(self):
        cat, = self.chat.people("cat")
        self.keep_log()
        self.cluster.psql("update log_leaves set fpr = decode(repeat('61', 32), 'hex') where idx = 0")
        found = self.audit(cat, code=4)
        self.assertFalse(found["root_holds"])
        self.assertIn("are not those that it signed", found["alarms"][-1]["text"])
        self.put_log_back()

    def test_a_tree_that_was_cut_back(self):
        dan, = self.chat.people("dan")
        self.keep_log()
        self.chat.people("eva")
        dan.run("status", "--ping")
        self.put_log_back()
        dan.run("status", "--ping")
        alarms = [m["text"] for m in dan.history("dan") if m["text"].startswith("ALARM: ")]
        self.assertEqual(1, len(alarms))
        self.assertIn("became shorter", alarms[0])
        dan.run("status", "--ping")
        found = self.audit(dan, code=4)
        self.assertTrue(found["root_holds"])
        self.assertEqual(alarms, [alarm["text"] for alarm in found["alarms"]])
        evidence = found["alarms"][0]
        self.assertGreater(evidence["known"]["size"], evidence["shown"]["size"])
        self.assertEqual((128, 128, 64), (len(evidence["known"]["signature"]), len(evidence["shown"]["signature"]),
                                          len(evidence["log_key"])))

    def test_another_log_key(self):
        fay, = self.chat.people("fay")
        fay.run("status", "--ping")
        with sqlite3.connect(os.path.join(fay.data_dir, "client.db")) as db:
            self.assertEqual(1, db.execute("update log_state set key = randomblob(32)").rowcount)
        found = self.audit(fay, code=4)
        self.assertEqual(["alarms"], list(found))
        self.assertIn("signs its list of keys with another key", found["alarms"][-1]["text"])
        plain = fay.run("audit", code=4)
        self.assertIn("signs its list of keys with another key", plain.out)
        self.assertIn("does not show the list of keys that this device knows", plain.err)


if __name__ == "__main__":
    unittest.main()
