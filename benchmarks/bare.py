"""The yardstick: a WSGI application that does nothing but answer, served like the exchange (`tocsin serve`), in a process of its own.

GET answers the file that the path names, from memory; POST reads the body and answers 202. The folder is in BARE_FOLDER.
"""

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces

FOLDER = "BARE_FOLDER"
_HEADERS = [("Content-Type", "application/taxii+json;version=2.1")]
_bodies: dict[str, bytes] = {}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers one request."""
    if environ["REQUEST_METHOD"] == "POST":
        body = environ["wsgi.input"].read()
        start_response("202 Accepted", _headers(b"{}"))
        return [b"{}"] if body else []
    path = environ["PATH_INFO"]
    answer = _bodies.get(path)
    if answer is None:
        answer = _bodies[path] = (Path(os.environ[FOLDER]) / path.strip("/")).read_bytes()
    start_response("200 OK", _headers(answer))
    return [answer]


def _headers(body: bytes) -> list[tuple[str, str]]:
    return [*_HEADERS, ("Content-Length", str(len(body)))]


def main() -> None:
    """Serves on the port given; the settings are those of tocsin.faces.cli.serve."""
    Granian(
        f"{__name__ if __name__ != '__main__' else 'benchmarks.bare'}:application",
        interface=Interfaces.WSGI,
        address="127.0.0.1",
        port=int(sys.argv[1]),
        workers=1,
        respawn_failed_workers=True,
        log_level="error",  # type: ignore[arg-type]
    ).serve()


if __name__ == "__main__":
    main()
