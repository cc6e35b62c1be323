"""Pictures in a real terminal, and pictures made to harm: each costs a line, never the client."""
import os
import struct
import unittest
import zlib

from client import ScreenTest


def png(width, height, rows, compressed=None):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", compressed or zlib.compress(rows, 9)) +
            chunk(b"IEND", b""))


class Pictures(ScreenTest):
    PEOPLE = ("alice", "bob")

    def file(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as out:
            out.write(data)
        return path

    def test_pictures_good_and_bad(self):
        good = self.file("good.png", png(40, 40, b"".join(
            b"\0" + (b"\xff\0\0" if (y // 10) % 2 else b"\0\0\xff") * 40 for y in range(40))))
        # 2 GB of pixels behind a few bytes: refused by the header. The second file's header claims more pixels than the
        # file has.
        huge = self.file("huge.png", png(30000, 30000, b""))
        liar = self.file("liar.png", png(4000, 4000, b"\0" * 1000))
        zeros = self.file("zeros.png", png(4000, 6000, None, zlib.compress(b"\0" * (6000 * (4000 * 3 + 1)), 9)))
        text = self.file("notes.txt", b"first line\nsecond \x1b[2Jline\n")
        pipe = os.path.join(os.path.dirname(text), "pipe")
        os.mkfifo(pipe)
        with self.client("alice") as screen:
            screen.wait_for("connected, worker")
            for path, shown in ((pipe, "is not a file"), ("/dev/zero", "/dev/zero is not a file"), (good, "48;5;196"), (huge, "too large to draw: 30000x30000"), (liar, "damaged"),
                                (zeros, ""), (text, "second [2Jline")):
                screen.type(f"/view {path}")
                screen.press("Enter")
                if path == good:
                    screen.wait_until_coloured(shown)
                elif path == zeros:
                    screen.wait_until(lambda s: "Drawing" not in s and "Reading" not in s and "zeros.png" in s)
                else:
                    screen.wait_for(shown)
                screen.press("Escape")
                screen.wait_for("Esc menu")
            screen.wait_for("connected, worker")
            screen.press("C-c")
            screen.wait_until_ended()

    def test_tmux_shows_the_colours_of_the_picture(self):
        own = self.file("own.png", png(40, 40, (b"\0" + b"\xfa\x03\x81" * 40) * 40))
        for env, shown in (({"COLORTERM": "truecolor"}, "48;2;250;3;129"), ({}, "48;5;198")):
            for columns, rows in ((80, 24), (44, 12)):
                with self.subTest(shown), self.client("alice", env=env, columns=columns, rows=rows) as screen:
                    screen.wait_for("connected")
                    screen.type(f"/view {own}")
                    screen.press("Enter")
                    screen.wait_until_coloured(shown)
                    screen.press("Escape")
                    screen.wait_for("Esc menu")
                    screen.wait_until(lambda _: shown not in screen.coloured_screen())

    def test_a_picture_is_sent_fetched_and_drawn(self):
        flag = self.file("flag.png", png(32, 32, (b"\0" + b"\0\xff\0" * 32) * 32))
        with self.client("bob") as bob:
            bob.wait_for("connected, worker")
            bob.type("/msg alice")
            bob.press("Enter")
            bob.wait_for("No messages yet")
            bob.type(f"/send {flag}")
            bob.press("Enter")
            bob.wait_for("me: [flag.png")
            with self.client("alice") as alice:
                alice.wait_for("connected, worker")
                alice.press("M-a")
                alice.wait_for("bob: [flag.png")
                alice.wait_for("not here yet")
                alice.press("Enter")
                alice.wait_for("downloads/flag.png")
                alice.wait_until_coloured("48;5;46")
                alice.press("Escape")
                alice.wait_for("Esc menu")
                alice.wait_until_coloured("48;5;46")
                alice.press("C-c")
                alice.wait_until_ended()
            # The download succeeded. The file may or may not have been read by then.
            bob.wait_until(lambda s: "delivered" in s or " read" in s)
            bob.press("C-c")
            bob.wait_until_ended()


if __name__ == "__main__":
    unittest.main()
