"""The documents as a site: it builds without a warning, no link leads nowhere, it loads nothing from elsewhere, and its
reference pages have each row of the programs and of a running server."""
import html.parser
import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from fastchat_cluster import Cluster
from shell_blocks import blocks

BUILD, SOURCE = os.environ["FASTCHAT_BUILD"], os.environ["FASTCHAT_SOURCE"]
BIN = os.path.join(BUILD, "bin")
sys.path.insert(0, os.path.join(SOURCE, "docs", "site"))
import build  # noqa: E402
import links  # noqa: E402
import pages  # noqa: E402

SERVERS = ("fastchat-broker", "fastchat-worker")


def read(*parts):
    with open(os.path.join(*parts), encoding="utf-8") as file:
        return file.read()


class Cells(html.parser.HTMLParser):
    """Collects the rows of the tables of a page, each cell as its text."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.inside = [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.inside = True
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data


class Site(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="fastchat-docs-")
        cls.addClassCleanup(folder.cleanup)
        cls.out, cls.html = folder.name, os.path.join(folder.name, "html")
        cls.findings = build.build(BIN, cls.out)

    def rows(self, page):
        return Cells(read(self.html, "docs", "reference", page + ".html")).rows

    def test_0_the_site_is_whole(self):
        self.assertEqual([], self.findings)

    def test_every_document_is_a_page(self):
        documents = [os.path.join(folder, name) for folder in ("", "docs", "proto", "examples")
                     for name in os.listdir(os.path.join(SOURCE, folder)) if name.endswith(".md")]
        self.assertGreater(len(documents), 15)
        for path in documents:
            self.assertTrue(os.path.exists(os.path.join(self.html, path[:-3] + ".html")), path)

    def test_a_search_finds_words(self):
        index = read(self.html, "searchindex.js")
        for word in ("passphras", "fastchat_worker_takes_writ", "recipient_ful"):
            self.assertIn(word, index)

    def test_the_diagrams_are_of_their_sources(self):
        loader = importlib.machinery.SourceFileLoader("make_diagrams", os.path.join(SOURCE, "docs/pictures/make_diagrams"))
        diagrams = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
        loader.exec_module(diagrams)
        self.assertIn(("session", "login"), diagrams.direct_arrows(diagrams.check_style.ROOMS))
        self.assertNotIn(("session", "e2e"), diagrams.direct_arrows(diagrams.check_style.ROOMS))
        for name, source in diagrams.SOURCES.items():
            drawn = read(SOURCE, "docs", "pictures", name)
            self.assertEqual(diagrams.digest(source()), diagrams.digest_in(drawn),
                             f"{name} is out of date: run docs/pictures/make_diagrams (make deps-dev installs graphviz)")

    def test_a_broken_link_is_found(self):
        source = os.path.join(self.out, "source")
        page = os.path.join(source, "docs", "backup.md")
        good = read(page)
        self.addCleanup(build.write, page, good)
        for text in ("[a](nowhere.md)", "[a](security.md#nothing)", "[a](#nothing)", "![a](nothing.png)"):
            build.write(page, good + "\n" + text + "\n")
            found = build.run_sphinx(source, os.path.join(self.out, "broken"), os.path.join(self.out, "doctrees"))
            self.assertEqual(1, sum("backup.md" in line for line in found), (text, found))

    def test_every_block_of_shell_is_shell(self):
        count = 0
        for folder in ("", "docs", "docs/reference", "proto", "examples"):
            there = os.path.join(self.out, "source", folder)
            for name in os.listdir(there):
                for _, line, script in blocks(read(there, name)) if name.endswith(".md") else ():
                    count += 1
                    checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
                    self.assertEqual((0, ""), (checked.returncode, checked.stderr), f"{folder}/{name}:{line}")
        self.assertGreater(count, 50)

    def test_every_command_and_option_is_there(self):
        shown = " ".join(row[0] for row in self.rows("commands"))
        headings = re.sub("<[^>]*>", "", read(self.html, "docs", "reference", "commands.html"))
        count = 0
        for name in pages.make_reference.PROGRAMS:
            table = pages.make_reference.reference(os.path.join(BIN, name))
            for path, command in pages.make_reference.commands(table):
                self.assertIn(" ".join((name,) + path), headings)
                for option in command["options"]:
                    count += 1
                    self.assertIn((option["value"] if option["positional"] else option["names"][-1]), shown)
        heads = sum(row == ["option", "meaning"] for row in self.rows("commands"))
        self.assertEqual(count, len(self.rows("commands")) - heads)
        self.assertGreater(count, 150)

    def test_every_setting_is_there(self):
        names = [row[0] for row in self.rows("configuration") if row[0] != "key"]
        wanted = []
        for server in SERVERS:
            help_ = subprocess.run([os.path.join(BIN, server), "--help"], check=True, capture_output=True, text=True).stdout
            wanted += [name.lower().replace("_", "-") for name in re.findall(r"\(FASTCHAT_(\w+)\)", help_) if name != "CONFIG"]
        wanted += re.findall(r'config\.add\(&[\w.]+, "([a-z-]+)"', read(SOURCE, "client/tui/settings.cc"))
        self.assertEqual(sorted(wanted), sorted(names))
        self.assertGreater(len(names), 40)

    def test_every_metric_is_there(self):
        shown = {row[0]: row[1:] for row in self.rows("metrics") if row[0].startswith("fastchat_")}
        events = {row[0] for row in self.rows("metrics") if len(row) == 2} - {"event"}
        seen, counted = {}, set()
        with Cluster.temporary(workers=1) as cluster:
            for part in ("broker1", "worker1"):
                with urllib.request.urlopen(f"http://{cluster.address}:{cluster.metrics_port[part]}/metrics") as answer:
                    text = answer.read().decode()
                helps = dict(re.findall(r"^# HELP (\w+) (.*)$", text, re.M))
                counted |= set(re.findall(r'event="(\w+)"', text))
                seen.update({name: [kind, helps[name]] for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M)})
        self.assertEqual(seen, shown)
        self.assertEqual(counted, events)

    def test_every_code_is_there(self):
        names = [row[1] for row in self.rows("codes") if row[1] != "code"]
        values = re.search(r"enum class Code : int \{(.*?)\};", read(SOURCE, "common/result.h"), re.S)[1]
        self.assertEqual(len(re.findall(r"^\s*k\w+ = \d+,", values, re.M)), len(names))
        self.assertEqual(len(names), len(set(names)))

    def test_every_key_and_command_of_the_screen_is_there(self):
        rows = self.rows("screen")
        table = re.search(r"kActions\[\] = \{(.*?)^\};", read(SOURCE, "client/tui/chat/key_table.cc"), re.S | re.M)[1]
        keys = len(re.findall(r"^\s*\{Action::", table, re.M))
        self.assertEqual(keys, sum(len(row) == 4 for row in rows) - 1)
        shown = [row[0].split(" ")[0] for row in rows if row[0].startswith("/")]
        folder = os.path.join(SOURCE, "client/tui/chat")
        for name in sorted(os.listdir(folder)):
            table = re.search(r"^constexpr Command kCommands\[\] = \{(.*?)^\};", read(folder, name), re.S | re.M)
            for row in re.findall(r'^    (\{"\w.*?\}),$', table[1], re.S | re.M) if table else ():
                word = "/" + re.match(r'\{"([\w-]+)', row)[1]
                (self.assertNotIn if "kHidden" in row else self.assertIn)(word, shown, name)


@unittest.skipIf(os.environ.get("FASTCHAT_SANITIZE"), "a sanitizer's libraries are on no page")
class Libraries(unittest.TestCase):
    """The page on installing names the packages of the libraries that the servers load."""

    EVERYWHERE = {"libc6", "libgcc-s1", "libstdc++6"}  # on each Debian

    def package_of(self, library):
        places = subprocess.run(["/sbin/ldconfig", "-p"], check=True, capture_output=True, text=True).stdout
        path = os.path.realpath(re.search(rf"^\s*{re.escape(library)} .* => (.*)$", places, re.M)[1])
        for spelled in (path, path.removeprefix("/usr")):
            found = subprocess.run(["dpkg", "-S", spelled], capture_output=True, text=True).stdout
            if found:
                return re.split("[:,]", found)[0]
        self.fail(f"{library} belongs to no package")

    def test_the_list_is_right(self):
        loaded = set()
        for server in SERVERS:
            heads = subprocess.run(["objdump", "-p", os.path.join(BIN, server)], check=True, capture_output=True, text=True)
            loaded |= {self.package_of(library) for library in re.findall(r"NEEDED\s+(\S+)", heads.stdout)}
        script = next(script for _, _, script in blocks(read(SOURCE, "docs", "operations.md")) if "install lib" in script)
        named = set(script.replace("\\\n", " ").split("install ")[1].split())
        self.assertEqual(loaded - self.EVERYWHERE, named)


class Links(unittest.TestCase):
    """links.py on sites that have one fault each."""

    def findings(self, **pages_):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in pages_.items():
                name = name.replace("_", ".")
                build.write(os.path.join(folder, name), text)
            return links.findings(folder)

    def test_a_whole_site_has_none(self):
        self.assertEqual([], self.findings(index_html='<a href="b.html#x">b</a><a href="https://elsewhere.example/">e</a>',
                                           b_html='<p id="x"><img src="p.svg"><a href="#x">up</a></p>', p_svg="<svg/>"))

    def test_each_fault_is_named(self):
        for text, word in (('<a href="no.html">', "not there"), ('<a href="b.html#no">', "no such heading"),
                           ('<a href="#no">', "no such heading"), ('<img src="no.png">', "not there"),
                           ('<script src="https://cdn.example/x.js"></script>', "from elsewhere"),
                           ('<script src="//cdn.example/x.js"></script>', "from elsewhere"),
                           ('<link rel="stylesheet" href="https://cdn.example/x.css">', "from elsewhere"),
                           ('<link rel="preconnect" href="https://cdn.example">', "from elsewhere")):
            found = self.findings(index_html='<a href="b.html">b</a>' + text, b_html="")
            self.assertEqual(1, len(found), (text, found))
            self.assertIn(word, found[0])
        self.assertIn("no link leads here", self.findings(index_html="", b_html='<a href="index.html">')[0])
        for style in ("a { background: url(https://cdn.example/x.png) }", "@import 'https://cdn.example/x.css';",
                      'a { background: url("//cdn.example/x.png") }'):
            self.assertEqual(1, len(self.findings(index_html="", s_css=style)), style)


if __name__ == "__main__":
    unittest.main()
