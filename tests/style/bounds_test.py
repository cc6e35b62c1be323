"""Compares the table of bounds in docs/security.md with the code.

A row names a file and a constant (or a default of a struct) in it; the value there is the row's bound. A metric that a
row names is exported somewhere.
"""
import os
import re
import sys
import unittest

ROOT = os.environ["FASTCHAT_SOURCE"]
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "us": 1, "ms": 1_000, "s": 1_000_000, "minutes": 60_000_000,
         "hours": 3_600_000_000, "days": 86_400_000_000, "": 1}
WHERE = re.compile(r"^`([a-z0-9_/]+\.(?:h|cc|py|sql))` `(\w+)`$")


def rows(text, heading="Of a worker and of the links"):
    """Yields the cells of each row of a table that names constants."""
    section = re.search(rf"^### {heading}$(.*?)^##", text, re.S | re.M).group(1)
    for line in section.splitlines():
        if line.startswith("|") and not line.startswith(("|---", "| who ", "| what |")):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def bound(cell):
    """Returns the value of a number with a unit: "2 MiB", "5 ms", "1,024". Times are microseconds."""
    match = re.fullmatch(r"([\d,]+)(?: (\w+))?", cell)
    return int(match.group(1).replace(",", "")) * UNITS[match.group(2) or ""]


def constant(text, name):
    """Returns the value that `name` is set to, a sum of products of plain numbers; None when it is none."""
    match = re.search(r"\b" + name + r"\s*=\s*([^;,]+)", text)
    if match is None:
        return None
    value = re.sub(r"u?int64_t\{([^}]*)\}", r"\1", match.group(1)).replace("'", "")
    if not re.fullmatch(r"[\d\s()<*+uUlL-]+", value):
        return None
    return eval(re.sub(r"[uUlL]", "", value), {"__builtins__": {}})  # digits and operators only, as checked above


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def sources():
    out = []
    for folder in ("worker", "broker", "common", "client"):
        for at, _, files in os.walk(os.path.join(ROOT, folder)):
            out += [read(os.path.relpath(os.path.join(at, name), ROOT)) for name in files if name.endswith(".cc")]
    return "\n".join(out)


class Bounds(unittest.TestCase):
    def test_a_constant_is_read_as_it_stands(self):
        self.assertEqual(constant("  uint64_t a_most = 2 << 20;  // x", "a_most"), 2 << 20)
        self.assertEqual(constant("constexpr int64_t kX = 15'000'000;", "kX"), 15_000_000)
        self.assertEqual(constant("uint64_t b = uint64_t{1} << 30;", "b"), 1 << 30)
        self.assertEqual(constant("constexpr size_t kA = 200, kB = 64 * 1024;", "kB"), 65536)
        self.assertIsNone(constant("size_t c = other;", "c"))

    def test_every_row_says_what_the_code_does(self):
        found = list(rows(read("docs/security.md")))
        self.assertGreater(len(found), 20)
        for cells in found:
            with self.subTest(" ".join(cells)):
                self.assertEqual(len(cells), 6, "who, resource, bound, answer, metric, in")
                where = WHERE.match(cells[5])
                self.assertIsNotNone(where, "the last column is `file` `constant`")
                self.assertEqual(constant(read(where.group(1)), where.group(2)), bound(cells[2]))

    def test_what_a_device_keeps(self):
        text = read("docs/security.md")
        kept, served = (list(rows(text, heading)) for heading in ("Of your device", "Of a profile's socket"))
        self.assertGreater(min(len(kept), len(served)), 7)
        for cells in kept + served:
            with self.subTest(" ".join(cells)):
                self.assertEqual(len(cells), 4, "what, bound, then, in")
                where = WHERE.match(cells[3])
                self.assertIsNotNone(where, "the last column is `file` `constant`")
                text = read(where.group(1))
                several = re.search(rf"\b{where.group(2)} = \{{([\d', ]+)\}}", text)
                values = ([int(v.replace("'", "")) for v in several.group(1).split(",")] if several
                          else [constant(text, where.group(2))])
                self.assertEqual(values, [bound(b) for b in cells[1].split(", ")])

    def test_every_metric_is_there(self):
        text = sources()
        for cells in rows(read("docs/security.md")):
            for metric in re.findall(r"`(fastchat_\w+)`", cells[4]):
                short = re.sub(r"^fastchat_(worker|broker)_|_total$", "", metric)
                with self.subTest(metric):
                    self.assertTrue(f'"{metric}"' in text or f'"{short}"' in text)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
