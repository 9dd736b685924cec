"""`make demo` tells its story to the end."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_demo_ends_with_one_story_on_both_sides() -> None:
    """All ten steps, with what Beta found in its log, and no error but the one that it tells of."""
    done = subprocess.run([sys.executable, "-m", "demo"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    steps = re.findall(r"^(\d+)\. ", done.stdout, re.MULTILINE)
    assert steps == [str(number) for number in range(1, 11)]
    assert "5000 records, 3 with a match" in done.stdout
    assert "State: closed. Signature: verified." in done.stdout
    assert done.stdout.endswith("10. 1 sighting of Beta's is with Alpha; both databases are as they should be.\n")
    assert done.stdout.count("cannot be reached") == 1
    assert "tocsin: " not in done.stdout
