"""A command as a user types it, run inside this process: the real dispatch, the real exit code, without half a second of start-up."""

import io
import json
import os
import sys
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from unittest.mock import patch

from tocsin.faces.cli.main import main


def typed(*arguments: str, home: Path | None = None, stdin: bytes = b"", **environment: str) -> CompletedProcess[str]:
    """What the command says and how it ends; whatever it is given, it never shows a traceback or sends a terminal anything to obey."""
    command = ["tocsin", *(("--home", str(home)) if home else ()), *arguments]
    out, err, given = (io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="") for content in (b"", b"", stdin))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")} | environment
    mask = os.umask(0o022)
    with ExitStack() as stack:
        stack.callback(os.umask, mask)
        for replaced in (patch.object(sys, "argv", command), patch.object(sys, "stdin", given), patch.dict(os.environ, clean, clear=True)):
            stack.enter_context(replaced)
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        try:
            main()
            code = 0
        except SystemExit as ending:
            code = int(ending.code or 0)
    return checked(CompletedProcess(command, code, _content(out), _content(err)))


def typed_json(*arguments: str, **options: Any) -> Any:
    """The JSON that a command prints that is done without fault."""
    done = typed(*arguments, "--json", **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(*arguments: str, code: int = 2, **options: Any) -> str:
    """The one line of a command that does nothing, without `tocsin: ` before it; wrong input unless another exit code is given."""
    done = typed(*arguments, **options)
    assert (done.returncode, done.stdout) == (code, ""), done
    assert done.stderr.startswith("tocsin: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.removeprefix("tocsin: ").rstrip("\n")


def checked(done: CompletedProcess[str]) -> CompletedProcess[str]:
    """What holds for every command."""
    for text in (done.stdout, done.stderr):
        assert "Traceback" not in text, text
        assert "this should not have happened" not in text, text
        assert all(line.isprintable() for line in text.split("\n")), text
    return done


def _content(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()
