"""Reads a finished site and finds: links that lead nowhere, pages that no link reaches, files from other servers."""
import html.parser
import os
import urllib.parse

FIRST = "index.html"
OWN = {"genindex.html", "search.html"}  # pages that Sphinx links by script, or for searching
# The attributes by which a page loads a file without a click.
LOADS = {("script", "src"), ("img", "src"), ("img", "srcset"), ("iframe", "src"), ("object", "data"), ("embed", "src"),
         ("source", "src"), ("video", "src"), ("audio", "src"), ("form", "action"), ("use", "href"), ("image", "href")}
LOADED_RELATIONS = {"stylesheet", "icon", "shortcut", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload"}


class Page(html.parser.HTMLParser):
    """Collects the ids of a page, its links and the files that it loads."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag == "meta" and given.get("http-equiv") == "refresh":
            self.links.append(given["content"].partition("url=")[2])
        if tag == "link" and given.get("href"):
            loaded = LOADED_RELATIONS & set(given.get("rel", "").split())
            (self.loads if loaded else self.links).append(given["href"])
        self.loads += [value for name, value in attrs if (tag, name) in LOADS and value]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def is_elsewhere(address):
    return address.startswith("//") or urllib.parse.urlsplit(address).scheme not in ("", "data")


def files(root):
    return sorted(os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names)


def findings(root):
    """Returns a line for each fault of the site in the folder `root`."""
    every = files(root)
    pages = {path: Page(read(os.path.join(root, path))) for path in every if path.endswith(".html")}
    found, reached, waiting = [], {FIRST}, [FIRST]
    targets = {}
    for path, page in pages.items():
        found += [f"{path}: loads {load} from elsewhere" for load in page.loads if is_elsewhere(load)]
        for address in page.links + page.loads:
            if is_elsewhere(address):
                continue
            parts = urllib.parse.urlsplit(address)
            name = urllib.parse.unquote(parts.path)
            to = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            anchor = urllib.parse.unquote(parts.fragment)
            if parts.scheme == "data":
                continue
            if to not in every:
                found.append(f"{path}: links to {address}, which is not there")
            elif anchor and to in pages and anchor not in pages[to].ids:
                found.append(f"{path}: links to {address}, which has no such heading")
            targets.setdefault(path, set()).add(to)
    while waiting:
        for to in targets.get(waiting.pop(), set()) & pages.keys() - reached:
            reached.add(to)
            waiting.append(to)
    found += [f"{path}: no link leads here" for path in sorted(pages.keys() - reached - OWN)]
    for path in every:
        if path.endswith(".css"):
            style = read(os.path.join(root, path))
            for address in style.replace("'", '"').replace('url("', "url(").split("url(")[1:]:
                if is_elsewhere(address.split(")")[0].strip('"')):
                    found.append(f"{path}: loads {address.split(')')[0]} from elsewhere")
            if "@import" in style and "http" in style.split("@import", 1)[1][:80]:
                found.append(f"{path}: imports a style from elsewhere")
    return found
