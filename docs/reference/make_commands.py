#!/usr/bin/env python3
"""Makes docs/reference/commands.md out of what the server says of its commands (COMMAND DOCS).

  docs/reference/make_commands.py                  writes the page
  docs/reference/make_commands.py --check          says whether the page is up to date
  ... --program build/release/redstart             another program than that one
"""
import argparse
import difflib
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reference/commands.md"
# In the order of the page.
TITLES = {
    "string": "Strings", "bitmap": "Bitmaps", "hyperloglog": "HyperLogLog", "hash": "Hashes", "list": "Lists",
    "set": "Sets", "sorted-set": "Sorted sets", "geo": "Geo", "stream": "Streams", "generic": "Keys",
    "transactions": "Transactions", "scripting": "Scripts and functions", "pubsub": "Messages",
    "connection": "Connection", "server": "Server", "cluster": "Cluster",
}
INTRODUCTION = """# Commands

What Redstart knows: {names} commands, {calls} with subcommands counted one by one. They take the arguments and give the
replies of Redis 7.0.15; [compatibility.md](../compatibility.md) lists the differences and what is missing. The same
commands run in an embedded store and behind a socket; those marked † are about sessions, and a client that is shared
by many callers refuses them in favour of `dedicated()`, `pipeline()` and `transaction()`.

The server describes its commands itself: `COMMAND DOCS`, `COMMAND INFO`, `COMMAND GETKEYS`, and `HELP` of those with
subcommands. `docs/reference/make_commands.py` makes this page of what it says.
"""


class Connection:
    """Just enough of RESP3 to ask a server something."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rb")

    def call(self, *words):
        encoded = b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words)
        self.socket.sendall(b"*%d\r\n%s" % (len(words), encoded))
        return self.read()

    def read(self):
        line = self.stream.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:].decode()
        if kind == b"-":
            raise RuntimeError(rest)
        if kind == b"$":
            return self.stream.read(int(rest) + 2)[:-2].decode()
        if kind in b"*~":
            return [self.read() for _ in range(int(rest))]
        if kind == b"%":
            return {self.read(): self.read() for _ in range(int(rest))}
        return int(rest) if kind == b":" else rest


def ask_server(program):
    """COMMAND DOCS of a server that lives for the question."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "socket")
        server = subprocess.Popen([program, "serve", "--port", "0", "--unixsocket", path, "--dir", directory],
                                  stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 20
            while not os.path.exists(path):
                if server.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"{program} does not serve")
                time.sleep(0.02)
            connection = Connection(path)
            connection.call("HELLO", "3")
            return connection.call("COMMAND", "DOCS")
        finally:
            server.terminate()
            server.wait()


def session_commands():
    """Those that a shared client refuses."""
    text = (ROOT / "src/client/session_commands.cc").read_text()
    names = re.search(r"kSessionNames\[\] = \{(.*?)\};", text, re.DOTALL).group(1)
    return set(re.findall(r'"(\w+)"', names))


def value_of(argument):
    kind = argument["type"]
    if kind == "pure-token":
        return "" if argument["token"] else '""'
    if kind == "oneof":
        return " | ".join(syntax_of(child) for child in argument["arguments"])
    if kind == "block":
        return sequence(argument["arguments"])
    return argument["name"]


def once(argument):
    parts = [argument.get("token", ""), value_of(argument)]
    # Alternatives behind a token or beside others belong together.
    if argument["type"] == "oneof" and ("optional" not in argument.get("flags", []) or parts[0]):
        parts[1] = f"<{parts[1]}>"
    return " ".join(part for part in parts if part)


def syntax_of(argument):
    flags = argument.get("flags", [])
    text = once(argument)
    if "multiple" in flags:
        again = text if "multiple_token" in flags else value_of(argument)
        text += f" [{again} ...]"
    return f"[{text}]" if "optional" in flags else text


def sequence(arguments):
    return " ".join(syntax_of(argument) for argument in arguments)


def calls_of(docs):
    """Name and description of every command that can be called; subcommands instead of their container."""
    for name, description in docs.items():
        if "subcommands" in description:
            yield from calls_of(description["subcommands"])
        else:
            yield name.replace("|", " ").upper(), description


def row_of(name, description, is_session):
    cell = f"`{' '.join(filter(None, [name, sequence(description.get('arguments', []))]))}`"
    what = description["summary"].rstrip(".") + "."
    if "replaced_by" in description:
        what += f" Older form of `{description['replaced_by']}`."
    cells = [cell + (" †" if is_session else ""), what, description.get("complexity", "")]
    return "| " + " | ".join(text.replace("|", "\\|") for text in cells) + " |"


def page_of(docs):
    sessions = session_commands()
    calls = sorted(calls_of(docs))
    page = INTRODUCTION.format(names=len(docs), calls=len(calls))
    groups = {description["group"] for _, description in calls}
    unknown = groups - TITLES.keys()
    if unknown:
        sys.exit(f"make_commands.py knows no title for the groups {sorted(unknown)}")
    for group, title in TITLES.items():
        if group not in groups:
            continue
        page += f"\n## {title}\n\n| Command | What it does | What it costs |\n|---|---|---|\n"
        for name, description in calls:
            if description["group"] == group:
                page += row_of(name, description, name.lower() in sessions) + "\n"
    return page


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--program", default=str(ROOT / "build/release/redstart"))
    options = parser.parse_args()
    page = page_of(ask_server(options.program))
    if not options.check:
        PAGE.write_text(page)
        return 0
    old = PAGE.read_text()
    difference = difflib.unified_diff(old.splitlines(), page.splitlines(), str(PAGE.relative_to(ROOT)),
                                      "what the server says", lineterm="", n=0)
    for line in difference:
        print(line)
    if old != page:
        print("docs/reference/make_commands.py writes it anew")
    return 0 if old == page else 1


sys.exit(main())
