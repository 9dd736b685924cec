"""The command as a whole: help and version, exit codes through the real console script, terminals and pipes."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import typed
from tests.support.exchange import TOCSIN, tocsin
from tests.support.objects import indicator
from tocsin import __version__
from tocsin.faces.cli import main


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "objects.json"


def test_the_version_is_told_without_a_home_or_a_command() -> None:
    assert tocsin("--version").stdout == f"tocsin {__version__}\n"


def test_without_a_command_the_commands_are_listed() -> None:
    """As usage: exit code 2, and every command with what it does."""
    done = typed()
    assert done.returncode == 2
    listed = done.stderr + done.stdout
    assert all(f"\n  {name} " in listed for name in main.COMMANDS)


@pytest.mark.parametrize("command", main.COMMANDS)
def test_every_command_has_help(command: str) -> None:
    done = typed(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: tocsin {command} ")
    assert "completion" not in done.stdout


@pytest.mark.parametrize(
    "command", [["nonsense"], ["member"], ["member", "add"], ["submit"], ["serve", "--port", "x"], ["db", "check", "--yes"]]
)
def test_a_command_that_is_not_understood_is_wrong_input(command: list[str]) -> None:
    assert typed(*command).returncode == 2


@pytest.mark.parametrize(("content", "code"), [([indicator()], 0), ([indicator(), 5], 1), ([], 2)])
def test_the_console_script_ends_with_the_same_codes(home: Path, file: Path, content: list[object], code: int) -> None:
    """What the other tests of this folder see without a process of its own."""
    file.write_text(json.dumps(content))
    done = tocsin("submit", str(file), "--collection", "indicators", home=home, check=False)
    assert done.returncode == code


BROKEN = """
from tocsin.faces.cli import console, main
def build_exchange(config):
    raise RuntimeError("a\\x1b[31mfault")
console.build_exchange = build_exchange
main.main()
"""


def test_a_fault_of_ours_is_one_line_too(home: Path) -> None:
    """Whatever escapes is told, with exit code 5 and no traceback."""
    command = [sys.executable, "-c", BROKEN, "--home", str(home), "db", "check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr == "tocsin: this should not have happened: RuntimeError: a\\u001b[31mfault\n"


def test_whoever_reads_half_of_the_output_gets_no_complaint(home: Path) -> None:
    """tocsin collection list | head -1"""
    command = f"{TOCSIN} --home {home} collection list --json | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[\n", "")


def test_on_a_terminal_progress_is_shown_and_leaves_the_result_alone(home: Path, file: Path) -> None:
    """The bar is on standard error; standard output is the same as ever."""
    file.write_text(json.dumps([indicator(number) for number in range(3)]))
    reader, terminal = pty.openpty()
    command = [TOCSIN, "--home", str(home), "submit", str(file), "--collection", "indicators"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, text=True, check=False, env=os.environ | {"TERM": "xterm"})
    os.close(terminal)
    shown = os.read(reader, 100_000).decode()
    os.close(reader)
    assert (done.returncode, done.stdout) == (0, "3 taken, 0 refused\n")
    assert "storing" in shown
