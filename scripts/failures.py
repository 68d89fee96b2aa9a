"""The tests that failed, from a JUnit file that CTest wrote, each with the end of what it printed.

    scripts/failures.py build/dev.junit.xml
"""

import pathlib
import sys
import xml.etree.ElementTree

LINES_MAX = 40  # of each: the reason is at the end, and a log of many failures is still read


def main(file):
    for test in xml.etree.ElementTree.parse(file).getroot().iter("testcase"):
        if test.get("status") != "fail":
            continue
        printed = (test.findtext("system-out") or "").rstrip().splitlines()
        print(f"\nfailed in {pathlib.Path(file).name.split('.')[0]}: {test.get('name')}")
        print(*(f"  {line}" for line in printed[-LINES_MAX:]), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
