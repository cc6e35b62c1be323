"""A terminal's screen, as `tmux capture-pane -e -p` prints it, as a small SVG: text, 16, 256 and true colours, bold, dim,
italic, underline, reverse, characters two columns wide. Nothing in it is fetched from elsewhere. Standard library only.

    terminal_svg.py < screen.ansi > screen.svg
"""
import html
import re
import sys
import unicodedata
from dataclasses import dataclass, replace

CELL_W, CELL_H, BASELINE, MARGIN = 8, 18, 14, 10
FOREGROUND, BACKGROUND = "#d6d9e0", "#1c1e26"
ANSI = ("#2a2d37", "#d75f5f", "#87af5f", "#d7af5f", "#6c99d9", "#b48ead", "#5fafaf", "#c8ccd4",
        "#6b7080", "#ff8787", "#afd787", "#ffd787", "#8fb8ff", "#d7afd7", "#87d7d7", "#ffffff")
ESCAPE = re.compile(r"\x1b\[([0-9;:]*)([A-Za-z])|\x1b[()][0-9A-Za-z]|\x1b\].*?(?:\x07|\x1b\\)|[\x0e\x0f]")

# Block characters are drawn as the quarters they fill, so that pictures have no seams: left top, right top, left bottom,
# right bottom.
QUARTERS = {"▀": "1100", "▄": "0011", "█": "1111", "▌": "1010", "▐": "0101", "▘": "1000", "▝": "0100", "▖": "0010",
            "▗": "0001", "▚": "1001", "▞": "0110", "▛": "1110", "▜": "1101", "▙": "1011", "▟": "0111"}

# Blocks of eighths, as (x, y, width, height) in half cells. A glyph of the viewer's font would not fill its cell.
EIGHTHS = {"▔": (0, 0, 2, 0.25), "▕": (1.75, 0, 0.25, 2)}
EIGHTHS.update({chr(0x2580 + n): (0, 2 - n / 4, 2, n / 4) for n in (1, 2, 3, 5, 6, 7)})
EIGHTHS.update({chr(0x2590 - n): (0, 0, n / 4, 2) for n in (1, 2, 3, 5, 6, 7)})


@dataclass(frozen=True)
class Look:
    fg: str = ""
    bg: str = ""
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False

    def colours(self):
        """Returns the colours to draw with: (text, ground); ground is empty where it is the terminal's own."""
        fg, bg = self.fg or FOREGROUND, self.bg
        if self.reverse:
            fg, bg = bg or BACKGROUND, fg
        return (mixed(fg, bg or BACKGROUND) if self.dim else fg), bg


def mixed(a, b):
    """Six tenths of a, four of b."""
    return "#" + "".join(f"{round(0.6 * int(a[i:i + 2], 16) + 0.4 * int(b[i:i + 2], 16)):02x}" for i in (1, 3, 5))


def colour_256(n):
    if n < 16:
        return ANSI[n]
    if n >= 232:
        return f"#{8 + 10 * (n - 232):02x}" + f"{8 + 10 * (n - 232):02x}" * 2
    levels = (0, 95, 135, 175, 215, 255)
    n -= 16
    return f"#{levels[n // 36]:02x}{levels[n // 6 % 6]:02x}{levels[n % 6]:02x}"


def extended(codes):
    """The colour after 38 or 48, taken off the front of `codes`."""
    kind = codes.pop(0) if codes else 0
    if kind == 5 and codes:
        return colour_256(min(255, codes.pop(0)))
    if kind == 2 and len(codes) >= 3:
        red, green, blue = (min(255, codes.pop(0)) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    return ""


SWITCHES = {1: {"bold": True}, 2: {"dim": True}, 3: {"italic": True}, 4: {"underline": True}, 7: {"reverse": True},
            22: {"bold": False, "dim": False}, 23: {"italic": False}, 24: {"underline": False}, 27: {"reverse": False},
            39: {"fg": ""}, 49: {"bg": ""}}


def applied(look, parameters):
    """`look` after one SGR sequence."""
    codes = [int(p or 0) for p in re.split("[;:]", parameters)]
    while codes:
        code = codes.pop(0)
        if code == 0:
            look = Look()
        elif code in SWITCHES:
            look = replace(look, **SWITCHES[code])
        elif code in (38, 48):
            look = replace(look, **{"fg" if code == 38 else "bg": extended(codes)})
        elif 30 <= code <= 37 or 90 <= code <= 97:
            look = replace(look, fg=ANSI[code - 30 if code < 40 else code - 82])
        elif 40 <= code <= 47 or 100 <= code <= 107:
            look = replace(look, bg=ANSI[code - 40 if code < 50 else code - 92])
    return look


def width_of(character):
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cells(ansi):
    """For each line a list of (column, width, text, look)."""
    look, lines = Look(), []
    for line in ansi.rstrip("\n").split("\n"):
        row, column, at = [], 0, 0
        while at < len(line):
            if escape := ESCAPE.match(line, at):
                if escape.group(2) == "m":
                    look = applied(look, escape.group(1))
                at = escape.end()
                continue
            width = width_of(line[at])
            if width == 0 and row:
                row[-1] = (row[-1][0], row[-1][1], row[-1][2] + line[at], row[-1][3])
            elif width > 0:
                row.append((column, width, line[at], look))
                column += width
            at += 1
        lines.append(row)
    return lines


def alike(row):
    """Runs of neighbours that look the same: (column, width, text, look). A character outside ASCII stands alone: a
    font need not have it in this width."""
    runs = []
    for column, width, text, look in row:
        last = runs[-1] if runs else None
        joins = last and last[3] == look and last[0] + last[1] == column and text.isascii() and last[2].isascii()
        if joins:
            runs[-1] = (last[0], last[1] + width, last[2] + text, look)
        else:
            runs.append((column, width, text, look))
    return runs


def rectangles(lines):
    """{colour: path} of grounds, blocks and lines, in half cells; neighbours of a row are one piece."""
    pieces = {}

    def add(colour, x, y, width, height):
        row = pieces.setdefault(colour, [])
        if row and row[-1][1] == y and row[-1][3] == height and row[-1][0] + row[-1][2] == x:
            row[-1] = (row[-1][0], y, row[-1][2] + width, height)
        else:
            row.append((x, y, width, height))

    for y, row in enumerate(lines):
        for column, width, _, look in row:
            if look.colours()[1]:
                add(look.colours()[1], 2 * column, 2 * y, 2 * width, 2)
        for column, _, text, look in row:
            if text in EIGHTHS:
                left, top, width, height = EIGHTHS[text]
                add(look.colours()[0], 2 * column + left, 2 * y + top, width, height)
        for half in (0, 1):
            for column, _, text, look in row:
                quarters = QUARTERS.get(text, "0000")[2 * half:2 * half + 2]
                for x, filled in enumerate(quarters):
                    if filled == "1":
                        add(look.colours()[0], 2 * column + x, 2 * y + half, 1, 1)
    return {colour: "".join(f"M{x:g} {y:g}h{w:g}v{h:g}h-{w:g}z" for x, y, w, h in row) for colour, row in pieces.items()}


def rules(lines):
    """{colour: path} of ─ and │, a pixel thick through the middle of their cells."""
    paths = {}
    for y, row in enumerate(lines):
        begun = None
        for column, _, text, look in row:
            path = paths.setdefault(look.colours()[0], []) if text in "─│" else None
            if text == "─" and begun and begun[0] is path and begun[2] == column:
                begun[2] += 1
                path[-1] = rule(begun[1], y, column + 1 - begun[1])
            elif text == "─":
                begun = [path, column, column + 1]
                path.append(rule(column, y, 1))
            elif text == "│":
                path.append(f"M{column * CELL_W + CELL_W // 2} {y * CELL_H}h1v{CELL_H}h-1z")
    return {colour: "".join(path) for colour, path in paths.items()}


def rule(column, y, columns):
    return f"M{column * CELL_W} {y * CELL_H + CELL_H // 2}h{columns * CELL_W}v1h-{columns * CELL_W}z"


def texts_of(run, y):
    """Returns the pieces of a run between two blanks or more, which a viewer may not keep."""
    column, width, text, look = run
    if text in QUARTERS or text in EIGHTHS or text in "─│":
        return
    extra = [f'fill="{look.colours()[0]}"'] if look.colours()[0] != FOREGROUND else []
    extra += ['font-weight="bold"'] if look.bold else []
    extra += ['font-style="italic"'] if look.italic else []
    extra += ['text-decoration="underline"'] if look.underline else []
    # The viewer's font may have another width: the length is set, and the viewer spaces the glyphs.
    for piece in re.finditer(r"\S+(?: \S+)*", text):
        cells_wide = len(piece.group(0)) if text.isascii() else width
        yield (f'<text x="{(column + piece.start()) * CELL_W}" y="{y * CELL_H + BASELINE}" '
               f'textLength="{cells_wide * CELL_W}"{"".join(" " + e for e in extra)}>'
               f'{html.escape(piece.group(0), quote=False)}</text>')


def svg(ansi, columns, rows, title):
    lines = cells(ansi)[:rows]
    width, height = columns * CELL_W + 2 * MARGIN, rows * CELL_H + 2 * MARGIN
    grid = f'<g transform="scale({CELL_W / 2:g} {CELL_H / 2:g})">'
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
           f'font-family="ui-monospace,\'DejaVu Sans Mono\',Menlo,Consolas,monospace" font-size="13.3" fill="{FOREGROUND}">',
           f"<title>{html.escape(title)}</title>",
           f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>',
           f'<g transform="translate({MARGIN} {MARGIN})">', grid + '<g shape-rendering="crispEdges">']
    out += [f'<path fill="{colour}" d="{path}"/>' for colour, path in rectangles(lines).items()]
    out.append("</g>")
    out.append("</g>")
    out += [f'<path fill="{colour}" d="{path}"/>' for colour, path in rules(lines).items()]
    out += [text for y, row in enumerate(lines) for run in alike(row) for text in texts_of(run, y)]
    return "\n".join(out + ["</g>", "</svg>", ""])


if __name__ == "__main__":
    screen = sys.stdin.read()
    widest = max(sum(cell[1] for cell in row) for row in cells(screen))
    sys.stdout.write(svg(screen, widest, screen.rstrip("\n").count("\n") + 1, "a terminal"))
