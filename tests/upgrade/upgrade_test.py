"""An installation of the version before goes on: old data under new servers, old profiles under the new client, and a
client that speaks the old protocol. README.md describes the installation."""
import contextlib
import json
import os
import sqlite3
import unittest

from installation import Installation
from tmux import Terminal

import envelope
import link
import suite1
from people import Account
from people import Terminal as OldTerminal

GROUP = "#garden"
NAMES = ("anna", "anna-2", "ben", "cleo")
RAIN, COAT, ALL = "Rain is coming", "Take a coat", "Rain, everybody"


class Upgrade(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.old = Installation("version-1")
        cls.addClassCleanup(cls.old.close)
        cls.cluster, cls.manifest = cls.old.cluster, cls.old.manifest
        cls.anna, cls.anna2, cls.ben, cls.cleo = (cls.old.devices[name] for name in NAMES)

    def connect(self, *people):
        """Names the address of the new servers in the first command, as a user does after a move of the server."""
        for person in people or self.old.devices.values():
            self.assertIn("worker", person.run("status", "--ping", "--json", server=self.cluster.invite).json()[0])

    def seen(self, device):
        return self.manifest["devices"][device]

    def texts(self, person, peer):
        return [m["text"] for m in person.history(peer) if m["event"] in ("message", "sent")]

    def states(self, person, peer):
        return {m["text"]: m["state"] for m in person.history(peer) if m["event"] == "sent"}

    def gets(self, person, peer, *texts):
        """Waits until the device has these messages of the conversation, each once and in this order."""
        self.online(person, lambda: [text for text in self.texts(person, peer) if text in texts] == list(texts),
                    lambda: f"{person.name} gets {texts} from {peer}, not {self.texts(person, peer)}")

    def online(self, person, condition, what):
        """Connects, for longer and longer on a busy machine, until the profile fulfils the condition."""
        for attempt in range(7):
            if condition():
                return
            person.run("listen", "--timeout", str(2 ** attempt))
        self.assertTrue(condition(), what())


class OldProfiles(Upgrade):
    """No command here has a password."""

    def test_everything_goes_on(self):
        self.nothing_is_forgotten()
        self.connect()
        self.what_was_not_sent_is_accepted()
        self.what_waited_arrives()
        self.receipts_arrive()
        self.groups_and_pins_are_known()
        self.the_screen_is_as_it_was()
        self.new_messages_go_both_ways()

    def nothing_is_forgotten(self):
        for device, person in self.old.devices.items():
            seen = self.seen(device)
            for peer, lines in seen["history"].items():
                now = person.history(peer)
                self.assertEqual(lines, [{k: m.get(k) for k in old} for m, old in zip(now, lines)], (device, peer))
                self.assertEqual(len(lines), len(now), (device, peer))
            status = person.status()
            for key in ("user", "device", "fingerprint", "realm", "remembered", "outbox", "unaccepted", "unread", "contacts"):
                self.assertEqual(seen["status"][key], status[key], (device, key))
            found = person.run("search", "garden", "--json").json()
            self.assertEqual(seen["search"], [m["id"] for m in found], device)

    def what_was_not_sent_is_accepted(self):
        self.assertEqual(2, self.anna.status()["unaccepted"])
        self.online(self.anna, lambda: self.anna.status()["unaccepted"] == 0, lambda: "anna's outbox is sent")

    def what_waited_arrives(self):
        unsent = self.manifest["unsent"]
        for person, peer in ((self.ben, "anna"), (self.anna2, "ben")):
            self.gets(person, peer, "beds.txt (158 bytes)", RAIN, COAT, unsent["ben"])
        for person in (self.ben, self.anna2, self.cleo):
            self.gets(person, GROUP, ALL, unsent[GROUP])
        file = next(m for m in self.ben.history("anna") if m["kind"] == "file")
        path = self.ben.run("fetch", file["id"]).out.strip()
        with open(path, encoding="utf-8") as got:
            self.assertEqual([f"bed {n}: beans\n" for n in range(12)], got.readlines())
        for person in self.old.devices.values():
            self.online(person, lambda: person.run("why", "--json").json() == [], lambda: f"{person.data_dir}: nothing waits")

    def receipts_arrive(self):
        """Checks the receipts of messages that waited, and of those delivered while cleo was away."""
        for person in (self.anna, self.cleo):
            self.online(person, lambda: person.status()["outbox"] == 0, lambda: f"receipts of {person.name}")
        for peer, texts in (("ben", (RAIN, COAT)), (GROUP, (ALL,))):
            for text in (*texts, self.manifest["unsent"][peer]):
                self.assertIn(self.states(self.anna, peer)[text], ("delivered", "read"), (peer, text))
        self.assertEqual({"delivered"}, {self.states(self.cleo, "ben")[f"A question, part {n}"] for n in (1, 2)})

    def groups_and_pins_are_known(self):
        for device, person in self.old.devices.items():
            now = person.run("group", "list", "--json").json()
            old = self.manifest["groups"][device]
            self.assertEqual(old, [{k: group.get(k) for k in old[0]} for group in now], device)
        for name, number in self.manifest["numbers"].items():
            peer = {"anna": "ben", "ben": "anna"}[name]
            self.assertEqual(number, self.old.devices[name].run("verify", peer).out)
        self.assertEqual(self.manifest["numbers"]["anna"], self.anna2.run("verify", "ben").out)

    def the_screen_is_as_it_was(self):
        command = [self.cluster.program("fastchat"), "--data-dir", self.anna.data_dir]
        env = {**self.old.env, "XDG_CONFIG_HOME": self.old.folder}
        with Terminal(command, columns=100, rows=30, env=env) as screen:
            screen.wait_for("connected, worker")
            for shown in ("cleo + (muted)", GROUP + " ? (muted)", "do not disturb"):
                screen.wait_for(shown)
            self.assertNotIn("ben (muted)", screen.screen())
            for peer, draft in self.manifest["drafts"].items():
                screen.press("M-k")
                screen.type(peer.lstrip("#"))
                screen.press("Enter")
                screen.wait_for("> " + draft)
            screen.press("C-c")
            screen.wait_until_ended()

    def new_messages_go_both_ways(self):
        self.anna.send("ben", "Dry again")
        self.ben.send("anna", "So it is")
        for person in (self.ben, self.anna2):
            self.gets(person, {"anna": "ben", "ben": "anna"}[person.name], "Dry again", "So it is")
        self.gets(self.anna, "ben", "Dry again", "So it is")
        self.cleo.send(GROUP, "From cleo")
        self.gets(self.anna, GROUP, "From cleo")
        self.anna.run("group", "remove", GROUP[1:], "cleo")
        self.anna.send(GROUP, "Without cleo")
        for person in (self.ben, self.anna2):
            self.gets(person, GROUP, "From cleo", "Without cleo")


def opened(person):
    """Returns the secrets that a profile opens by itself; None when no file in its folder opens them."""
    with contextlib.closing(sqlite3.connect(os.path.join(person.data_dir, "client.db"))) as store:
        realm, user, box = store.execute("SELECT realm, user, unlock FROM profile").fetchone()
    context = suite1.label("unlock") + suite1.lp(realm) + suite1.lp(user.encode())
    for content in files_of(person).values():
        if len(content) == 32:
            with contextlib.suppress(suite1.Refused):
                return suite1.open_box(content, context, box)
    return None


def files_of(person):
    found = {}
    for name in os.listdir(person.data_dir):
        path = os.path.join(person.data_dir, name)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                found[name] = file.read()
    return found


class Proofs(Upgrade):
    """The proof of the password in an old profile is worth as much as the password, so it is erased."""

    def test_an_old_profile_gets_a_secret_of_its_own(self):
        auth = suite1.PasswordKeys(self.ben.password, link.Invite(self.cluster.invite).realm, "ben").auth
        key = files_of(self.ben)["unlock.key"]
        self.assertTrue(auth in opened(self.ben), "the old profile keeps it")
        with contextlib.closing(sqlite3.connect(os.path.join(self.ben.data_dir, "client.db"))) as store:
            box = store.execute("SELECT unlock FROM profile").fetchone()[0]
        self.connect(self.ben)
        self.assertTrue(self.ben.status()["remembered"])
        self.assertFalse(auth in opened(self.ben), "the profile still keeps it")
        left = b"".join(files_of(self.ben).values())
        self.assertFalse(key in left and box[65:] in left, "the old box and its key are both on disk")
        self.ben.send("anna", "With a secret")


class NewTerminals(Upgrade):
    """The passwords of old accounts open them in another terminal."""

    def log_in(self, user):
        return self.old.person(user, self.old.new_dir(user)).another_device()

    def test_a_new_terminal_knows_what_roams(self):
        self.connect()
        terminal = self.log_in("anna")
        self.assertEqual(self.manifest["numbers"]["anna"], terminal.run("verify", "ben").out)
        group = terminal.run("group", "info", GROUP[1:], "--json").json()[0]
        self.assertEqual([["anna", "ben", "cleo"], 2, True], [group[key] for key in ("members", "epoch", "readable")])
        self.ben.send("anna", "Everywhere?")
        for device in (self.anna, self.anna2, terminal):
            self.gets(device, "ben", "Everywhere?")
        terminal.send("ben", "Everywhere")
        self.gets(self.ben, "anna", "Everywhere?", "Everywhere")
        self.assertEqual(3, len(terminal.run("devices", "--json").json()))

    def test_a_password_with_an_accent_of_two_characters(self):
        self.assertIn("\u0301", self.manifest["passwords"]["cleo"])
        self.connect(self.anna)
        terminal = self.log_in("cleo")
        terminal.send("anna", "It is me")
        self.gets(self.anna, "cleo", "It is me")


class OldProtocol(Upgrade):
    """A client that speaks version 1 alone, written from the documents (tests/independent)."""

    def setUp(self):
        self.assertEqual(1, link.VERSION)

    def terminal(self, user, new=False):
        account = Account(link.Invite(self.cluster.invite), user, self.manifest["passwords"].get(user, "plum kettle 9 sundial"))
        return OldTerminal(account.sign_up() if new else account).connect()

    def takes(self, terminal, text):
        """Returns all texts up to `text`. Texts of groups are missing, because this client does not ask for the states
        of groups."""
        got = []
        while text not in got:
            with contextlib.suppress(envelope.Waits):
                got.append(getattr(terminal.receive().content, "text", ""))
        return got

    def test_an_old_account_and_an_old_client(self):
        self.connect(self.anna, self.anna2)
        old = self.terminal("ben")
        self.anna.send("ben", "To a client of version 1")
        self.takes(old, "To a client of version 1")
        ref, _ = old.send_text("anna", "From a client of version 1")
        self.assertIn(old.session.receipt(ref), ("queued", "delivered"))
        for device in (self.anna, self.anna2):
            self.gets(device, "ben", "To a client of version 1", "From a client of version 1")
        old.disconnect()
        self.anna.send("ben", "While it was away")
        old.connect()
        self.takes(old, "While it was away")
        old.disconnect()
        # The new version of ben's client moves his vault. The old one is refused then, and nothing is lost.
        self.connect(self.ben)
        self.ben.send("anna", "From the new version")
        self.anna.send("ben", "After the move")
        with self.assertRaises(suite1.Refused):
            old.connect()
        self.gets(self.ben, "anna", "To a client of version 1", "From a client of version 1", "While it was away",
                  "From the new version", "After the move")

    def test_a_new_account_and_an_old_client(self):
        self.connect(self.anna)
        dora = self.terminal("dora", new=True)
        self.anna.run("send", "dora", "Welcome to you, too")
        self.assertEqual(["Welcome to you, too"], self.takes(dora, "Welcome to you, too"))
        dora.send_text("anna", "Thank you")
        self.gets(self.anna, "dora", "Welcome to you, too", "Thank you")
        dora.disconnect()


class Small(unittest.TestCase):
    def test_the_installation_is_small_and_says_nothing_of_its_maker(self):
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "version-1")
        sizes = [os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)]
        self.assertLess(sum(sizes), 300 * 1024)
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
            self.assertNotIn("/tmp/", json.dumps(json.load(file)))


if __name__ == "__main__":
    unittest.main()
