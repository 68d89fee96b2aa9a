"""What mkdocs does besides (mkdocs.yml): pages that live in the project's root, where people look for them, are in the site too.

The links between them and docs/ are as they lead in the repository, and are turned into the site's."""

import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
ROOT_PAGES = ("SECURITY.md",)


def on_files(files, config):
    for name in ROOT_PAGES:
        files.append(File(name, str(ROOT), config["site_dir"], config["use_directory_urls"]))
    return files


def on_page_content(html, **_):
    """A drawing leads to itself: on a phone it is looked at alone, and larger."""
    return re.sub(r'<img [^>]*src="([^"]+\.svg)"[^>]*>', r'<a href="\1">\g<0></a>', html)


def on_page_markdown(markdown, page, **_):
    if page.file.src_uri in ROOT_PAGES:
        return re.sub(r"\]\(docs/", "](", markdown)
    up = "../" * page.file.src_uri.count("/")
    return re.sub(rf"\]\({re.escape(up)}\.\./({'|'.join(map(re.escape, ROOT_PAGES))})", rf"]({up}\1", markdown)
