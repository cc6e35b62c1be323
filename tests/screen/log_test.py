"""An alarm about the log of keys in a real terminal, at 80x24 and 44x12: a line that says what to do."""
import unittest

from client import ScreenTest

TABLES = ("log_leaves", "log_nodes", "log_head")


class Log(ScreenTest):
    PEOPLE = ("alice", "bob")

    def test_a_list_of_keys_that_became_shorter(self):
        psql = self.cluster.postgres.psql
        for profile, (columns, rows), other in (("alice", (80, 24), "carol"), ("bob", (44, 12), "dave")):
            with self.subTest(columns):
                for table in TABLES:
                    psql(f"drop table if exists kept_{table}; create table kept_{table} as table {table}")
                self.fastchat(other, "--server", self.cluster.invite, "signup", other)
                self.fastchat(profile, "status", "--ping")
                for table in TABLES:
                    psql(f"truncate {table}; insert into {table} table kept_{table}")
                with self.client(profile, columns=columns, rows=rows, env={"NO_COLOR": "1"}) as screen:
                    screen.wait_for("connected, worker")
                    screen.type(f"/msg {profile}")
                    screen.press("Enter")
                    screen.wait_until(lambda s: "ALARM" in s and "operator" in " ".join(s.split()))
                    screen.press("C-c")
                    screen.wait_until_ended()


if __name__ == "__main__":
    unittest.main()
