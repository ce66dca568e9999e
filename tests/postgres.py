"""A real PostgreSQL server for tests, which holds a site database of SCCM in the schema dbo."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sandbox.sccm.database import View, statements
from tests.drivers import require_driver, skip

START_SECONDS = 20
STOP_SECONDS = 10
USERNAME, PASSWORD = "oomnitza", "p;w}{ü"


def require_postgres() -> None:
    """Skip the calling test where the server or its driver is not installed; in CI, fail it."""
    require_driver("PostgreSQL Unicode")
    if not _program("initdb"):
        skip("needs PostgreSQL: apt-get install postgresql")


@contextmanager
def postgres(site: Collection[View]) -> Iterator[dict[str, str]]:
    """Serve these views on a free port of 127.0.0.1; gives the settings of a connection."""
    with tempfile.TemporaryDirectory(prefix="sccm-") as name:
        folder = Path(name)
        _as_server(folder, "initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-N")
        with _running(folder) as port:
            settings = {
                "driver": "PostgreSQL Unicode",
                "server": "127.0.0.1",
                "port": str(port),
                "database": "postgres",
                "username": USERNAME,
                "password": PASSWORD,
            }
            _fill(port, site)
            yield settings


def _fill(port: int, site: Collection[View]) -> None:
    quoted = PASSWORD.replace("'", "''")
    with closing(connect(port)) as database:
        database.execute('CREATE SCHEMA "dbo"')
        for statement, rows in statements(site, schema="dbo"):
            if rows:
                database.cursor().executemany(statement, rows)
            else:
                database.execute(statement)
        database.execute(f"CREATE USER {USERNAME} PASSWORD '{quoted}'")
        database.execute(f'GRANT USAGE ON SCHEMA "dbo" TO {USERNAME}')
        database.execute(f'GRANT SELECT ON ALL TABLES IN SCHEMA "dbo" TO {USERNAME}')
        # From now on a password is asked for.
        access = Path(database.execute("SHOW hba_file").fetchone()[0])
        access.write_text("local all all trust\nhost all oomnitza 127.0.0.1/32 scram-sha-256\n")
        database.execute("SELECT pg_reload_conf()")


def connect(port: int) -> Any:
    """A connection of the administrator, as long as no password is asked for."""
    import pyodbc

    words = f"DRIVER={{PostgreSQL Unicode}};SERVER=127.0.0.1;PORT={port};DATABASE=postgres"
    return pyodbc.connect(f"{words};UID=postgres", autocommit=True)


@contextmanager
def _running(folder: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = _command("postgres", "-D", str(folder / "data"), "-p", str(port), "-F")
    command += ["-h", "127.0.0.1", "-k", str(folder)]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
    try:
        deadline = time.monotonic() + START_SECONDS
        while b"ready to accept connections" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
            time.sleep(0.02)
        yield port
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, which it does when nobody is connected any more: who still is, is a fault."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)  # at once
        process.wait(STOP_SECONDS)
        raise


def _as_server(folder: Path, program: str, *arguments: str) -> None:
    if os.getuid() == 0:  # which PostgreSQL refuses to run as
        shutil.chown(folder, "postgres")
    command = _command(program, *arguments, "-D", str(folder / "data"))
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    if done.returncode:
        raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")


def _command(program: str, *arguments: str) -> list[str]:
    path = [_program(program), *arguments]
    if os.getuid() == 0:
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *path]
    return path


def _program(name: str) -> str:
    """The newest one that is installed, or nothing."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(places[-1]) if places else shutil.which(name) or ""
