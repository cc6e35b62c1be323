"""A terminal that shows graphics, as far as the client uses them: a pty, a screen of characters, and kitty's protocol
or sixel decoded to pixels. Text that is written over a sixel picture wipes the picture out, as in xterm; kitty's
pictures lie above the text. Standard library only."""
import base64
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import zlib

CELL = (10, 20)  # pixels
SEQUENCE = re.compile(r"\x1b\[([<=>?]?)([\d;:]*)([ !\"#$%&'()*+,\-./]*)([@-~])|\x1b[()][0-9A-Za-z]|\x1b[^\[P_\]()]")
STRING = re.compile(r"\x1b([P_\]])(.*?)(?:\x1b\\|\x07)", re.S)
PART = re.compile(r"\x1b([P_\]][^\x07]*|\[[\d;:<=>?]*[ -/]*|[()])?\x1b?$", re.S)


class Wrong(AssertionError):
    """Raised when the client wrote a sequence that no terminal understands."""


def check(what, why):
    if not what:
        raise Wrong(why)


class GraphicsTerminal:
    """`protocol`: the ability that the terminal reports: kitty, sixel, neither, or silent. `hold`: answers wait for
    answer(). `pixels`: the kernel reports the size of the terminal in pixels."""

    def __init__(self, command, protocol, columns=100, rows=30, env=None, hold=False, pixels=True):
        self.protocol, self.hold, self.tells_pixels = protocol, hold, pixels
        self.held, self.questions, self.log, self.looks = b"", [], [], set()
        self.images, self.placements, self.parts = {}, {}, None
        self.changing = False
        self.received = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")  # a read may end inside a character
        self.set_size(columns, rows)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            environment = {name: value for name, value in os.environ.items()
                           if name not in ("TMUX", "STY", "NO_COLOR", "COLORFGBG", "COLORTERM") and not name.startswith("FASTCHAT_")}
            environment.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(env or {})})
            self.tell_size(0)
            os.execve(command[0], command, environment)
        self.tell_size(self.fd)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def set_size(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.x = self.y = 0
        self.look = self.saved_look = (None, None)
        self.saved, self.margins = (0, 0), (0, rows - 1)
        self.cell_looks = [[(None, None)] * columns for _ in range(rows)]
        self.cells = [[" "] * columns for _ in range(rows)]
        self.pixels = [[None] * (columns * CELL[0]) for _ in range(rows * CELL[1])]

    def tell_size(self, fd):
        pixels = (self.columns * CELL[0], self.rows * CELL[1]) if self.tells_pixels else (0, 0)
        size = struct.pack("HHHH", self.rows, self.columns, *pixels)
        fcntl.ioctl(fd, termios.TIOCSWINSZ, size)

    def resize(self, columns, rows):
        self.set_size(columns, rows)
        self.tell_size(self.fd)

    # ---- the person: keys and screen

    def type(self, text):
        os.write(self.fd, text.encode())

    def enter(self, line):
        self.type(line)
        self.wait_for(line[-20:])
        self.type("\r")

    def screen(self):
        return "\n".join("".join(row).rstrip() for row in self.cells)

    def colour_at(self, x, y):
        """Returns the colour of the pixel in the middle of a cell; None where no picture is."""
        return self.colour_of(x * CELL[0] + CELL[0] // 2, y * CELL[1] + CELL[1] // 2)

    def colour_of(self, x, y):
        for (image, _), place in self.placements.items():
            left, top = place["at"][0] * CELL[0], place["at"][1] * CELL[1]
            wide, high = place["c"] * CELL[0], place["r"] * CELL[1]
            if left <= x < left + wide and top <= y < top + high:
                width, height, depth, data = self.images[image]
                column = place["x"] + (x - left) * place["w"] // wide
                row = place["y"] + (y - top) * place["h"] // high
                check(column < width and row < height, "a part of a picture that it does not have")
                pixel = data[(row * width + column) * depth:][:depth]
                return tuple(pixel[:3]) if depth == 3 or pixel[3] > 127 else None
        return self.pixels[y][x]

    def colours(self):
        """Returns the colour of every cell in which a picture is, by (x, y)."""
        found = {(x, y): self.colour_at(x, y) for y in range(self.rows) for x in range(self.columns)}
        return {at: colour for at, colour in found.items() if colour is not None}

    def pump(self, seconds):
        """Takes the output within this time; False when the program has ended."""
        if self.pid == 0 or not select.select([self.fd], [], [], seconds)[0]:
            return self.pid != 0
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            data = b""
        if not data:
            os.waitpid(self.pid, 0)
            self.pid = 0
            return False
        self.received += self.decoder.decode(data)
        self.feed()
        return True

    def wait_until(self, what, timeout=30, why="it"):
        end = time.monotonic() + timeout
        while not what():
            if time.monotonic() > end or not self.pump(max(0.0, end - time.monotonic())):
                if what():
                    return
                raise AssertionError(f"never came: {why}\n{self.screen()}")

    def wait_for(self, text, timeout=30):
        self.wait_until(lambda: text in self.screen(), timeout, repr(text))

    def wait_until_ended(self, timeout=30):
        end = time.monotonic() + timeout
        while self.pump(max(0.0, end - time.monotonic())):
            check(time.monotonic() < end, "it did not end")

    # ---- answers

    def say(self, text):
        if self.hold:
            self.held += text.encode()
        else:
            os.write(self.fd, text.encode())

    def answer(self, pieces=()):
        """Sends the held answers, cut at these places."""
        self.hold = False
        for begin, end in zip((0, *pieces), (*pieces, len(self.held))):
            os.write(self.fd, self.held[begin:end])
        self.held = b""

    # ---- output of the program

    def feed(self):
        at, text = 0, self.received
        while at < len(text):
            if text[at] != "\x1b":
                end = text.find("\x1b", at)
                end = len(text) if end < 0 else end
                for c in text[at:end]:
                    self.plain(c)
                at = end
                continue
            match = STRING.match(text, at) or SEQUENCE.match(text, at)
            if match is None:
                check(PART.match(text, at), f"no sequence: {text[at:at + 40]!r}")
                break
            if match.re is STRING:
                self.string(match.group(1), match.group(2))
            else:
                self.sequence(match)
            at = match.end()
        self.received = text[at:]

    def plain(self, c):
        if c == "\r":
            self.x = 0
        elif c == "\n":
            if self.y == self.margins[1]:
                self.scroll(1)
            self.y = min(self.rows - 1, self.y + (self.y != self.margins[1]))
        elif c == "\b":
            self.x = max(0, self.x - 1)
        elif c == "\t":
            self.x = min(self.columns - 1, (self.x // 8 + 1) * 8)
        elif c >= " ":
            if self.x == self.columns:  # the cursor stood in the last column and did not go on
                self.x, self.y = 0, self.y + 1
            self.last = c
            self.cells[self.y][self.x] = c
            self.cell_looks[self.y][self.x] = self.look
            self.wipe(self.y, self.x, self.x + 1)
            self.x += 1

    def wipe(self, y, begin, end):
        for row in self.pixels[y * CELL[1]:(y + 1) * CELL[1]]:
            row[begin * CELL[0]:end * CELL[0]] = [None] * ((end - begin) * CELL[0])

    def erase(self, y, begin, end):
        self.cells[y][begin:end] = [" "] * (end - begin)
        self.cell_looks[y][begin:end] = [(None, self.look[1])] * (end - begin)
        self.wipe(y, begin, end)

    def scroll(self, lines):
        """Scrolls up, or down for negative `lines`. Some terminals move graphics along, others do not."""
        check(not self.placements and not any(any(row) for row in self.pixels), "pictures are scrolled")
        top, bottom = self.margins
        for _ in range(abs(lines)):
            for lines_of, blank in ((self.cells, " "), (self.cell_looks, (None, self.look[1]))):
                del lines_of[top if lines > 0 else bottom]
                lines_of.insert(bottom if lines > 0 else top, [blank] * self.columns)

    def sequence(self, match):
        if match.group(4) is None:
            if match.group(0) == "\x1b7":
                self.saved, self.saved_look = (self.x, self.y), self.look
            elif match.group(0) == "\x1b8":
                (self.x, self.y), self.look = self.saved, self.saved_look
            elif match.group(0) == "\x1bM" and self.y == self.margins[0]:
                self.scroll(-1)
            elif match.group(0) == "\x1bM":
                self.y -= 1
            return
        mark, numbers, _, last = match.groups()
        n = [int(part or 0) for part in numbers.split(";")]
        one = max(1, n[0])
        if last == "m":
            self.looks.add(numbers)
            self.colour(n)
        elif mark or last in "hl":
            if numbers == "2026":  # the output up to the end of this mode is one change of the screen
                self.changing = last == "h"
            if last == "S" and mark == "?":
                self.question("registers")
                self.say({1: "\x1b[?1;0;256S", 2: "\x1b[?2;0;1000;800S"}[n[0]])
        elif last == "H":
            self.y, self.x = one - 1, max(1, n[1] if len(n) > 1 else 1) - 1
        elif last == "d":
            self.y = one - 1
        elif last == "G":
            self.x = one - 1
        elif last == "A":
            self.y -= one
        elif last == "B":
            self.y += one
        elif last == "C":
            self.x += one
        elif last == "D":
            self.x -= one
        elif last == "r":
            self.margins = (one - 1, (n[1] if len(n) > 1 else self.rows) - 1)
            self.x = self.y = 0
        elif last in "ST":
            self.scroll(one if last == "S" else -one)
        elif last in "LM":  # lines inserted, or erased, at the cursor
            margins = self.margins
            self.margins = (self.y, margins[1])
            self.scroll(one if last == "M" else -one)
            self.margins = margins
        elif last == "X":
            self.erase(self.y, self.x, min(self.columns, self.x + one))
        elif last == "K":
            begin, end = {0: (self.x, self.columns), 1: (0, self.x + 1), 2: (0, self.columns)}[n[0]]
            self.erase(self.y, begin, end)
        elif last == "J":
            self.log.append("clear")
            for y in range(0 if n[0] == 2 else self.y, self.rows):
                self.erase(y, self.x if n[0] == 0 and y == self.y else 0, self.columns)
            if n[0] == 2:
                self.placements.clear()
        elif last == "b":
            for _ in range(one):
                self.plain(self.last)
        elif last == "@":
            for row, blank in ((self.cells[self.y], " "), (self.cell_looks[self.y], (None, self.look[1]))):
                row[self.x:self.x] = [blank] * one
                del row[self.columns:]
        elif last == "P":
            for row, blank in ((self.cells[self.y], " "), (self.cell_looks[self.y], (None, self.look[1]))):
                del row[self.x:self.x + one]
                row += [blank] * (self.columns - len(row))
        elif last == "c":
            self.question("attributes")
            if self.protocol != "silent":
                self.say("\x1b[?62;4;22c" if self.protocol == "sixel" else "\x1b[?62;22c")
        elif last == "t":
            if n == [16]:
                self.question("cell")
            if n == [16] and self.protocol != "silent":
                self.say(f"\x1b[6;{CELL[1]};{CELL[0]}t")
        else:
            raise Wrong(f"not known here: {match.group(0)!r}")

    def colour(self, numbers):
        """Takes the colours of SGR; a colour is a number of the palette or (red, green, blue)."""
        at = 0
        while at < len(numbers):
            front, back = self.look
            n = numbers[at]
            at += 1
            if n == 0:
                self.look = (None, None)
            elif n in (38, 48):
                exact = numbers[at] == 2
                colour = tuple(numbers[at + 1:at + 4]) if exact else numbers[at + 1]
                at += 4 if exact else 2
                self.look = (colour, back) if n == 38 else (front, colour)
            elif 30 <= n <= 39:
                self.look = (None if n == 39 else n - 30, back)
            elif 40 <= n <= 49:
                self.look = (front, None if n == 49 else n - 40)

    def exact_cells(self):
        """Returns {(x, y): (front, back)} of the cells with a colour as red, green and blue."""
        return {(x, y): look for y, row in enumerate(self.cell_looks) for x, look in enumerate(row)
                if any(isinstance(colour, tuple) for colour in look)}

    def question(self, name):
        self.questions.append(name)

    def string(self, kind, text):
        if kind == "P":
            self.sixel(text)
        elif kind == "_":
            check(text.startswith("G"), f"no graphics: {text[:20]!r}")
            keys, _, data = text[1:].partition(";")
            self.kitty(dict(part.split("=") for part in keys.split(",")), data)

    # ---- kitty: https://sw.kovidgoyal.net/kitty/graphics-protocol

    def kitty(self, keys, data):
        check(len(data) <= 4096, "a chunk is too long")
        if keys.get("a") == "q":
            self.question("kitty")
            if self.protocol == "kitty":
                self.say(f"\x1b_Gi={keys['i']};OK\x1b\\")
            return
        check(self.protocol == "kitty", "this terminal does not know kitty's protocol")
        check(keys.pop("q", "") == "2", "answers would come")
        if self.parts is not None or keys.get("a") == "t":
            self.transmit(keys, data)
        elif keys["a"] == "p":
            n = {key: int(value) for key, value in keys.items() if key != "a"}
            check(n["C"] == 1, "the cursor would move")
            check(n["i"] in self.images, "a picture that was not sent")
            self.placements[n["i"], n["p"]] = {**n, "at": (self.x, self.y)}
            self.log.append("place")
        elif keys["a"] == "d" and keys["d"] == "i":
            del self.placements[int(keys["i"]), int(keys["p"])]
        elif keys["a"] == "d" and keys["d"] == "I":
            del self.images[int(keys["i"])]
            self.placements = {at: p for at, p in self.placements.items() if at[0] != int(keys["i"])}
        else:
            raise Wrong(f"not known here: {keys}")

    def transmit(self, keys, data):
        if self.parts is None:
            self.parts, self.first = [], keys
        else:
            check(set(keys) == {"m"}, "more than m in the next chunk")
        self.parts.append(data)
        if keys["m"] == "1":
            return
        first = self.first
        check((first["o"], first["a"]) == ("z", "t"), "not as asked")
        width, height, depth = int(first["s"]), int(first["v"]), int(first["f"]) // 8
        pixels = zlib.decompress(base64.b64decode("".join(self.parts), validate=True))
        check(len(pixels) == width * height * depth, "a size that is not its own")
        self.images[int(first["i"])] = (width, height, depth, pixels)
        self.parts = None
        self.log.append("transmit")

    # ---- sixel: DEC, VT330/340 Graphics Programming, chapter 14

    def sixel(self, text):
        check(self.protocol == "sixel", "this terminal does not know sixel")
        match = re.match(r'0;1q"1;1;(\d+);(\d+)', text)
        check(match, f"no sixel: {text[:20]!r}")
        width, height = map(int, match.groups())
        left, top = self.x * CELL[0], self.y * CELL[1]
        check(left + width <= self.columns * CELL[0] and top + height <= (self.rows - 1) * CELL[1], "off the screen")
        palette, colour, x, y = {}, 0, 0, 0
        for part in re.finditer(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])|(.)", text[match.end():], re.S):
            number, red, green, blue, run, repeated, once, move, other = part.groups()
            check(other is None, f"no sixel: {other!r}")
            if red is not None:
                palette[int(number)] = tuple(round(int(c) * 255 / 100) for c in (red, green, blue))
            elif number is not None:
                colour = palette[int(number)]
            elif move:
                x, y = 0, y + (6 if move == "-" else 0)
            else:
                bits, count = ord(repeated or once) - 63, int(run or 1)
                check(x + count <= width and y + 6 <= height, "off the picture")
                for row in (row for row in range(6) if bits >> row & 1):
                    self.pixels[top + y + row][left + x:left + x + count] = [colour] * count
                x += count
        self.log.append("sixel")
