"""vi's keys in a real terminal, wide and narrow: the mark of the mode, messages, the line, lists, a search, the help."""
import os
import unittest

from client import ScreenTest

NORMAL = "-- NORMAL --"


class Vi(ScreenTest):
    PEOPLE = ("alice", "bob", "carol")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fastchat("carol", "send", "alice", "from carol")
        lines = "".join(f"line {n} of many\n" for n in range(1, 81)).replace("line 7 ", "a needle 7 ")
        cls.fastchat("bob", "send", "alice", "--lines", text=lines.replace("line 60 ", "a needle 60 "))
        cls.fastchat("alice", "listen", "--count", "81", "--timeout", "60")
        cls.config = os.path.join(cls.folder, "vi.toml")
        with open(cls.config, "w", encoding="utf-8") as file:
            file.write('keys = "vi"\n')

    def normal(self, screen):
        screen.press("Escape")
        screen.wait_for(NORMAL)

    def test_messages_and_the_line(self):
        for columns, rows in ((80, 24), (44, 12)):
            with self.subTest(columns=columns), self.client("alice", "--config", self.config, columns=columns,
                                                            rows=rows) as screen:
                screen.wait_for("connected")
                screen.wait_for("F10 menu")
                screen.type("/msg bob")
                screen.press("Enter")
                screen.wait_for("line 80")
                self.assertNotIn(NORMAL, screen.screen())
                screen.type("one two")
                self.normal(screen)
                screen.type("k")
                screen.wait_for("▸")
                screen.wait_for("r reply")
                screen.wait_for(NORMAL)
                screen.type("k")
                screen.wait_for("▸bob: line 79")
                screen.type("gg")
                screen.wait_for("line 1 of")
                screen.press("C-d")
                screen.wait_until(lambda s: "line 1 of" not in s)
                screen.press("C-u")
                screen.wait_for("line 1 of")
                screen.type("G")
                screen.wait_for("line 80")
                screen.wait_for("> one two")
                screen.type("0dwu0cwTHREE")
                screen.wait_for("> THREE two")
                self.assertNotIn(NORMAL, screen.screen())
                self.normal(screen)
                screen.type("dd:quit")
                screen.wait_for("> /quit")
                screen.press("Enter")
                screen.wait_until_ended()

    def test_the_list_of_reactions(self):
        for columns, rows in ((80, 24), (44, 12)):
            with self.subTest(columns=columns), self.client("alice", "--config", self.config, columns=columns,
                                                            rows=rows) as screen:
                screen.wait_for("connected")
                screen.type("/msg bob")
                screen.press("Enter")
                screen.wait_for("line 80")
                self.normal(screen)
                screen.type("k")
                screen.wait_for("▸bob: line 80")
                screen.type("+")
                screen.wait_for("Emoji:")
                self.assertNotIn(NORMAL, screen.screen())
                screen.type("joy")
                screen.wait_for("Emoji: joy")
                screen.press("C-u")
                self.normal(screen)
                screen.type("jjjk")
                screen.wait_for("> 😂 joy")
                screen.type("gi")
                screen.wait_until(lambda s: NORMAL not in s)
                self.normal(screen)
                screen.press("Escape")
                screen.wait_until(lambda s: "Emoji:" not in s)
                screen.press("C-c")
                screen.wait_until_ended()

    def test_a_search_and_what_it_found(self):
        with self.client("alice", "--config", self.config) as screen:
            screen.wait_for("connected")
            self.normal(screen)
            screen.type("/")
            screen.wait_for("Words:")
            screen.type("needle")
            screen.press("Enter")
            screen.wait_for("2 found")
            self.normal(screen)
            screen.type("j")
            screen.wait_until(lambda s: any(row.startswith(">") and "needle 7" in row for row in s.split("\n")))
            screen.type("k")
            screen.press("Enter")
            screen.wait_for("bob: a needle 60")
            screen.type("n")
            screen.wait_for("bob: a needle 7")
            screen.type("N")
            screen.wait_for("bob: a needle 60")
            screen.type("N")
            screen.wait_for("no further message")

    def test_lists_and_the_help(self):
        for columns, rows in ((80, 24), (44, 12)):
            with self.subTest(columns=columns), self.client("alice", "--config", self.config, columns=columns,
                                                            rows=rows) as screen:
                screen.wait_for("connected")
                screen.press("F10")
                screen.wait_for("> d  Direct message")
                screen.type("jjk")
                screen.wait_for("> g  Group message")
                screen.type("d")
                screen.wait_for("To")
                self.normal(screen)
                screen.type("j")
                screen.wait_for("> carol")
                screen.type("g")
                screen.wait_for("> bob")
                screen.press("Escape")
                screen.wait_for("Group message")
                screen.press("Escape")
                screen.wait_for("F10 menu")
                screen.press("F1")
                screen.wait_for("Help")
                screen.type("G")
                screen.wait_for("who signed a receipt" if columns == 80 else "pinned")
                screen.type("g")
                screen.wait_for("F1")
                for _ in range(12):
                    before = screen.screen()
                    if "Normal mode" in before:
                        break
                    screen.press("C-d")
                    screen.wait_until(lambda s, before=before: s != before)
                screen.wait_for("Normal mode")
                screen.press("C-c")
                screen.wait_until_ended()


if __name__ == "__main__":
    unittest.main()
