#!/usr/bin/python3
"""Builds the documents as a site: `make docs`. Needs Sphinx, the theme furo and built programs; no network.

    docs/site/build.py [--bin build/release/bin] [--out build/docs]

OUT/source gets a copy of the documents in their folders, so that links between them work as they do on a forge, and the
reference pages, which pages.py makes. OUT/html gets the site. A warning of Sphinx, or a link of the finished site that
leads nowhere (links.py), ends the build with status 1.
"""
import argparse
import glob
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import links  # noqa: E402
import pages  # noqa: E402
from pages import make_reference  # noqa: E402

# The documents, and the files that they link to.
COPIED = ("*.md", "LICENSE", "docs/*.md", "docs/*.json", "docs/pictures/*.svg", "examples/*", "proto/*.md", "proto/*.proto")
FIRST_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>FastChat</title>
<meta http-equiv="refresh" content="0; url=docs/index.html"></head>
<body><a href="docs/index.html">FastChat</a></body></html>
"""


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def stage(folder, programs):
    """Makes the folder that Sphinx reads."""
    shutil.rmtree(folder, ignore_errors=True)
    for pattern in COPIED:
        for path in glob.glob(os.path.join(SOURCE, pattern)):
            to = os.path.join(folder, os.path.relpath(path, SOURCE))
            if os.path.isfile(path):
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copyfile(path, to)
    for path, text in pages.reference_pages(programs).items():
        write(os.path.join(folder, path), text)


def run_sphinx(source, html, doctrees):
    """Returns the warnings and errors of Sphinx, which are the same here."""
    made = subprocess.run(["/usr/bin/python3", "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", "-n", "-c",
                           os.path.join(SOURCE, "docs"), "-d", doctrees, source, html],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found = [line for line in made.stderr.split("\n") if line]
    return found or ([f"Sphinx ended with status {made.returncode}"] if made.returncode != 0 else [])


def build(programs, out):
    """Returns the findings: no line when the site is whole."""
    missing = [name for name in make_reference.PROGRAMS if not os.access(os.path.join(programs, name), os.X_OK)]
    if missing:
        return [f"{os.path.join(programs, missing[0])} is missing; build first: make programs"]
    source, html = os.path.join(out, "source"), os.path.join(out, "html")
    stage(source, programs)
    shutil.rmtree(html, ignore_errors=True)
    found = run_sphinx(source, html, os.path.join(out, "doctrees"))
    if found:
        return found
    write(os.path.join(html, "index.html"), FIRST_PAGE)
    return links.findings(html)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", default=os.path.join(SOURCE, "build", "release", "bin"), help="folder of the programs")
    parser.add_argument("--out", default=os.path.join(SOURCE, "build", "docs"), help="folder to write to")
    args = parser.parse_args()
    found = build(args.bin, args.out)
    for line in found:
        print(line, file=sys.stderr)
    if not found:
        print(os.path.join(args.out, "html", "index.html"))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
