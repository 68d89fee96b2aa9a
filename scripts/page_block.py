"""A part of a page that a program makes: between two marks, which are comments of HTML and part of it."""

import re
import sys


def write_block(page, begin, end, block):
    """Puts `block`, marks and all, in the place of the one that is there. `begin` is the first mark with {} in it, for what a block says
    of its making; a page without the two marks, or with more than these, ends the program and says so."""
    text = page.read_text(encoding="utf-8")
    pattern = re.escape(begin).replace(r"\{\}", ".*?") + ".*?" + re.escape(end)
    again, found = re.subn(pattern, lambda _: block, text, flags=re.DOTALL)
    if found != 1:
        sys.exit(f"{page}: {found} places for the table, between {begin.format('…')} and {end}; there must be one")
    page.write_text(again, encoding="utf-8")
