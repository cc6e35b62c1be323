"""The pictures in the documentation: the converter draws a known screen exactly; the README's pictures exist, are
small, and fetch nothing."""
import os
import re
import sys
import unittest
import xml.etree.ElementTree as ElementTree

SOURCE = os.environ["FASTCHAT_SOURCE"]
PICTURES = os.path.join(SOURCE, "docs", "pictures")
sys.path.insert(0, PICTURES)
from terminal_svg import BACKGROUND, FOREGROUND, Look, cells, colour_256, svg  # noqa: E402

SAMPLE = ("\x1b[1mbold\x1b[0m a < b   c \x1b[38;5;196mred\x1b[39m \x1b[7m on \x1b[27m漢字e\u0301\n"
          "──│\x1b[31;44m▀▀▄\x1b[0m\x1b[2;4;38;2;255;0;10mdim\x1b[22;24m\n")
EXPECTED = """\
<path fill="#d6d9e0" d="M38 0h8v2h-8z"/>
<path fill="#6c99d9" d="M6 2h6v2h-6z"/>
<path fill="#d75f5f" d="M6 2h4v1h-4zM10 3h2v1h-2z"/>
</g>
</g>
<path fill="#d6d9e0" d="M0 27h16v1h-16zM20 18h1v18h-1z"/>
<text x="0" y="14" textLength="32" font-weight="bold">bold</text>
<text x="40" y="14" textLength="40">a &lt; b</text>
<text x="104" y="14" textLength="8">c</text>
<text x="120" y="14" textLength="24" fill="#ff0000">red</text>
<text x="160" y="14" textLength="16" fill="#1c1e26">on</text>
<text x="184" y="14" textLength="16">漢</text>
<text x="200" y="14" textLength="16">字</text>
<text x="216" y="14" textLength="8">e\u0301</text>
<text x="48" y="32" textLength="24" fill="#a40c15" text-decoration="underline">dim</text>
</g>
</svg>
"""


class TerminalSvg(unittest.TestCase):
    def test_a_known_screen_is_drawn_exactly(self):
        drawn = svg(SAMPLE, 26, 2, "a <sample>")
        self.assertEqual(drawn[drawn.index("<path fill"):], EXPECTED)
        root = ElementTree.fromstring(drawn)
        self.assertEqual(root.get("width"), str(26 * 8 + 20))
        self.assertIn("a &lt;sample&gt;", drawn)

    def test_blocks_of_eighths_are_rectangles(self):
        drawn = svg("\x1b[31m▂▊▕\x1b[0m\n", 3, 1, "blocks")
        self.assertIn('d="M0 1.5h2v0.5h-2zM2 0h1.5v2h-1.5zM5.75 0h0.25v2h-0.25z"', drawn)
        self.assertNotIn("<text", drawn)

    def test_colours_and_what_is_no_text(self):
        self.assertEqual([colour_256(n) for n in (16, 21, 196, 231, 232, 255)],
                         ["#000000", "#0000ff", "#ff0000", "#ffffff", "#080808", "#eeeeee"])
        row = cells("\x1b]8;;http://nowhere\x1b\\link\x1b]8;;\x1b\\\x0e\x1b(B\x1b[94mx\x1b[m")[0]
        self.assertEqual("".join(cell[2] for cell in row), "linkx")
        self.assertEqual(Look(reverse=True).colours(), (BACKGROUND, FOREGROUND))

    def test_what_the_documents_show_is_there(self):
        shown = set()
        for name in ("README.md", "docs/screen.md"):
            with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
                for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", file.read()):
                    shown.add(os.path.join(SOURCE, os.path.dirname(name), target))
        self.assertGreaterEqual(len(shown), 2)
        for path in shown:
            self.assertTrue(os.path.exists(path), path)

    def test_pictures_are_small_and_fetch_nothing(self):
        pictures = [name for name in os.listdir(PICTURES) if name.endswith(".svg")]
        self.assertGreaterEqual(len(pictures), 4)
        for name in pictures:
            with open(os.path.join(PICTURES, name), encoding="utf-8") as file:
                text = file.read()
            self.assertLess(len(text.encode()), 100_000, name)
            ElementTree.fromstring(text)
            self.assertNotRegex(re.sub(r"http://www\.w3\.org/(2000/svg|1999/xlink)", "", text), r"https?:|href|url\(|<script|@import", name)


if __name__ == "__main__":
    unittest.main()
