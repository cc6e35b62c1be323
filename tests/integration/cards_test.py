"""Contact cards on real processes, in a realm where strangers are asked about: a card makes two people contacts at once,
once."""
import unittest

from chat import PATIENCE, ChatTest, wait_until
from rpc_client import Connection

ASK = {"workers": 2, "broker_args": ["--strangers", "ask"]}


class CardsTest(ChatTest):
    CLUSTER = ASK
    PEOPLE = ()

    def contact(self, person, name):
        """Returns standing and trust."""
        row = {c["user"]: c for c in person.run("contacts", "--json").json()}.get(name)
        return row and (row["standing"], row["trust"])

    def standing(self, person, name):
        return (self.contact(person, name) or ("none",))[0]

    def test_a_card_makes_contacts_at_once_and_once(self):
        amy, ben, eve = self.chat.people("amy", "ben", "eve")
        made = amy.run("card")
        line = made.out.strip()
        self.assertEqual(made.out, line + "\n", "no code where no person looks")
        self.assertRegex(line, r"^fastchat-card:amy:[\w-]{43}:[\w-]{22}$")
        self.assertEqual("amy is a contact now, and the key is verified\n", ben.run("card", line).out)
        self.assertEqual(("accepted", "verified"), self.contact(ben, "amy"))
        # The first message passes as that of a contact: no request, and delivered when a device of amy has it.
        ben.send("amy", "hello")
        hello = amy.receive(1)[-1]
        self.assertEqual("hello", hello["text"])
        self.assertNotIn("request", hello)
        self.assertEqual(["ben used your card: ben is a contact now", "hello"], [m["text"] for m in amy.history("ben")])
        self.assertEqual([], amy.run("requests", "--json").json())
        self.assertEqual("accepted", self.standing(amy, "ben"))
        ben.run("status", "--ping")
        wait_until(lambda: ben.run("status", "--ping") and ben.history("amy")[-1]["state"] == "delivered", PATIENCE,
                   "the receipt")
        # The bearer may repeat the command; a third person is refused.
        ben.run("card", line)
        done = eve.run("card", line, code=1)
        self.assertIn("this card was used, has ended, or is not of this server: ask amy for a new one", done.err)
        self.assertNotEqual("accepted", self.standing(eve, "amy"))
        # The server's copy keeps the contact after the card is gone.
        amy.run("status", "--ping")
        ben.send("amy", "and again")
        self.assertEqual("and again", amy.receive(1)[-1]["text"])

    def test_another_device_of_the_maker_takes_the_note(self):
        cid, dan = self.chat.people("cid", "dan")
        line = cid.run("card", "--json").json()[0]["card"]
        other = cid.another_device()
        dan.run("card", line)
        other.run("status", "--ping")
        wait_until(lambda: other.run("status", "--ping") and self.standing(other, "dan") == "accepted", PATIENCE,
                   "the contact on the other device")
        cid.run("status", "--ping")
        self.assertEqual("accepted", self.standing(cid, "dan"))

    def test_refused_strangers_may_have_a_card(self):
        fay, gil = self.chat.people("fay", "gil")
        fay.run("strangers", "refuse")
        gil.run("card", fay.run("card").out.strip())
        gil.send("fay", "hello")
        self.assertEqual("hello", fay.receive(1)[-1]["text"])

    def test_damaged_own_and_old_cards(self):
        hal, ida = self.chat.people("hal", "ida")
        line = hal.run("card").out.strip()
        self.assertIn("not a contact card: the token is damaged", ida.run("card", line[:-1], code=1).err)
        self.assertIn("this is your own card", hal.run("card", line, code=1).err)
        changed = line.split(":")
        changed[2] = "A" * 43
        done = ida.run("card", ":".join(changed), code=4)
        self.assertIn("the server shows another key for hal than the card: do not use it; tell hal", done.err)
        ida.run("block", "hal")
        self.assertIn("you blocked hal: unblock hal first", ida.run("card", line, code=1).err)
        hal.run("rekey", FASTCHAT_PASSWORD=hal.password)
        ida.run("unblock", "hal")
        done = ida.run("card", line, code=1)
        self.assertIn("hal has a new key since this card was made: ask for a new card", done.err)

    def test_sixteen_cards_are_open_at_most(self):
        jon, = self.chat.people("jon")
        for _ in range(16):
            jon.run("card")
        self.assertIn("16 cards are open: the oldest ends on 20", jon.run("card", code=1).err)

    def test_by_json_rpc(self):
        kim, leo = self.chat.people("kim", "leo")
        holder = kim.start("daemon")
        try:
            def made():
                with Connection(kim.data_dir) as rpc:
                    return rpc.call("card")
            wait_until(lambda: kim.run("status"), PATIENCE, "the daemon")
            card = made()
            self.assertGreater(card["until_ms"], 0)
            leo.run("card", card["card"])
            wait_until(lambda: self.standing(kim, "leo") == "accepted", PATIENCE, "the contact")
        finally:
            self.assertClean(holder.interrupt())


if __name__ == "__main__":
    unittest.main()
