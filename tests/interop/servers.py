"""A redis-server and a Redstart, each on a free port in a directory of its own, for tests that compare them."""
import pathlib
import shlex
import socket
import subprocess
import tempfile
import time

import redis

ROOT = pathlib.Path(__file__).resolve().parents[2]
ORACLE = "redis-server --port {port} --save '' --enable-debug-command yes"
SUBJECT = f"{ROOT}/build/release/redstart serve --port {{port}} --enable-debug-command yes"
START_S_MAX = 20


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Server(redis.Redis):
    """A client, and the process that it talks to."""

    def __init__(self, command, directory):
        self.directory, self.port = pathlib.Path(directory), free_port()
        self.command = command
        self.process = None
        super().__init__(port=self.port, socket_timeout=60)

    def start(self, *arguments):
        words = shlex.split(self.command.replace("{port}", str(self.port)))
        words += ["--dir", str(self.directory), *arguments]
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log)
        deadline = time.monotonic() + START_S_MAX
        while True:
            try:
                self.ping()
                return self
            except redis.exceptions.BusyLoadingError:
                pass
            except redis.ConnectionError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.directory / "log").read_text()[-4000:]) from None
            time.sleep(0.02)

    def stop(self, kill=False):
        self.process.kill() if kill else self.process.terminate()
        self.process.wait(60)


class Pair:
    def __init__(self, subject=None, oracle=None):
        self._directory = tempfile.TemporaryDirectory(prefix="redstart-interop-")
        root = pathlib.Path(self._directory.name)
        for name in ("oracle", "subject"):
            (root / name).mkdir()
        self.oracle = Server(oracle or ORACLE, root / "oracle")
        self.subject = Server(subject or SUBJECT, root / "subject")

    def both(self):
        return [self.oracle, self.subject]

    def __enter__(self):
        for server in self.both():
            server.start()
        return self

    def __exit__(self, *_):
        for server in self.both():
            if server.process and server.process.poll() is None:
                server.stop()
        self._directory.cleanup()


def comparable(info):
    """What XINFO STREAM tells, without what is about the way to keep a stream, and what only Redis 7.2 knows."""
    if not isinstance(info, list):
        return info
    own = [at for at, word in enumerate(info) if word in (b"radix-tree-keys", b"radix-tree-nodes", b"active-time")]
    return [comparable(part) for at, part in enumerate(info) if at not in own and at - 1 not in own]
