"""Which files are the project's: shared by the checks of the source and of the documentation."""

import re
import subprocess
from pathlib import Path


def files_of(root):
    """The tracked files; without git (a source archive), every file outside what is built or ignored."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.decode().rstrip("\0").split("\0")
    else:
        names = [path.relative_to(root).as_posix() for path in Path(root).rglob("*")]
        names = [name for name in names if not re.match(r"(\.git|build|results)/|.*__pycache__/", name)]
    return sorted(name for name in names if (root / name).is_file())
