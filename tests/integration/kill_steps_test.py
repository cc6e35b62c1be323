"""Each client command that writes is killed at each of its steps on the disk. Afterwards every command works, with the
old secrets or with the new ones, and no message is lost or doubled. tests/client/kill_shim.cc counts the steps.

One profile is used from kill to kill, as a person would use it. A run that ends by itself gives the number of steps.
Every fifth step is tried; with KILL_STEPS=all each step, which takes about ten minutes.
"""
import os
import shutil
import unittest

from chat import PATIENCE, ChatTest, Person
from fastchat_cluster import wait_until

SHIM = os.path.join(os.environ["FASTCHAT_BUILD"], "bin", "fc_kill_shim.so")
KILLED = 99
MOST_STEPS = 400
STRIDE = 1 if os.environ.get("KILL_STEPS") == "all" else 5


@unittest.skipIf(os.environ.get("FASTCHAT_SANITIZE"), "a sanitizer wants to be loaded first")
class KillStepsTest(ChatTest):
    # A killed sign-up leaves a profile that the server does not have. One address fails to log in with many of these.
    CLUSTER = {"workers": 1, "broker_args": ["--high-limit-addresses", "127.0.0.0/8"]}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.chat.env["LD_PRELOAD"] = SHIM
        cls.bob = cls.chat.stranger("bob").sign_up()

    def person(self, name):
        return self.chat.stranger(name).sign_up()

    def killed_at(self, person, step, *arguments, server=None, **env):
        done = person.run(*arguments, code=None, server=server, KILL_AT=str(step), KILL_FOLDER=person.data_dir, **env)
        self.assertIn(done.code, (0, KILLED), done)
        return done.code == KILLED

    def works(self, person):
        """Checks that the profile works without a password: the client shows its messages and reaches the server."""
        person.run("status", "--json")
        person.run("history", "bob", "--json")
        person.run("devices", "--json", "--timeout", "100")

    def each_step(self, what, sparse=1):
        """Calls what(step) until the command ends without being killed. sparse: tries fewer steps of a slow command."""
        for step in range(1, MOST_STEPS, STRIDE * sparse if STRIDE > 1 else 1):
            with self.subTest(step=step):
                if not what(step):
                    self.assertGreater(step, 5, "the steps are counted")
                    return
        self.fail(f"more than {MOST_STEPS} steps")

    def test_login_in_a_folder_that_has_a_profile(self):
        ann = self.person("ann")
        ann.send("bob", "before")

        def log_in(step):
            killed = self.killed_at(ann, step, "login", "ann", FASTCHAT_PASSWORD=ann.password)
            self.works(ann)
            return killed
        self.each_step(log_in)
        self.assertIn("before", [m["text"] for m in ann.history("bob")])
        self.assertEqual(1, len(ann.run("devices", "--json").json()))

    def test_login_in_an_empty_folder(self):
        cid = self.person("cid")
        other = Person(self.chat, "cid", self.chat.new_dir("cid"), cid.password)

        def log_in(step):
            killed = self.killed_at(other, step, "login", "cid", server=self.cluster.invite,
                                    FASTCHAT_PASSWORD=cid.password)
            if not killed:
                self.works(other)
            elif other.run("status", code=None).code == 0:
                self.works(other)
                made.append(step)
                if len(made) == 5:  # the number of new devices that a server allows a user in an hour
                    return False
                shutil.rmtree(other.data_dir)
            return killed
        made = []
        self.each_step(log_in)
        others = [d for d in cid.run("devices", "--json").json() if not d["this"]]
        self.assertLessEqual(len(others), len(made) + 1, "an interrupted login goes on as the device that it was")

    def test_signup(self):
        people = []

        def sign_up(step):
            new = self.chat.stranger(f"dora{step}")
            people.append(new)
            killed = self.killed_at(new, step, "signup", new.name, server=self.cluster.invite,
                                    FASTCHAT_PASSWORD=new.password)
            if killed and new.run("status", code=None).code != 0:
                again = new.run("signup", new.name, code=None, server=self.cluster.invite,
                                FASTCHAT_PASSWORD=new.password)
                if again.code != 0:
                    self.assertIn("taken", again.err)
                    new.run("login", new.name, server=self.cluster.invite, FASTCHAT_PASSWORD=new.password)
            self.works(new)
            return killed
        self.each_step(sign_up)

    def test_passwd(self):
        eve = self.person("eve")
        passwords = [eve.password, "another " + eve.password]

        def change(step):
            before, after = passwords
            command = ("passwd",)
            env = {"FASTCHAT_PASSWORD": before, "FASTCHAT_NEW_PASSWORD": after}
            killed = self.killed_at(eve, step, *command, **env)
            self.works(eve)
            if killed:
                eve.run(*command, **env)
            self.works(eve)
            passwords.reverse()
            return killed
        self.each_step(change)
        eve.password = passwords[0]
        other = eve.another_device()
        self.works(other)

    def test_rekey(self):
        ines = self.person("ines")
        ines.send("bob", "before")
        keys = []

        def change(step):
            killed = self.killed_at(ines, step, "rekey", FASTCHAT_PASSWORD=ines.password)
            self.works(ines)
            keys.append(ines.status()["fingerprint"])
            if len(set(keys)) > 8:  # an identity keeps 16 keys
                return False
            return killed
        self.each_step(change)
        self.assertGreater(len(set(keys)), 1)
        ines.send("bob", "after")
        def got():
            self.bob.run("listen", "--timeout", "1")
            return [m["text"] for m in self.bob.history("ines")]
        wait_until(lambda: len(got()) == 2, PATIENCE, "bob has what ines sent")
        self.assertEqual(["before", "after"], got())
        self.works(ines.another_device())

    def test_account_delete(self):
        def delete(step):
            jon = self.person(f"jon{step}")
            self.bob.run("group", "create", f"of-bob{step}", jon.name)
            jon.send("bob", f"jon {step}")
            command = ("account", "delete", "--yes")
            killed = self.killed_at(jon, step, *command, FASTCHAT_PASSWORD=jon.password)
            jon.run("history", "bob", "--json")
            if killed:
                again = jon.run(*command, code=None, FASTCHAT_PASSWORD=jon.password)
                if again.code != 0:
                    self.assertIn(f"the account {jon.name} was deleted", again.err)
            self.assertIn(f"jon {step}", [m["text"] for m in jon.history("bob")], "the history stays readable")
            self.assertIn("was deleted", jon.run("send", "bob", "too late", code=1).err)
            self.assertIn("taken", self.chat.stranger(jon.name).run(
                "signup", jon.name, code=1, server=self.cluster.invite, FASTCHAT_PASSWORD=jon.password).err)
            return killed
        self.each_step(delete, sparse=4)

    def test_logout(self):
        fay = self.person("fay")

        def log_out(step):
            killed = self.killed_at(fay, step, "logout")
            status = fay.status()
            if status["remembered"]:
                self.works(fay)
            fay.run("login", "fay", FASTCHAT_PASSWORD=fay.password)
            self.works(fay)
            return killed
        self.each_step(log_out)

    def test_send(self):
        gus = self.person("gus")
        sent = []

        def send(step):
            arguments = ("send", "bob", f"gus {step}", "--id", f"step {step}")
            killed = self.killed_at(gus, step, *arguments)
            gus.run(*arguments)
            sent.append(f"gus {step}")
            return killed
        self.each_step(send)
        def got():
            self.bob.run("listen", "--timeout", "1")
            return [m["text"] for m in self.bob.history("gus")]
        wait_until(lambda: len(got()) >= len(sent), PATIENCE, "bob has what gus sent")
        self.assertEqual(sent, got(), "each once, in order")
        gus.empty_outbox()

    def test_send_file(self):
        ike = self.person("ike")
        folder = self.chat.new_dir("files")
        os.makedirs(folder, exist_ok=True)
        sent = []

        def send(step):
            path = os.path.join(folder, f"{step}.txt")
            with open(path, "w", encoding="utf-8") as out:
                out.write(f"ike {step}")
            arguments = ("send", "bob", f"ike {step}", "--file", path, "--id", f"step {step}")
            killed = self.killed_at(ike, step, *arguments)
            ike.run(*arguments)
            sent.extend([f"{step}.txt", f"ike {step}"])
            return killed
        self.each_step(send)
        def got():
            self.bob.run("listen", "--timeout", "1")
            return [m.get("name") or m["text"] for m in self.bob.history("ike")]
        wait_until(lambda: len(got()) >= len(sent), PATIENCE, "bob has what ike sent")
        self.assertEqual(sent, got(), "each once, in order")
        ike.empty_outbox()

    def test_listen(self):
        hal = self.person("hal")
        texts = []

        def listen(step):
            texts.append(f"to hal {step}")
            self.bob.send("hal", texts[-1])
            killed = self.killed_at(hal, step, "listen", "--count", "1", "--timeout", "20")
            self.works(hal)
            return killed
        self.each_step(listen)
        hal.run("listen", "--timeout", "1")
        self.assertEqual(texts, [m["text"] for m in hal.history("bob")])


if __name__ == "__main__":
    unittest.main()
