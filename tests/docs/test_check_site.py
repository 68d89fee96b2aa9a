#!/usr/bin/python3
"""The check of a built site, on small ones with one thing wrong each."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import check_site  # noqa: E402

GOOD = {
    "index.html": '<link rel="canonical" href="https://example.org/"><h1 id="top">x</h1><a href="more/page.html#part">m</a>'
                  '<a href="#top">t</a><a href="https://example.org">out</a><a href="mailto:a@example.org">m</a><img src="a.svg">',
    "more/page.html": '<h2 id="part">p</h2><a href="..">home</a><a href="../data.json#/at/0">data</a>',
    "a.svg": "", "data.json": "{}",
}


class Site(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.site = Path(scratch.name).resolve()
        for name, text in GOOD.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def assert_one(self, addition, words):
        self.write("index.html", GOOD["index.html"] + addition)
        problems = list(check_site.problems_of(self.site))
        self.assertEqual(1, len(problems), problems)
        self.assertIn(words, problems[0])

    def test_a_good_site_is_good(self):
        self.assertEqual([], list(check_site.problems_of(self.site)))

    def test_a_page_that_is_not_there(self):
        self.assert_one('<a href="gone.html">x</a>', "index.html: links to gone.html")

    def test_a_heading_that_is_not_there(self):
        self.assert_one('<a href="more/page.html#gone">x</a>', "#gone, a heading that page.html does not have")

    def test_a_picture_that_is_not_there(self):
        self.assert_one('<img src="gone.svg">', "gone.svg")

    def test_a_font_from_elsewhere(self):
        self.assert_one('<link rel="stylesheet" href="https://fonts.example.org/x.css">', "fetches https://fonts.example.org")

    def test_a_script_from_elsewhere(self):
        self.assert_one('<script src="//cdn.example.org/x.js"></script>', "fetches //cdn.example.org")


if __name__ == "__main__":
    unittest.main()
