"""Signing up at a server that asks for an invite token, at 80x24 and 44x12: a missing and a wrong token are one line with
the cursor in the field of the token, and a right one makes the account."""
import subprocess
import unittest

from client import PASSWORD, ScreenTest

SIZES = ((80, 24), (44, 12))


class Token(ScreenTest):
    CLUSTER = {"workers": 1, "broker_args": ("--registration", "invite")}

    def token(self):
        return subprocess.run([self.cluster.program("fastchat-broker"), "token", "--database", self.cluster.conninfo],
                              check=True, capture_output=True, text=True, timeout=60).stdout.strip()

    def type_password_twice(self, screen):
        screen.wait_for_field("Password")
        for _ in range(2):
            screen.type(PASSWORD)
            screen.press("Enter")

    def test_a_missing_a_wrong_and_a_right_token(self):
        for columns, rows in SIZES:
            name = f"ann{columns}"
            with self.subTest(columns), self.client(name, "--server", self.cluster.invite, columns=columns,
                                                    rows=rows) as screen:
                screen.wait_for("Sign up: create an account")
                screen.press("s")
                screen.wait_for_field("Name")
                screen.type(name)
                screen.press("Enter")
                self.type_password_twice(screen)
                screen.wait_for("this server asks for an invite token", 60)
                screen.wait_for_field("Invite token")
                for token, answer in (("no-token-of-this-server", "this invite token is not valid"),
                                      (self.token(), f"{name}  connected, worker")):
                    screen.press("C-u")
                    screen.type(token)
                    screen.press("Enter")
                    # The form forgets a password that it has sent.
                    self.type_password_twice(screen)
                    screen.wait_for(answer, 60)
                    if "connected" not in answer:
                        screen.wait_for_field("Invite token")
                screen.press("C-c")
                screen.wait_until_ended()

    def test_a_token_is_good_for_one_account(self):
        token = self.token()
        for name, answer in (("bob", "bob  connected, worker"), ("eve", "this invite token is not valid")):
            with self.client(name, "--server", self.cluster.invite) as screen:
                screen.wait_for("Sign up: create an account")
                screen.press("s")
                screen.wait_for_field("Name")
                screen.type(name)
                screen.press("Enter")
                screen.wait_for_field("Password")
                screen.type(PASSWORD)
                screen.press("Enter")
                screen.type(PASSWORD)
                screen.press("Down")
                screen.wait_for_field("Invite token")
                screen.type(token)
                screen.press("Enter")
                screen.wait_for(answer, 60)
                screen.press("C-c")
                screen.wait_until_ended()


if __name__ == "__main__":
    unittest.main()
