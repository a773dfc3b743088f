"""Servers of a trial's own, which it may crash, stop and fill up."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psycopg2
import pymysql
from sqlalchemy.engine import URL
from sqlalchemy.engine import make_url

from tests.chaos.disk import mounted
from tests.chaos.witness import witness_of

__all__ = ["Server", "as_user", "can_serve", "free_port", "private_server"]

_PATIENCE = 60


@dataclass(frozen=True)
class Server:
    """One server on a port of its own; its methods work in any process.

    :ivar folder: where everything of it lies, its data in ``data``.
    """

    folder: Path
    port: int
    user: ClassVar[str]
    admin: ClassVar[str]

    @property
    def url(self) -> URL:
        """The database ``app``, which is made when the server is."""
        return self._url.set(database="app")

    @property
    def _url(self) -> URL:
        return make_url(self.admin).set(port=self.port)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @classmethod
    def tool(cls, name: str) -> str | None:
        raise NotImplementedError

    def make(self) -> None:
        """Make the data folder."""
        raise NotImplementedError

    def start(self) -> None:
        """Start, and wait until it answers."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop at once, but in order: sessions are told, data is saved."""
        raise NotImplementedError

    def crash(self) -> None:
        """Stop as by a cut of the power: what it did must be recovered."""
        raise NotImplementedError

    @property
    def answers(self) -> bool:
        errors = psycopg2.OperationalError, pymysql.OperationalError
        with suppress(*errors), closing(witness_of(self._url).connect()):
            return True
        return False

    def revive(self) -> None:
        """Wait for it to recover by itself, else start it."""
        deadline = time.monotonic() + _PATIENCE
        while self._pid() and time.monotonic() < deadline:
            if self.answers:
                return
            time.sleep(0.05)
        self.start()

    def _pid(self) -> int | None:
        """Return the id of its process, while that runs.

        Ids are used again, soon, and by threads of other servers too: only
        a process that was given our folder is ours to end.
        """
        with suppress(OSError, ValueError, IndexError):
            pid = int(self._pid_file.read_text().split()[0])
            words = Path(f"/proc/{pid}/cmdline").read_text()
            return pid if str(self.data) in words else None
        return None

    @property
    def _pid_file(self) -> Path:
        raise NotImplementedError

    def _run(self, *words: str) -> None:
        """Run a program as a user that the servers accept; none is root."""
        done = subprocess.run(
            [*as_user(self.user), *words],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            start_new_session=True,
        )
        assert done.returncode == 0, (words, done.stderr)

    def _wait_for_answer(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self.answers:
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.02)

    def _wait_for_end(self, pid: int | None) -> None:
        deadline = time.monotonic() + _PATIENCE
        while pid and self._pid() == pid:
            assert time.monotonic() < deadline, "the server does not end"
            time.sleep(0.01)


class _PostgreSQL(Server):
    user = "postgres"
    admin = "postgresql+psycopg2://postgres@127.0.0.1/postgres"

    @classmethod
    def tool(cls, name: str) -> str | None:
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        path = os.pathsep.join([*map(str, reversed(folders)), os.defpath])
        return shutil.which(name, path=path)

    @property
    def _pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def make(self) -> None:
        words = [
            "-A",
            "trust",
            "-U",
            "postgres",
            "--no-sync",
            "--wal-segsize=1",
        ]
        self._run(_path(self.tool("initdb")), "-D", str(self.data), *words)

    def start(self) -> None:
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "shared_buffers": "16MB",
            "min_wal_size": "2MB",
            "max_wal_size": "4MB",
        }
        texts = [f"-c {name}='{text}'" for name, text in options.items()]
        words = ["-o", " ".join([f"-p {self.port}", *texts])]
        log = ["-l", str(self.folder / "log")]
        self._control("start", "-w", "-t", str(_PATIENCE), *log, *words)

    def stop(self) -> None:
        self._control("stop", "-m", "fast")

    def crash(self) -> None:
        self._control("stop", "-m", "immediate")

    def _control(self, *words: str) -> None:
        self._run(_path(self.tool("pg_ctl")), "-D", str(self.data), *words)


class _MariaDB(Server):
    user = "mysql"
    admin = "mysql+pymysql://root@127.0.0.1/mysql"

    @classmethod
    def tool(cls, name: str) -> str | None:
        return shutil.which(name, path=f"{os.defpath}:/usr/sbin:/sbin")

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    def make(self) -> None:
        self._run(
            _path(self.tool("mariadb-install-db")),
            "--no-defaults",
            f"--datadir={self.data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )

    def start(self) -> None:
        self._pid_file.unlink(missing_ok=True)
        self._run(
            *("sh", "-c", '"$@" >/dev/null 2>&1 &', "sh"),
            _path(self.tool("mariadbd")),
            "--no-defaults",
            f"--datadir={self.data}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            f"--socket={self.folder / 'socket'}",
            f"--pid-file={self._pid_file}",
            f"--log-error={self.folder / 'log'}",
            "--innodb-buffer-pool-size=16M",
            "--innodb-log-file-size=8M",
        )
        self._wait_for_answer()

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def crash(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        pid = self._pid()
        if pid is not None:
            os.kill(pid, number)
        self._wait_for_end(pid)


_SERVERS: dict[str, type[Server]] = {
    "postgresql": _PostgreSQL,
    "mysql": _MariaDB,
}
_NEEDED = {
    "postgresql": ("initdb", "pg_ctl"),
    "mysql": ("mariadb-install-db", "mariadbd"),
}


def can_serve(name: str) -> bool:
    """Tell whether such a server can be made here."""
    kind = _SERVERS.get(name)
    return kind is not None and all(map(kind.tool, _NEEDED[name]))


@contextmanager
def private_server(name: str, disk: str | None = None) -> Iterator[Server]:
    """Give a running server; nothing of it remains.

    :param disk: size of a disk of its own in memory, such as ``64m``; needs
        the right to mount.
    """
    # Not in the folder of the trial, which is closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="chaos_server_"))
    try:
        with mounted(folder, disk):
            folder.chmod(0o755)
            server = _SERVERS[name](folder, free_port())
            if os.geteuid() == 0:
                owner = pwd.getpwnam(server.user)
                os.chown(folder, owner.pw_uid, owner.pw_gid)
            server.make()
            server.start()
            try:
                witness_of(server._url).do("CREATE DATABASE app")
                yield server
            finally:
                with suppress(AssertionError):
                    server.crash()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_user(name: str) -> list[str]:
    if os.geteuid() != 0:
        return []
    words = f"--reuid={name} --regid={name} --clear-groups"
    return [_path(shutil.which("setpriv")), *words.split()]


def _path(found: str | None) -> str:
    assert found is not None
    return found


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
