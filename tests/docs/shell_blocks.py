"""Reads the blocks of a document that are marked as shell."""
import re
import textwrap

FENCE = re.compile(r"^( *)```sh\n(.*?)^ *```$", re.M | re.S)


def blocks(text):
    """Returns (heading above it, number of its first line, script) of each block marked `sh`."""
    headings = [(match.start(), match[1]) for match in re.finditer(r"^##+ (.*)$", text, re.M)]
    return [([name for at, name in headings if at < match.start()] or [""])[-1:] +
            [text.count("\n", 0, match.start()) + 2, textwrap.dedent(match[2])] for match in FENCE.finditer(text)]
