#!/usr/bin/python3
"""The documentation check, on small trees with one thing wrong each."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import check_docs  # noqa: E402

LIMITS = """
  /// One payload. Beyond: 413. Flag --max-payload.
  std::size_t payload_bytes = 64 * 1024;
  /// A longer one than --max-payload says nothing here. --keep-messages.
  std::size_t kept_messages = 16'384;
  /// --hold.
  std::chrono::milliseconds hold_default{25'000};
  /// --idle-timeout.
  std::chrono::seconds idle_timeout{75};
"""
WIRE = """# The wire format
| `--max-payload` | 64 KiB | 413 |
| `--keep-messages` | 16,384 messages a channel | gap |
| `--hold` | 25 s | |
| `--idle-timeout` | 75 s | closed |
"""
GOOD = {
    "mkdocs.yml": "nav:\n  - Wire: 01-wire-format.md\n  - Two:\n      - 02.md\n",
    "docs/02.md": "# Two\n",
    "messages/limits.hpp": LIMITS,
    "docs/01-wire-format.md": WIRE,
    "README.md": "# Name\n[wire](docs/01-wire-format.md#the-wire-format), [up](#name), [web](https://example.org), `messages/limits.hpp`\n"
                 "```\n[not a link](nowhere.md)\n```\n",
}


class Tree(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)
        for name, text in GOOD.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def assert_one(self, name, text, word):
        self.write(name, text)
        problems = check_docs.check(self.root)
        self.assertEqual(1, len(problems), problems)
        self.assertIn(word, problems[0])

    def test_a_good_tree_is_good(self):
        self.assertEqual([], check_docs.check(self.root))

    def test_a_link_to_nowhere(self):
        self.assert_one("docs/02.md", "see [this](gone.md)\n", "docs/02.md: links to gone.md")

    def test_a_picture_that_is_not_there(self):
        self.assert_one("docs/02.md", '<img src="gone.svg">\n', "gone.svg")

    def test_a_heading_that_is_not_there(self):
        self.assert_one("docs/02.md", "[x](01-wire-format.md#nothing)\n", "#nothing")

    def test_a_file_that_is_named_but_not_there(self):
        self.assert_one("docs/02.md", "see `net/gone.hpp`\n", "net/gone.hpp")

    def test_a_page_that_the_source_names_but_nobody_wrote(self):
        self.assert_one("net/loop.hpp", "// docs/09-gone.md says more\n", "net/loop.hpp: names docs/09-gone.md")

    def test_a_page_that_the_menu_lacks(self):
        self.assert_one("docs/03.md", "# Three\n", "docs/03.md is not in the site's menu")

    def test_a_page_of_the_menu_that_nobody_wrote(self):
        self.assert_one("mkdocs.yml", GOOD["mkdocs.yml"] + "      - 04-gone.md\n", "names 04-gone.md, which is neither")

    def test_a_limit_that_changed(self):
        self.assert_one("messages/limits.hpp", LIMITS.replace("64 * 1024", "32 * 1024"), "--max-payload is 65536 there, 32768")
        self.assert_one("messages/limits.hpp", LIMITS.replace("25'000", "26'000"), "--hold is 25 there, 26.0")

    def test_a_limit_that_is_not_documented(self):
        self.assert_one("docs/01-wire-format.md", WIRE.replace("| `--idle-timeout` | 75 s | closed |\n", ""), "missing")


if __name__ == "__main__":
    unittest.main()
