"""The scene of the golden screens and of the pictures in the documentation: four people, a conversation with an answer,
a reaction, an edit and every state, a group, and messages that nobody has read. The scene is played on real clients."""
import os
import subprocess
import time

from tmux import Terminal

PASSWORD = "lusab-babad-kotin-rafem-zidop"
PEOPLE = ("alice", "bob", "carol", "dave")


def noon():
    """Returns a time zone in which it is about noon, so that no scene crosses midnight."""
    hours = 12 - time.gmtime().tm_hour
    return f"NOON{-hours:+d}"


class Scene:
    """`folder` gets the profiles. Clients stay open until the Scene's owner closes them."""

    def __init__(self, cluster, folder):
        self.cluster, self.folder = cluster, folder
        for name in PEOPLE:
            self.fastchat(name, "--server", cluster.invite, "signup", name)

    def fastchat(self, profile, *args):
        subprocess.run([self.cluster.program("fastchat"), "--data-dir", os.path.join(self.folder, profile), *args],
                       check=True, capture_output=True, timeout=120, env={**os.environ, "FASTCHAT_PASSWORD": PASSWORD})

    def client(self, profile, columns=100, rows=26, args=()):
        environment = {"XDG_CONFIG_HOME": self.folder, "TZ": noon()}
        return Terminal([self.cluster.program("fastchat"), "--data-dir", os.path.join(self.folder, profile), *args],
                        columns=columns, rows=rows, env=environment, folder=self.folder)

    @staticmethod
    def enter(screen, text):
        screen.type(text)
        screen.press("Enter")

    def play(self, alice, picture=None):
        """Plays the scene. Ends with alice's screen at her conversation with bob, who is offline."""
        alice.wait_for("connected, worker")
        self.enter(alice, "/group create team bob carol")
        alice.wait_for("#team is created")
        self.enter(alice, "/msg #team")
        alice.wait_for("-- you created the group")
        self.enter(alice, "standup at ten?")
        alice.wait_for("queued")
        for text in ("morning!", "are you coming to lunch?", "the usual place"):
            self.fastchat("carol", "send", "alice", text)
        self.fastchat("bob", "send", "alice", "are you there?")
        alice.wait_for("1 bob")
        self.enter(alice, "/msg bob")
        alice.wait_for("─ new ─")
        with self.client("bob") as bob:
            bob.wait_for("connected, worker")
            self.enter(bob, "/msg alice")
            self.talk(alice, bob, picture)
            bob.press("C-c")
            bob.wait_until_ended()
        self.enter(alice, "and it is nice and cool")
        alice.wait_for("queued")

    def talk(self, alice, bob, picture):
        self.enter(alice, "yes: the cluster runs on the machine")
        bob.wait_for("runs on the machine")
        self.enter(alice, "/edit yes: the cluster runs on the machine under the stairs; 漢字 and café work too")
        bob.wait_for("(edited)")
        self.enter(bob, "/reply which stairs?")
        alice.wait_for("bob which stairs?")
        self.enter(alice, "/react +1")
        bob.wait_for("which stairs?  [+1]")
        alice.wait_for("which stairs?  [+1]")
        if picture:
            self.enter(bob, f"/send {picture}")
            alice.wait_for(os.path.basename(picture))
            alice.press("Enter")
            alice.wait_for(f"downloads/{os.path.basename(picture)}")
            alice.press("Escape")
            alice.wait_for("Esc menu")
        self.enter(alice, "the ones to the cellar")
        bob.wait_for("to the cellar")
        alice.wait_until(lambda screen: screen.count(" read") >= 2)
