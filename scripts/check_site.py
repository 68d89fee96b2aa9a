#!/usr/bin/python3
"""A built site: every link leads to a file and a heading that are there, and no page fetches anything from elsewhere.

    check_site.py SITE      exit code 0 good, 1 broken (each place is named)"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
# A <link> is fetched for some of its relations; rel="canonical" and the like are only said.
FETCHED_LINKS = {"stylesheet", "icon", "preconnect", "preload", "manifest"}


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.anchors, self.links, self.fetched = {"", "__top"}, [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if given.get(FETCHED.get(tag)) and (tag != "link" or FETCHED_LINKS & set(given.get("rel", "").split())):
            self.fetched.append(given[FETCHED[tag]])


def problems_of(site):
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        if path.name == "404.html":  # written for a server's root
            continue
        name = path.relative_to(site)
        for target in page.fetched:
            if urlsplit(target).netloc:
                yield f"{name}: fetches {target}"
        for target in page.links + page.fetched:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if file.is_dir():
                file /= "index.html"
            if not file.is_file():
                yield f"{name}: links to {target}, which is not there"
            elif file in pages and unquote(parts.fragment) not in pages[file].anchors:
                yield f"{name}: links to #{parts.fragment}, a heading that {file.name} does not have"


def main(arguments):
    site = Path(arguments[0]).resolve()
    problems = list(problems_of(site))
    print("\n".join(problems + [f"site: {len(problems)} problem(s)"]))
    return 1 if problems or not (site / "index.html").is_file() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
