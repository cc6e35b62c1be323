"""The programs of examples/: bots that answer each message once and in order, whatever is killed meanwhile."""
import os
import resource
import time
import unittest

from chat import PATIENCE, wait_until
from rpc_client import SOURCE, Connection, Holding

MESSAGES = 200


class ExamplesTest(Holding):
    CLUSTER = {"workers": 1}
    PEOPLE = ("alice", "shelly", "monty")

    def start_bot(self, bot, name):
        command = [os.path.join(SOURCE, "examples", name), "--data-dir", bot.data_dir]
        env = {**self.chat.env, "FASTCHAT": self.cluster.program("fastchat")}
        return self.chat.start_program(command, env)

    @staticmethod
    def first_cursor(bot, name):
        """Subscribes as the bot does, so that the bot begins here whenever it starts."""
        with Connection(bot.data_dir) as rpc:
            rpc.call("subscribe", name=name)

    def answers(self, bot):
        return [m for m in self.alice.history(bot.name) if m["event"] == "message"]

    def feed(self, bot):
        """Sends the messages; returns their ids."""
        lines = "".join(f"question \"{n}\" \\ \u00e9\n" for n in range(MESSAGES))
        return [m["id"] for m in self.alice.run("send", bot.name, "--lines", "--json", stdin=lines).json()]

    def check(self, bot, asked, text):
        wait_until(lambda: len(self.answers(bot)) >= MESSAGES, PATIENCE, f"{MESSAGES} answers of {bot.name}")
        answers = self.answers(bot)
        self.assertEqual([m["reply_to"] for m in answers], asked)
        self.assertEqual([m["text"] for m in answers], [text(n) for n in range(MESSAGES)])

    def run_bot(self, bot, name, text):
        mine = self.daemon(self.alice)
        holder = self.daemon(bot)
        self.first_cursor(bot, name)
        began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        client = self.start_bot(bot, name)
        asked = self.feed(bot)
        self.check(bot, asked, text)
        client.kill()
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"{name}: {MESSAGES} answers in {time.monotonic() - began:.1f} s, "
              f"{spent.ru_utime + spent.ru_stime - used.ru_utime - used.ru_stime:.1f} s of processor", flush=True)
        self.assertClean(holder.interrupt())
        self.assertClean(mine.interrupt())

    def test_the_bot_in_shell(self):
        self.run_bot(self.shelly, "bot.sh", lambda n: "got it")

    def test_the_bot_in_python(self):
        self.run_bot(self.monty, "bot.py", lambda n: f"question \"{n}\" \\ \u00e9")

    def kill_and_start(self, bot, name, text):
        """Kills bot and holder in the middle, several times."""
        mine = self.daemon(self.alice)
        holder = self.daemon(bot)
        self.first_cursor(bot, name)
        client = self.start_bot(bot, name)
        asked = self.feed(bot)
        for round_ in range(4):
            count = (round_ + 1) * MESSAGES // 6
            wait_until(lambda: len(self.answers(bot)) >= count, PATIENCE, f"{count} answers")
            client.kill()
            if round_ % 2 == 1:
                holder.kill()
                holder = self.daemon(bot)
            client = self.start_bot(bot, name)
        self.check(bot, asked, text)
        client.kill()
        self.assertClean(holder.interrupt())
        self.assertClean(mine.interrupt())

    def test_nothing_is_lost_or_repeated_when_the_shell_bot_is_killed(self):
        bot, = self.chat.people("sheila")
        self.kill_and_start(bot, "bot.sh", lambda n: "got it")

    def test_nothing_is_lost_or_repeated_when_the_python_bot_is_killed(self):
        bot, = self.chat.people("mona")
        self.kill_and_start(bot, "bot.py", lambda n: f"question \"{n}\" \\ \u00e9")


if __name__ == "__main__":
    unittest.main()
