"""Pictures by kitty's protocol and as sixel, in terminals that report the ability, its absence, or nothing yet."""
import os
import unittest
import zlib

from client import ScreenTest
from graphics_terminal import CELL, GraphicsTerminal
from picture_test import png

RED, BLUE = (255, 0, 0), (0, 0, 255)
ESCAPE, REPAINT, QUIT, WHEEL_UP = "\x1b", "\x0c", "\x03", "\x1b[<64;70;10M"
RED_BLOCK = "48;5;196"


class Graphics(ScreenTest):
    PEOPLE = ("alice", "bob")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flag = cls.file("flag.png", png(400, 300, b"".join(
            b"\0" + bytes(RED if y < 150 else BLUE) * 400 for y in range(300))))

    @classmethod
    def file(cls, name, data):
        path = os.path.join(cls.folder, name)
        with open(path, "wb") as out:
            out.write(data)
        return path

    def terminal(self, protocol, *args, env=None, profile="alice", **options):
        return GraphicsTerminal([self.cluster.program("fastchat"), "--data-dir", self.data_dir(profile), *args], protocol,
                                env={"XDG_CONFIG_HOME": self.folder, **(env or {})}, **options)

    def rectangle(self, terminal):
        """Returns (left, top, columns, rows) of the only picture."""
        cells = terminal.colours()
        xs, ys = {x for x, _ in cells}, {y for _, y in cells}
        if not cells:
            return None
        self.assertEqual(len(cells), len(xs) * len(ys))
        self.assertEqual((len(xs), len(ys)), (max(xs) - min(xs) + 1, max(ys) - min(ys) + 1))
        return min(xs), min(ys), len(xs), len(ys)

    def rows(self, terminal):
        """Returns the colours of the picture's rows of cells, each of one colour."""
        box = self.rectangle(terminal)
        if box is None:
            return []
        left, top, columns, rows = box
        return [next(iter({terminal.colour_at(x, y) for x in range(left, left + columns)})) for y in range(top, top + rows)]

    def leave(self, terminal):
        terminal.type(QUIT)
        terminal.wait_until_ended()
        self.assertEqual(sorted(terminal.images) + sorted(terminal.placements), [], "nothing stays behind")

    def test_a_picture_full_screen(self):
        for protocol in ("kitty", "sixel"):
            with self.subTest(protocol), self.terminal(protocol) as terminal:
                terminal.wait_for("connected, worker")
                terminal.enter(f"/view {self.flag}")
                terminal.wait_until(lambda: len(self.rows(terminal)) == 27)
                left, top, columns, rows = self.rectangle(terminal)
                self.assertEqual((left, top), (1, 1))
                self.assertAlmostEqual(columns * CELL[0] / (rows * CELL[1]), 4 / 3, delta=0.05)
                self.assertEqual(self.rows(terminal)[:13], [RED] * 13)
                self.assertEqual(self.rows(terminal)[14:], [BLUE] * 13)
                self.assertNotIn(RED_BLOCK, terminal.looks)

                terminal.log.clear()
                terminal.type(REPAINT)
                terminal.wait_until(lambda: {"clear", "sixel"} <= set(terminal.log) or "place" in terminal.log)
                self.assertEqual(self.rectangle(terminal), (left, top, columns, rows))

                terminal.resize(60, 20)
                terminal.wait_until(lambda: (self.rectangle(terminal) or ())[2:] == (45, 17))
                self.assertEqual(self.rows(terminal)[0], RED)
                self.assertEqual(self.rows(terminal)[-1], BLUE)
                terminal.type(ESCAPE)
                terminal.wait_for("Esc menu")
                terminal.wait_until(lambda: not terminal.colours())
                self.leave(terminal)

    def test_a_picture_in_a_conversation_scrolls_and_gives_way(self):
        for protocol in ("kitty", "sixel"):
            with self.subTest(protocol), self.terminal(protocol) as terminal:
                terminal.wait_for("connected, worker")
                name = f"#{protocol}"
                terminal.enter(f"/group create {name}")
                terminal.wait_for(f"{name} is created")
                terminal.enter(f"/msg {name}")
                terminal.wait_for("you created the group")
                terminal.enter(f"/send {self.flag}")
                terminal.wait_until(lambda: len(self.rows(terminal)) == 14)
                self.assertEqual(self.rows(terminal), [RED] * 7 + [BLUE] * 7)
                left, top, columns, _ = self.rectangle(terminal)
                self.assertEqual(left, 25 + 1 + 19, "where the texts begin")
                self.assertIn("[flag.png", terminal.screen().split("\n")[top - 1])
                terminal.wait_until(lambda: "delivered" in terminal.screen().split("\n")[top - 1])

                terminal.log.clear()
                terminal.type("hello")
                terminal.wait_for("> hello")
                self.assertEqual(terminal.log, [], "what did not change is not sent again")
                terminal.type("\r")
                for number in range(20):
                    terminal.enter(f"line {number}")
                    terminal.wait_until(lambda n=number: f"me line {n}" in terminal.screen())
                # 26 rows above the line, of which 21 are messages by now: the upper part is out of sight.
                terminal.wait_until(lambda: self.rows(terminal) == [BLUE] * 5)
                self.assertEqual(self.rectangle(terminal)[:3], (left, 1, columns))
                terminal.type(WHEEL_UP)
                terminal.wait_until(lambda: self.rows(terminal) == [RED] + [BLUE] * 7)
                self.assertNotIn("transmit", terminal.log, "the terminal has it")
                terminal.type(WHEEL_UP * 5)
                terminal.wait_until(lambda: self.rows(terminal) == [RED] * 7 + [BLUE] * 7)
                for key, shown in (("\x1bOP", "PgUp and PgDn scroll"), (ESCAPE, "Direct message"), ("\x0b", "Go to:")):
                    terminal.type(key)
                    terminal.wait_for(shown)
                    terminal.wait_until(lambda: not terminal.colours(), why="the picture gone")
                    terminal.type(ESCAPE)
                    terminal.wait_until(lambda: len(self.rows(terminal)) == 14)
                self.leave(terminal)

    def test_an_answer_may_come_late_and_in_pieces(self):
        for protocol, cuts in (("kitty", ()), ("kitty", (4, 9, 11, 15)), ("sixel", (6,))):
            with self.subTest(protocol, cuts=cuts), self.terminal(protocol, hold=True, pixels=False) as terminal:
                terminal.wait_for("connected, worker")
                self.assertIn("attributes", terminal.questions)
                terminal.enter(f"/view {self.flag}")
                terminal.wait_until(lambda: RED_BLOCK in terminal.looks, why="blocks")
                self.assertEqual(terminal.colours(), {})
                terminal.answer(cuts)
                terminal.wait_until(lambda: len(self.rows(terminal)) == 27)
                terminal.type(ESCAPE)
                terminal.wait_for("Esc menu")
                terminal.type("x")
                terminal.wait_for("> x")
                self.assertEqual(terminal.screen().split("\n")[-2].split("> ")[1], "x", "nothing of the answer is typed")
                terminal.type("\x7f")
                self.leave(terminal)

    def test_keys_that_begin_like_an_answer_are_keys(self):
        keys = {"FASTCHAT_KEYS": "help = Alt+_,menu = Alt+[,search = Alt+P"}
        for protocol in ("kitty", "silent"):
            with self.subTest(protocol), self.terminal(protocol, env=keys) as terminal:
                terminal.wait_for("connected, worker")
                for key, shown in (("_", "PgUp and PgDn scroll"), ("[", "Direct message"), ("P", "Search")):
                    terminal.type("\x1b" + key)
                    terminal.wait_for(shown)
                    terminal.type(ESCAPE)
                    # A key right after an escape counts as typed with Alt, so the page has to be gone first.
                    terminal.wait_until(lambda: "Esc menu" in terminal.screen() and shown not in terminal.screen())
                self.leave(terminal)

    def test_a_terminal_that_cannot_gets_blocks(self):
        for protocol in ("neither", "silent"):
            with self.subTest(protocol), self.terminal(protocol) as terminal:
                terminal.wait_for("connected, worker")
                terminal.enter(f"/view {self.flag}")
                terminal.wait_until(lambda: RED_BLOCK in terminal.looks)
                self.assertEqual((terminal.log.count("transmit"), terminal.log.count("sixel")), (0, 0))
                self.leave(terminal)

    def settled(self, terminal, letter):
        """Returns the characters and colours above the input line, without the time; the letter that the line shows came
        after everything else."""
        terminal.type(letter)
        terminal.wait_until(lambda: not terminal.changing and
                            any(row.strip().endswith(letter) for row in self.input_rows(terminal)))
        return [[(c, front if c != " " else None, back) for c, (front, back) in zip(row, looks)]
                for row, looks in zip(terminal.cells, terminal.cell_looks)][:-3]

    def input_rows(self, terminal):
        return [row for row in terminal.screen().split("\n")[-4:] if "> " in row]

    def assert_as_drawn_anew(self, terminal, why):
        """The screen is as a redraw of everything makes it: no cell is left over, none is missing."""
        before = self.settled(terminal, "x")
        clears = terminal.log.count("clear")
        terminal.type(REPAINT)
        terminal.wait_until(lambda: terminal.log.count("clear") > clears)
        after = self.settled(terminal, "y")
        terminal.type("\x15")
        terminal.wait_until(lambda: not any(row.strip().endswith("y") for row in self.input_rows(terminal)))
        for y, (left, right) in enumerate(zip(before, after)):
            self.assertEqual(left, right, f"{why}, row {y}")

    def to_the_picture(self, terminal):
        """Goes to the beginning, again with each output: the rows of the picture come when it is drawn for this size."""
        def there():
            return "[sky.png" in terminal.screen() and terminal.exact_cells()
        terminal.wait_until(lambda: there() or terminal.type("\x1bOH"), why="the picture in its colours")

    def test_blocks_have_the_colours_of_the_picture(self):
        sky = self.file("sky.png", png(64, 32, b"".join(
            b"\0" + b"".join(bytes((3 * x, 5 * y, 200)) for x in range(64)) for y in range(32))))
        self.fastchat("bob", "send", "alice", "before")
        self.fastchat("alice", "send", "bob", "--file", sky)
        self.fastchat("alice", "send", "bob", "--lines", text="".join(f"line {n}\n" for n in range(1, 31)))
        exact = {"COLORTERM": "truecolor"}
        with self.terminal("neither", env=exact) as terminal:
            terminal.wait_for("connected, worker")
            terminal.enter("/msg bob")
            terminal.wait_for("line 30")
            self.assertEqual(terminal.exact_cells(), {})
            self.to_the_picture(terminal)
            self.assert_as_drawn_anew(terminal, "at the beginning")
            cells = terminal.exact_cells()
            self.assertGreater(len(cells), 32 * 8)
            blues = {colour[2] for look in cells.values() for colour in look if colour}
            self.assertTrue(all(abs(blue - 200) < 12 for blue in blues), blues)
            self.assertGreater(len({look[1] for look in cells.values()}), 40, "more than the palette has of this blue")
            terminal.type("\x1bOP")
            terminal.wait_for("show this help")
            terminal.wait_until(lambda: not terminal.exact_cells(), why="the help without a picture in it")
            terminal.type(ESCAPE)
            terminal.wait_for("Esc menu")
            self.assert_as_drawn_anew(terminal, "after the help")
            for columns, rows in ((44, 12), (80, 24), (100, 30)):
                terminal.resize(columns, rows)
                self.to_the_picture(terminal)
                self.assert_as_drawn_anew(terminal, f"{columns}x{rows}")
            for wheel in (WHEEL_UP.replace("64", "65", 1), WHEEL_UP):
                for _ in range(6):
                    terminal.type(wheel)
                    self.assert_as_drawn_anew(terminal, "scrolled")
            terminal.enter(f"/view {sky}")
            terminal.wait_until(terminal.exact_cells)
            self.leave(terminal)
        for env in ({}, {**exact, "FASTCHAT_THEME": "16"}, {**exact, "TERM": "screen-256color"}):
            with self.subTest(env), self.terminal("neither", env=env) as terminal:
                terminal.wait_for("connected, worker")
                terminal.enter(f"/view {self.flag}")
                terminal.wait_until(lambda: terminal.looks & {RED_BLOCK, "101", "48;5;9"}, why="blocks of the palette")
                self.assertEqual(terminal.exact_cells(), {})
                self.leave(terminal)

    def test_what_is_set_is_not_asked(self):
        for setting, protocol, asked in (("blocks", "kitty", []), ("kitty", "kitty", []),
                                         ("sixel", "sixel", ["registers", "registers"])):
            with self.subTest(setting), self.terminal(protocol, env={"FASTCHAT_PICTURES": setting}) as terminal:
                terminal.wait_for("connected, worker")
                terminal.enter(f"/view {self.flag}")
                terminal.wait_until(lambda: terminal.colours() or RED_BLOCK in terminal.looks)
                self.assertEqual(bool(terminal.colours()), setting != "blocks")
                self.assertEqual(terminal.questions, asked)
                self.leave(terminal)
        for plain in ({"NO_COLOR": "1"}, {"FASTCHAT_THEME": "none"}, {"TERM": "linux"}):
            with self.subTest(plain), self.terminal("kitty", env=plain) as terminal:
                terminal.wait_for("connected, worker")
                self.assertEqual(terminal.questions, [])
                self.leave(terminal)
        with self.terminal("sixel", env={"TMUX": "/tmp/tmux,1,0"}) as terminal:
            terminal.wait_for("connected, worker")
            self.assertEqual(terminal.questions[0], "attributes", "tmux would make a title of kitty's")
            self.leave(terminal)

    def test_a_bad_picture_costs_a_line(self):
        huge = self.file("huge.png", png(30000, 30000, b""))
        liar = self.file("liar.png", png(4000, 4000, b"\0" * 1000))
        cut = self.file("cut.png", png(4000, 4000, os.urandom(1000), zlib.compress(os.urandom(9000))[:5000]))
        zeros = self.file("zeros.png", png(4000, 6000, None, zlib.compress(b"\0" * (6000 * (4000 * 3 + 1)), 9)))
        for protocol in ("kitty", "sixel"):
            with self.subTest(protocol), self.terminal(protocol) as terminal:
                terminal.wait_for("connected, worker")
                for path, shown in ((huge, "too large to draw: 30000x30000"), (liar, "damaged"), (cut, "damaged")):
                    terminal.enter(f"/view {path}")
                    terminal.wait_for(shown)
                    self.assertEqual(terminal.colours(), {})
                    terminal.type(ESCAPE)
                    terminal.wait_for("Esc menu")
                terminal.enter(f"/view {zeros}")
                terminal.wait_until(lambda: set(self.rows(terminal)) == {(0, 0, 0)}, why="as large as may be")
                self.leave(terminal)


if __name__ == "__main__":
    unittest.main()
