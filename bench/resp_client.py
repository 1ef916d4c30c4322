"""A blocking RESP2 client for test and bench drivers, which must not depend on packages."""
import socket
import time


class ReplyError(Exception):
    """The server answered with an error; str() is its text."""


class RespClient:
    def __init__(self, port, host="127.0.0.1", timeout_s=60):
        self._socket = socket.create_connection((host, port), timeout=timeout_s)
        self._stream = self._socket.makefile("rb")

    def close(self):
        self._stream.close()
        self._socket.close()

    def call(self, *words):
        encoded = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        request = b"*%d\r\n" % len(encoded)
        request += b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in encoded)
        self._socket.sendall(request)
        return self._read()

    def info(self, section):
        text = self.call("INFO", section).decode()
        pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
        return dict(pairs)

    def _read(self):
        line = self._stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            raise ReplyError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if rest == b"-1":
                return None
            return self._stream.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self._read() for _ in range(int(rest))]
        raise ConnectionError("not a RESP2 reply: %r" % line)


def wait_until_ready(port, process, timeout_s=20):
    """Returns a client as soon as the server answers PING; raises when it ended or stays silent."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode}: {process.args}")
        try:
            client = RespClient(port)
            client.call("PING")
            return client
        except ReplyError as error:
            if not str(error).startswith("LOADING"):
                raise
            time.sleep(0.01)
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("no answer on port %d: %s" % (port, process.args))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
