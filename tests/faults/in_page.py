"""Puts what faults came to into a page, between two marks that name where it is from; shared by the scripts that make the tables."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from page_block import write_block  # noqa: E402


def markdown(heads, rows, words=1):
    """A table; the first `words` columns are text, the others figures."""
    lines = [heads, [":--" if i < words else "--:" for i in range(len(heads))], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def where(record):
    host = record["host"]
    cores = f"{host['cores']} cores" + (f" ({host['cpu_model']})" if host.get("cpu_model") else "")
    return f"{cores}, {record['created_utc'][:10]}."


def put(page, name, file, text):
    """`file` is what the text was made of: it is linked to from the page, which is two folders above its own."""
    place = file.resolve().relative_to(page.resolve().parent).as_posix()
    begin, end = f"<!-- {name}: {{}} -->", f"<!-- end of {name} -->"
    folder = place.rpartition("/")[0]
    write_block(page, begin, end, f"{begin.format(folder)}\n\n{text}\n\n[All of it]({place}).\n\n{end}")
