#!/usr/bin/env python3
"""crashes: a store is killed under load, again and again, and must have every write that it acknowledged.

With kill -9 the process is gone at once and the system keeps what it was given, so nothing may be missing with
appendfsync always nor with everysec. Between the kills the log is rewritten. After the last one the log must be one
that redis-check-aof accepts.

  tests/crashes/crashes.py [--rounds N] [--seed N] [--program PATH] [--load PATH]
"""
import argparse
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
ANSWER_S_MAX = 60
LINES_MAX = 4000


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class KilledServer:
    """A server is killed."""

    def __init__(self, options, directory, fsync):
        self.directory, self.port = directory, free_port()
        self.words = [options.program, "serve", "--port", str(self.port), "--dir", str(directory), "--appendonly",
                      "yes", "--appendfsync", fsync]
        self.url = f"redis://127.0.0.1:{self.port}"
        self.process = None
        self.log = directory / "log"

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.words, stdout=log, stderr=log)
        deadline = time.monotonic() + ANSWER_S_MAX
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server does not start: " + self.log.read_text()[-3000:])
            time.sleep(0.02)
        return self

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.settimeout(ANSWER_S_MAX)
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def kill(self, writer):
        self.process.kill()
        self.process.wait()
        writer.kill()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class KilledProgram:
    """The process that writes is killed, which has the store in it."""

    def __init__(self, _, directory, fsync):
        self.directory = directory
        self.url = ("synced:" if fsync == "always" else "file:") + str(directory)

    def __enter__(self):
        return self

    def kill(self, writer):
        writer.kill()

    def __exit__(self, *_):
        pass


def write_until_killed(options, store, lines_wanted):
    """What was acknowledged before the end."""
    told = b""
    log = store.directory / "load.log"
    with open(log, "wb") as errors, subprocess.Popen([options.load, "write", store.url], stdout=subprocess.PIPE,
                                                     stderr=errors) as writer:
        lines = 0
        while lines < lines_wanted:
            part = os.read(writer.stdout.fileno(), 1 << 16)
            if not part:
                raise RuntimeError(f"the load ended by itself with {writer.wait()}, after {lines} steps: "
                                   + log.read_text())
            told += part
            lines += part.count(b"\n")
        store.kill(writer)
        told += writer.stdout.read()
    return told


def check(options, store, told):
    done = subprocess.run([options.load, "check", store.url], input=told, capture_output=True, timeout=600, check=False)
    if done.returncode != 0:
        raise AssertionError(f"writes are missing: {done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout.decode()


def check_log(directory):
    manifest, = directory.rglob("*.manifest")
    done = subprocess.run(["redis-check-aof", manifest], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"redis-check-aof: {done.stdout[-2000:]}{done.stderr[-1000:]}")


def run(options, rng, kind, fsync):
    with tempfile.TemporaryDirectory(prefix="redstart-crashes-") as name:
        directory = pathlib.Path(name)
        told, report = b"", ""
        for at in range(options.rounds):
            try:
                with kind(options, directory, fsync) as store:
                    if at > 0:
                        check(options, store, told)
                    told += write_until_killed(options, store, rng.randrange(1, LINES_MAX))
                with kind(options, directory, fsync) as store:
                    report = check(options, store, told)
            except BaseException:
                kept = pathlib.Path(tempfile.mkdtemp(prefix="redstart-crashes-kept-"))
                subprocess.run(["cp", "-r", f"{directory}/.", kept], check=False)
                print(f"{kind.__name__}, {fsync}, round {at}: the files are in {kept}", file=sys.stderr)
                raise
        check_log(directory)
        steps = sum(map(int, re.findall(r"(\d+) acknowledged", report)))
    print(f"{kind.__doc__} appendfsync {fsync}: {options.rounds} kills, {steps} steps, all there")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--program", default=ROOT / "build/release/redstart")
    parser.add_argument("--load", default=ROOT / "build/release/tests/crashes/crash_load")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    rng = random.Random(options.seed)
    for kind in (KilledServer, KilledProgram):
        for fsync in ("always", "everysec"):
            run(options, rng, kind, fsync)


if __name__ == "__main__":
    main()
