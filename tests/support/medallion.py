"""An unmodified medallion 3.0.0 with its memory backend, in a process of its own."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.support.exchange import free_port

COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
LOGIN = ("partner", "a-long-password")
HEADERS = {"Accept": "application/taxii+json;version=2.1", "Content-Type": "application/taxii+json;version=2.1"}
_PROGRAM = "import sys; from medallion import load_app; load_app(sys.argv[1]).run(port=int(sys.argv[2]), threaded=True)"


@dataclass
class StockMedallion:
    """Discovery under `discovery`, one collection titled "Shared" that `LOGIN` may read and write."""

    port: int
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, folder: Path) -> "StockMedallion":
        """Writes its files and waits until it answers."""
        folder.mkdir(parents=True)
        collection: dict[str, object] = {"id": COLLECTION, "title": "Shared", "can_read": True, "can_write": True}
        collection |= {"media_types": ["application/stix+json;version=2.1"], "objects": [], "manifest": []}
        information = {"title": "Partner", "versions": ["application/taxii+json;version=2.1"], "max_content_length": 10_000_000}
        port = free_port()
        root = f"http://127.0.0.1:{port}/api1/"
        data = {
            "/discovery": {"title": "Partner", "default": root, "api_roots": [root]},
            "api1": {"information": information, "status": [], "collections": [collection]},
        }
        (folder / "data.json").write_text(json.dumps(data))
        backend = {"module": "medallion.backends.memory_backend", "module_class": "MemoryBackend", "filename": str(folder / "data.json")}
        config = {"backend": backend, "users": dict([LOGIN]), "taxii": {"max_page_size": 20}}
        (folder / "config.json").write_text(json.dumps(config))
        with (folder / "log").open("wb") as log:
            arguments = [sys.executable, "-c", _PROGRAM, str(folder / "config.json"), str(port)]
            process = subprocess.Popen(arguments, stdout=log, stderr=log)
        started = cls(port, process)
        for _ in range(200):
            try:
                requests.get(started.discovery, auth=LOGIN, headers=HEADERS, timeout=2)
                return started
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError((folder / "log").read_text())

    @property
    def discovery(self) -> str:
        return f"http://127.0.0.1:{self.port}/taxii2/"

    @property
    def objects_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api1/collections/{COLLECTION}/objects/"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)
