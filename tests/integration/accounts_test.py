"""An account and its devices: secrets, a change of the password, devices that are added and removed, a server that was
restored from a backup, and commands that are sent again. The command line against real servers."""
import os
import unicodedata
import unittest

from chat import ChatTest, Person
from fastchat_cluster import wait_until


class AccountsTest(ChatTest):
    CLUSTER = {"workers": 1, "broker_args": ("--devices-per-user", "3", "--new-devices-per-hour", "100")}

    def person(self, name):
        return self.chat.stranger(name).sign_up()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bob = cls.chat.stranger("bob").sign_up()

    def log_in(self, person, *arguments, code=0):
        return person.run("login", person.name, *arguments, code=code, FASTCHAT_PASSWORD=person.password)

    def test_another_password(self):
        """All other devices log in with the new password and keep their messages; the old password opens nothing."""
        ann = self.person("ann")
        other = ann.another_device()
        other.send("bob", "before the change")
        old, ann.password = ann.password, ann.password + " two"
        done = ann.run("passwd", FASTCHAT_PASSWORD=old, FASTCHAT_NEW_PASSWORD=ann.password)
        self.assertIn("1 other device", done.out)
        ann.send("bob", "from the one that changed it")
        refused = other.run("send", "bob", "too early", code=1)
        self.assertRegex(refused.err, r"^fastchat: the password is needed: run `fastchat login ann`[^\n]*\n$")
        self.assertIn("before the change", [m["text"] for m in other.history("bob")])
        self.assertIn("wrong", self.log_in(other, code=1).err)
        other.password = ann.password
        self.log_in(other)
        other.send("bob", "after the change")
        texts = [m["text"] for m in other.history("bob")]
        self.assertEqual(["before the change", "after the change"], [t for t in texts if t.endswith("change")])
        self.assertIn("wrong", ann.run("passwd", code=1, FASTCHAT_PASSWORD=old,
                                       FASTCHAT_NEW_PASSWORD="never gets that far 17").err)
        ann.send("bob", "still here")

    def test_a_removed_device(self):
        cid = self.person("cid")
        other = cid.another_device()
        other.send("bob", "read before")
        ended = [d["id"] for d in cid.run("devices", "--json").json() if not d["this"]]
        self.assertIn("the keys of the account", cid.run("devices", "remove", ended[0]).out)
        for _ in range(2):  # the first run asks the server, the second one has its answer on disk
            refused = other.run("send", "bob", "no more", code=1)
            self.assertRegex(refused.err, r"^fastchat: this device was removed[^\n]*fastchat login cid[^\n]*\n$")
        self.assertIn("read before", [m["text"] for m in other.history("bob")])
        self.log_in(other)
        self.assertNotEqual(ended[0], other.status()["device"])
        other.send("bob", "as another device")
        self.assertIn("read before", [m["text"] for m in other.history("bob")])

    def test_a_new_device_is_told(self):
        dan = self.person("dan")
        self.assertEqual([], [m for m in dan.run("listen", "--json", "--timeout", "1").json()
                              if m["event"] == "device"], "the first list is taken as it stands")
        other = dan.another_device()
        told = [m for m in dan.run("listen", "--json", "--timeout", "2").json() if m["event"] == "device"]
        self.assertEqual([other.status()["device"]], [m["device"] for m in told])
        self.assertRegex(told[0]["text"], r"^a new device logged in: .*, from 127\.[0-9.]+, at 20")
        self.assertIn(other.status()["device"], [d["id"] for d in dan.status()["devices"]])
        self.assertEqual("", dan.run("listen", "--json", "--timeout", "1").out, "once")
        self.assertIn(told[0]["text"], [m["text"] for m in dan.history("dan")], "and it stays")

    def test_the_name_of_a_device(self):
        lars = self.person("lars")
        other = lars.another_device()
        device = other.status()["device"]

        def names():
            return {d["id"]: d["name"] for d in lars.run("devices", "--json").json()}

        self.assertNotIn("the küche", names().values())
        self.assertEqual("", lars.run("devices", "rename", device, " the küche\x1b[2J").out)
        named = names()[device]
        self.assertTrue(named.startswith("the küche"), named)
        self.assertNotIn("\x1b", named)
        other.send("bob", "a login by the secret keeps the name")
        self.assertEqual(named, names()[device])
        self.log_in(other)
        self.assertEqual(named, names()[device], "so does a login by the password")
        for arguments, why in ((("00", "x"), "32 hex digits"), (("0" * 32, "x"), "none of your devices"),
                               ((device, " "), "1 to 128 bytes"), ((device, "x" * 129), "1 to 128 bytes")):
            refused = lars.run("devices", "rename", *arguments, code=1)
            self.assertRegex(refused.err, rf"^fastchat: [^\n]*{why}[^\n]*\n$")
        self.assertEqual(named, names()[device])

    def test_a_deleted_account(self):
        mona = self.person("mona")
        other = mona.another_device()
        mona.send("bob", "before the end")
        self.bob.send("mona", "to mona")
        mona.run("listen", "--json", "--timeout", "3")
        mona.run("group", "create", "of-mona", "bob")
        delete = ("account", "delete", "--yes")

        def refused(why, code=1, password=mona.password):
            said = mona.run(*delete, code=code, FASTCHAT_PASSWORD=password)
            self.assertRegex(said.err, rf"^fastchat: [^\n]*{why}[^\n]*\n$")

        refused("wrong password", password="not the password at all")
        refused("hand each of them over[^\n]*#of-mona")
        mona.run("group", "delete", "of-mona")
        self.bob.run("group", "create", "of-bob", "mona")
        self.assertIn("the account mona is deleted", mona.run(*delete, FASTCHAT_PASSWORD=mona.password).out)
        for command in (("send", "bob", "too late"), ("devices",), delete,
                        ("login", "mona"), ("signup", "mona")):
            said = mona.run(*command, code=1, FASTCHAT_PASSWORD=mona.password)
            self.assertRegex(said.err, r"^fastchat: the account mona was deleted[^\n]*\n$")
        self.assertIn("to mona", [m["text"] for m in mona.history("bob")])
        self.assertIn("password is needed", other.run("send", "bob", "no more", code=1).err)
        self.assertIn("wrong", self.log_in(other, code=1).err)
        self.assertIn("taken", self.chat.stranger("mona").run(
            "signup", "mona", code=1, server=self.cluster.invite, FASTCHAT_PASSWORD=mona.password).err)
        failed = self.bob.run("send", "mona", "nobody is there", code=1)
        self.assertRegex(failed.err, r"^fastchat: [^\n]*\n$")
        wait_until(lambda: "mona" not in self.bob.run("group", "info", "of-bob").out, 60, "bob's client drops mona")

    def test_too_many_devices(self):
        eve = self.person("eve")
        second, third = eve.another_device(), eve.another_device()
        fourth = Person(self.chat, "eve", self.chat.new_dir("eve"), eve.password)
        login = ("login", "eve")
        refused = fourth.run(*login, "--json", code=1, server=self.cluster.invite, FASTCHAT_PASSWORD=eve.password)
        self.assertEqual({p.status()["device"] for p in (eve, second, third)}, {d["id"] for d in refused.json()})
        self.assertIn("--replace", refused.err)
        goes = third.status()["device"]
        fourth.run(*login, "--replace", goes, server=self.cluster.invite, FASTCHAT_PASSWORD=eve.password)
        fourth.send("bob", "there is room")
        self.assertIn("was removed", third.run("send", "bob", "no more", code=1).err)

    def test_accents_however_they_are_typed(self):
        password = "café Ångström plum kettle 9"
        composed, decomposed = (unicodedata.normalize(form, password) for form in ("NFC", "NFD"))
        fay = self.chat.stranger("fay")
        fay.password = decomposed
        fay.sign_up()
        for typed in (composed, decomposed):
            fay.password = typed
            self.log_in(fay)
        fay.run("logout")
        fay.run("history", "bob", FASTCHAT_PASSWORD=decomposed)

    def test_a_restored_server(self):
        """A vault from before a new contact: everything goes on, the contact is known, and the command reports once
        that the device restored the vault."""
        hal = self.person("hal")
        self.person("ida")
        hal.send("bob", "one contact")
        where = "from users where name = 'hal'"
        old = self.cluster.psql(f"select vault_version || ' ' || encode(vault, 'hex') {where}").split()
        hal.send("ida", "another contact")
        newest = int(self.cluster.psql(f"select vault_version {where}"))
        self.assertGreater(newest, int(old[0]))
        self.cluster.psql(f"update users set vault_version = {old[0]}, vault = decode('{old[1]}', 'hex') "
                          "where name = 'hal'")
        told = hal.run("listen", "--json", "--timeout", "3").json()
        self.assertEqual(1, len([m for m in told if "this device restored" in m["text"]]), told)
        self.assertEqual(int(old[0]) + 1, int(self.cluster.psql(f"select vault_version {where}")))
        self.assertEqual("", hal.run("listen", "--json", "--timeout", "1").out)
        hal.send("ida", "still a contact")
        fresh = hal.another_device()
        self.assertEqual("first contact", fresh.run("verify", "ida", "--json").json()[0]["trust"])

    def test_a_broken_key_file_costs_the_password_once(self):
        joe = self.person("joe")
        joe.send("bob", "before")
        for name in os.listdir(joe.data_dir):
            if name.startswith("unlock.key"):
                os.truncate(os.path.join(joe.data_dir, name), 7)
        self.assertRegex(joe.run("history", "bob", code=2).err, r"^fastchat: [^\n]*damaged[^\n]*\n$")
        done = joe.run("history", "bob", FASTCHAT_PASSWORD=joe.password)
        self.assertIn("before", done.out)
        joe.send("bob", "mended")

    def test_the_same_id_is_the_same_message(self):
        kim = self.person("kim")
        lea = self.person("lea")
        ids = {kim.run("send", "lea", text, "--id", "daily report", "--json").json()[0]["id"]
               for text in ("the report", "another text")}
        self.assertEqual(1, len(ids))
        kim.run("send", "bob", "the report", "--id", "daily report", code=1)
        kim.run("send", "lea", "the next", "--id", "the next report")
        self.assertEqual(["the report", "the next"], lea.texts(2))
        self.assertEqual("", lea.run("listen", "--json", "--timeout", "1").out)

    def test_a_send_with_a_timeout_waits_for_the_servers(self):
        mia = self.person("mia")
        self.cluster.stop_part("broker1")
        sender = mia.start("send", "bob", "when you are back", "--timeout", "100")
        late = mia.chat.stranger("nia")
        done = late.run("login", "nia", "--timeout", "3", code=6, server=self.cluster.invite,
                        FASTCHAT_PASSWORD=late.password)
        self.assertRegex(done.err, r"^fastchat: timed out: the server at [^\n]* cannot be reached[^\n]*\n$")
        self.assertTrue(sender.running())
        self.cluster.start_part("broker1")
        self.assertClean(sender.wait())


if __name__ == "__main__":
    unittest.main()
