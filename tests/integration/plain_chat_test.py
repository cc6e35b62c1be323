"""chat --plain: a conversation in lines, in a pipe. Lines go out in their order, events come in as lines of their own,
nothing is an escape sequence, and the end of the input ends the command once all is accepted."""
import unittest

from chat import PATIENCE, ChatTest, wait_until


class PlainChat(ChatTest):
    CLUSTER = {"workers": 1}
    PEOPLE = ("alice", "bob")

    def wait_for(self, client, text):
        wait_until(lambda: text in client.text(), PATIENCE, f"{text!r} in {client.text()!r}, {client.errors()!r}")

    def test_two_people_talk(self):
        self.bob.run("send", self.alice.name, "before it began")
        self.alice.run("listen", "--count", "1")
        chat = self.alice.start("chat", "--plain", self.bob.name)
        self.wait_for(chat, f"-- conversation with {self.bob.name}")
        self.wait_for(chat, ": before it began\n")
        self.wait_for(chat, "-- connected\n")
        self.alice.send(self.bob.name, "by a command beside it")  # the chat serves the profile
        self.wait_for(chat, "-- queued: by a command beside it\n")
        chat.feed("hello\n\n/shout\n/me waves\n//etc\n")
        for line in ("-- queued: hello\n", "-- queued: * alice waves\n".replace("alice", self.alice.name),
                     "-- queued: /etc\n", "there is no command /shout"):
            self.wait_for(chat, line)
        bobs = self.bob.start("chat", "--plain", self.alice.name)
        self.wait_for(bobs, ": hello\n")
        self.wait_for(chat, "-- delivered: hello\n")
        bobs.feed("/reply yes\n/react +1\n")
        self.wait_for(chat, f"{self.bob.name}: yes\n")
        self.wait_for(chat, "-- changed: ")
        chat.feed("the last")
        chat.end_of_input()
        self.assertEqual(0, chat.wait().code)
        history = self.alice.history(self.bob.name)
        answer = next(m for m in history if m["text"] == "yes")
        answered = next(m for m in history if m["id"] == answer["reply_to"])
        self.assertEqual("/etc", answered["text"])
        self.assertEqual([{"from": self.bob.name, "emoji": "+1"}], answered["reactions"])
        self.wait_for(bobs, ": the last\n")
        bobs.feed("/quit\n")
        done = bobs.wait()
        self.assertEqual((0, ""), (done.code, done.err))
        for client in (chat, bobs):
            self.assertNotRegex(client.text(), r"[\x00-\x09\x0b-\x1f\x7f\x9b]", "line feeds are the only controls")

    def test_other_conversations_and_errors_are_lines(self):
        chat = self.alice.start("chat", "--plain", "nobody-of-this-name")
        self.wait_for(chat, "-- connected\n")
        chat.feed("hello?\n/react x\n")
        self.wait_for(chat, "-- not sent, ")
        self.wait_for(chat, "-- nothing was sent: there is no message of somebody else here\n")
        self.bob.run("send", self.alice.name, "elsewhere")
        self.wait_for(chat, f"-- a message from {self.bob.name}\n")
        chat.end_of_input()
        self.assertEqual(0, chat.wait().code)
        self.assertEqual(1, self.alice.run("chat", self.bob.name, code=1).code)


if __name__ == "__main__":
    unittest.main()
