#!/usr/bin/python3
"""scripts/install, on machines made of stubs: what is installed, by whom, and what is said when it cannot be."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
NEEDED_TOOLS = ("bash", "cut", "dirname", "env", "readlink", "sed", "tr")


def packages(*purposes):
    """The first choice on each line of packages.txt, and the whole list of choices."""
    lines = [line.split("|") for line in (SCRIPTS / "packages.txt").read_text().splitlines() if not line.startswith("#")]
    return [choices.split() for purpose, choices, _ in lines if purpose.strip() in purposes]


class Machine:
    """A PATH of its own: installed packages, whether apt and sudo exist, and who is asking."""

    def __init__(self, scratch, installed, apt=True, sudo=True, user=0, apt_fails=""):
        self.scratch = Path(scratch)
        self.log = self.scratch / "log"
        for tool in NEEDED_TOOLS:
            (self.scratch / tool).symlink_to(shutil.which(tool))
        self.stub("id", f"echo {user}")
        if apt:
            rows = "".join(f"installed {name}\\n" for name in installed) + "config-files curl\\n"
            self.stub("dpkg-query", f"printf '{rows}'")
            self.stub("apt-get", f'echo "apt-get $* frontend=$DEBIAN_FRONTEND" >> {self.log}\n[ "${{@: -1}}" != "{apt_fails}" ]')
        if sudo:
            self.stub("sudo", f'echo "sudo" >> {self.log}\nexec "$@"')

    def stub(self, name, body):
        path = self.scratch / name
        path.write_text(f"#!{shutil.which('bash')}\n{body}\n")
        path.chmod(0o755)

    def install(self, *purposes, **environment):
        done = subprocess.run([SCRIPTS / "install", *purposes], capture_output=True, text=True, check=False, cwd="/",
                              env={"PATH": str(self.scratch), **environment}, stdin=subprocess.DEVNULL)
        return done, self.log.read_text() if self.log.exists() else ""


class Install(unittest.TestCase):
    def machine(self, installed, **more):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        return Machine(scratch.name, installed, **more)

    def all_but(self, *absent):
        return [choices[0] for choices in packages("run", "test") if choices[0] not in absent]

    def test_says_and_does_nothing_when_all_is_there(self):
        done, log = self.machine(self.all_but()).install("run", "test")
        self.assertEqual((0, "", "", ""), (done.returncode, done.stdout, done.stderr, log))

    def test_root_installs_what_is_missing_and_is_told_why(self):
        done, log = self.machine(self.all_but("cmake", "libfmt-dev")).install("run")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(done.stderr, r"cmake +configures the build")
        self.assertRegex(done.stderr, r"libfmt-dev +formats text")
        self.assertNotIn("g++", done.stderr)
        self.assertIn(" update frontend=noninteractive\n", log)
        self.assertIn("install -y --no-install-recommends cmake libfmt-dev frontend=noninteractive\n", log)
        self.assertNotIn("sudo", log)

    def test_a_user_goes_through_sudo(self):
        done, log = self.machine(self.all_but("cmake"), user=1000).install("run")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(2, log.count("sudo\n"))
        self.assertIn("install -y --no-install-recommends cmake frontend=noninteractive\n", log)

    def test_a_user_without_sudo_is_told_what_root_must_do(self):
        done, log = self.machine(self.all_but("cmake"), user=1000, sudo=False).install("run")
        self.assertEqual((1, ""), (done.returncode, log))
        self.assertIn("apt-get install --no-install-recommends cmake\n", done.stderr)

    def test_a_test_only_package_is_not_installed_to_run(self):
        done, log = self.machine(self.all_but("libgtest-dev")).install("run")
        self.assertEqual((0, ""), (done.returncode, log))

    def test_a_removed_package_counts_as_missing(self):
        done, log = self.machine(self.all_but("curl")).install("test")
        self.assertEqual(0, done.returncode)
        self.assertIn(" curl frontend", log)

    def test_any_of_several_choices_will_do(self):
        several = [choices for choices in packages("run") if len(choices) > 1]
        self.assertTrue(several)
        others = [choices[1] for choices in several]
        done, log = self.machine(self.all_but(*(choices[0] for choices in several)) + others).install("run")
        self.assertEqual((0, ""), (done.returncode, log))

    def test_without_lists_from_the_network_it_still_tries(self):
        done, log = self.machine(self.all_but("cmake"), apt_fails="update").install("run")
        self.assertEqual(0, done.returncode)
        self.assertIn("update failed", done.stderr)
        self.assertIn("install -y", log)

    def test_a_failed_installation_ends_the_matter(self):
        done, _ = self.machine(self.all_but("cmake"), apt_fails="cmake").install("run")
        self.assertEqual(1, done.returncode)
        self.assertIn("could not install", done.stderr)

    def test_a_system_without_apt_gets_the_list(self):
        done, _ = self.machine([], apt=False).install("run")
        self.assertEqual(1, done.returncode)
        self.assertIn("libwebsockets-dev: speaks WebSocket", done.stderr)
        done, _ = self.machine([], apt=False).install("run", WIRELAB_INSTALL="no")
        self.assertEqual(0, done.returncode)

    def test_installing_can_be_declined(self):
        done, log = self.machine(self.all_but("cmake")).install("run", WIRELAB_INSTALL="no")
        self.assertEqual((0, ""), (done.returncode, log))
        self.assertIn("cmake", done.stderr)

    def test_every_line_of_the_list_has_a_purpose_a_package_and_a_reason(self):
        for line in (SCRIPTS / "packages.txt").read_text().splitlines():
            if not line.startswith("#"):
                self.assertTrue(re.fullmatch(r"(run |test|docs|fuzz|peers) \| [a-z0-9+. -]+ \| \S.*\S", line), line)


if __name__ == "__main__":
    unittest.main()
