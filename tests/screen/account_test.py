"""The account on the screen: the password changes here and elsewhere, devices are added and removed, and no text is
lost."""
import json
import os
import subprocess
import unittest

from client import PASSWORD, ScreenTest

NEW = "another horse battery 7"


class Account(ScreenTest):
    PEOPLE = ("ann", "cid", "bob")

    def run_as(self, profile, *args, password=PASSWORD, **env):
        return subprocess.run([self.cluster.program("fastchat"), "--data-dir", self.data_dir(profile), *args], check=True,
                              capture_output=True, text=True, timeout=120,
                              env={**os.environ, "FASTCHAT_PASSWORD": password, **env}).stdout

    def connected(self, screen, name):
        screen.wait_for(f"{name}  connected, worker")

    def test_the_password_changes_elsewhere(self):
        self.run_as("ann-2", "--server", self.cluster.invite, "login", "ann")
        with self.client("ann-2") as screen:
            self.connected(screen, "ann")
            screen.type("/msg bob")
            screen.press("Enter")
            screen.wait_for("No messages yet")
            screen.type("a draft that stays")
            self.run_as("ann", "passwd", FASTCHAT_NEW_PASSWORD=NEW)
            screen.wait_for("Log in", 60)
            screen.wait_for("The password of this account was changed")
            screen.wait_for("ann")
            screen.press("Escape")
            screen.wait_for("F1 help")
            screen.type("/msg bob")
            screen.press("Enter")
            screen.wait_for("a draft that stays")
            screen.press("C-c")
            screen.wait_until_ended()
        with self.client("ann-2") as screen:
            screen.wait_for("The password of this account was changed", 60)
            screen.type(NEW)
            screen.press("Enter")
            self.connected(screen, "ann")
            screen.type("/msg bob")
            screen.press("Enter")
            screen.wait_for("a draft that stays")
            screen.press("Enter")
            screen.wait_for("me: a draft that stays")

    def test_the_password_is_changed_on_the_screen(self):
        with self.client("cid") as screen:
            self.connected(screen, "cid")
            screen.press("Escape")
            screen.wait_for("Password: change it")
            screen.press("p")
            screen.wait_for("Old password")
            for wrong, says in (("not the password at all", "wrong password"), (PASSWORD, "The password is changed.")):
                screen.type(wrong)
                screen.press("Tab")
                screen.type(NEW)
                screen.press("Tab")
                screen.type(NEW)
                screen.press("Enter")
                screen.wait_for(says, 60)
            self.connected(screen, "cid")
            self.run_as("cid-2", "--server", self.cluster.invite, "login", "cid", password=NEW)
            screen.wait_for("a new device logged in", 60)
            screen.type("/msg cid")
            screen.press("Enter")
            screen.wait_for("a new device logged in")

    def test_this_device_is_removed(self):
        self.run_as("bob-2", "--server", self.cluster.invite, "login", "bob")
        with self.client("bob-2") as screen:
            self.connected(screen, "bob")
            devices = [line.split()[0] for line in self.run_as("bob", "devices").splitlines() if "this device" not in line]
            self.run_as("bob", "devices", "remove", devices[0])
            screen.wait_for("This device was removed from your account", 60)
            screen.type(PASSWORD)
            screen.press("Enter")
            self.connected(screen, "bob")

    def test_a_new_key(self):
        for columns, rows in ((80, 24), (44, 12)):
            with self.subTest(columns), self.client("bob", columns=columns, rows=rows) as screen:
                screen.wait_until(lambda s: "connected" in s)
                before = self.run_as("bob", "status", "--json")
                screen.type("/rekey")
                screen.press("Enter")
                screen.wait_for("New key")
                screen.wait_for("Contacts accept the new key")
                screen.type("not the password")
                screen.press("Enter")
                screen.wait_for("wrong password")
                screen.type(PASSWORD)
                screen.press("Enter")
                screen.wait_for("The account has a new key.")
                self.assertNotEqual(json.loads(before)["fingerprint"],
                                    json.loads(self.run_as("bob", "status", "--json"))["fingerprint"])
                screen.press("C-c")
                screen.wait_until_ended()


if __name__ == "__main__":
    unittest.main()
