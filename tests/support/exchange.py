"""A real exchange: made by the real command line, served by real processes on loopback."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

TOCSIN = str(Path(sys.executable).parent / "tocsin")
READY_SECONDS = 30.0
UNLIMITED = {"TOCSIN_REQUESTS_PER_SECOND": "0", "TOCSIN_ANONYMOUS_REQUESTS_PER_SECOND": "0"}  # tests ask as fast as they can


def tocsin(
    *arguments: str, home: Path | None = None, stdin: str | None = None, check: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs one command to its end; `check` wants exit code 0."""
    command = [TOCSIN, *(("--home", str(home)) if home else ()), *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, env=clean | environment, timeout=120)
    assert not check or done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr}"
    return done


def tocsin_json(*arguments: str, home: Path | None = None, **options: Any) -> Any:
    """The same with --json, parsed."""
    return json.loads(tocsin(*arguments, "--json", home=home, **options).stdout)


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RunningExchange:
    """One exchange and its server processes; made with `start`, ended with `stop` or `kill`."""

    home: Path
    port: int = field(default_factory=free_port)
    workers: int = 1
    password: str = ""  # of the member `admin`
    process: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    database: str = ""  # the URL of its PostgreSQL database; "": SQLite

    @classmethod
    def make(cls, home: Path, *, database: str = "", init: Sequence[str] = (), **options: Any) -> "RunningExchange":
        """`tocsin init`, with these options; nothing is served yet."""
        made = tocsin_json("init", str(home), *(("--database", database) if database else ()), *init)
        return cls(home=home, password=made["administrator"]["password"], database=database, **options)

    @property
    def url(self) -> str:
        """Without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def discovery(self) -> str:
        return f"{self.url}/taxii2/"

    @property
    def admin(self) -> tuple[str, str]:
        """Basic credentials of the administrator."""
        return ("admin", self.password)

    def start(self) -> "RunningExchange":
        """Serves, and waits until it is ready."""
        command = [TOCSIN, "--home", str(self.home), "serve", "--port", str(self.port), "--workers", str(self.workers)]
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=os.environ | UNLIMITED | self.environment, start_new_session=True
            )
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            try:
                if requests.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return self
            except requests.ConnectionError:
                time.sleep(0.05)
            assert self.process.poll() is None, self.log()
        raise AssertionError(f"not ready in {READY_SECONDS} s: {self.log()}")

    def log(self) -> str:
        """What the server said."""
        return (self.home / "server.log").read_text(errors="replace")

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        """SIGKILL to the server and all its workers at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)

    def end(self) -> None:
        """Kills what is still running; for the end of a test."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def objects_url(self, alias: str) -> str:
        """Where the objects of a collection are read and posted."""
        return f"{self.url}/api/collections/{self.collection_id(alias)}/objects/"

    def collection_id(self, alias: str) -> str:
        """From the command line, as an operator would look it up."""
        return str(next(one["id"] for one in tocsin_json("collection", "list", home=self.home) if one["alias"] == alias))

    def add_member(self, name: str, *options: str) -> tuple[str, str]:
        """A member and its password."""
        made = tocsin_json("member", "add", name, *options, home=self.home)
        return (name, made["password"])

    def has(self, alias: str, object_id: str) -> bool:
        """Its page of that object, as the administrator sees it, is not empty."""
        address = f"{self.url}/api/collections/{alias}/objects/{object_id}/"
        return requests.get(address, auth=self.admin, timeout=30).status_code == 200

    def delete(self, alias: str, object_id: str) -> None:
        """All versions of an object, as the administrator."""
        address = f"{self.url}/api/collections/{alias}/objects/{object_id}/"
        answer = requests.delete(address, auth=self.admin, headers={"Accept": "application/taxii+json;version=2.1"}, timeout=30)
        assert answer.status_code == 200, answer.text

    def add_token(self, member: str) -> str:
        return str(tocsin_json("token", "add", member, home=self.home)["token"])
