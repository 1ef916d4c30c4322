#!/usr/bin/env python3
"""files: whole data sets travel as files from redis-server to Redstart and back, and arrive as they were.

One server is filled with every type and encoding, small and large, in several databases, with deadlines,
groups and function libraries, random from a seed. Its snapshot or its log is then loaded by both servers,
which must hold the same: keys, types, encodings, digests, deadlines, groups, functions. What Redstart wrote,
redis-check-rdb and redis-check-aof must find in order. The same for what redstart convert makes of these files.

With --groups the differential test fills both servers, group by group, and the files of both are compared.
Time stands still meanwhile: both servers read it from a file.

  tests/interop/files.py [--seed N] [--rounds N] [--groups] [--subject "CMD {port}"]
"""
import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

import redis
from payloads import Payloads
from servers import comparable, ORACLE, Pair, ROOT, SUBJECT

DIFFERENTIAL = ROOT / "build/release/tests/differential"
GROUPS = "string list hash set zset stream generic transactions bitmap hyperloglog geo scripting mixed".split()
COMMANDS_OF_A_GROUP = 20000
DATABASES = 4
NOW_US = 2_000_000_000_000_000
SNAPSHOT, LOG = "dump.rdb", "appendonlydir"
OLD_LOG = "appendonly.aof"  # in one file, as before Redis 7
LIBRARY = """#!lua name=lib{0}
redis.register_function('f{0}', function(keys, args) return redis.call('GET', keys[1]) end)
"""
APPENDING = ["--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"]


def stilled(command, clock):
    """The command, for a server whose time is in the file `clock`."""
    preload = DIFFERENTIAL / "libdifferential_preload.so"
    return (f"env LC_ALL=C DIFFERENTIAL_CLOCK={clock} ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD={preload} "
            + command)


def key_facts(server, keys):
    server.set_response_callback("OBJECT", lambda reply, **_: reply)
    pipeline = server.pipeline(transaction=False)
    for key in keys:
        pipeline.execute_command("TYPE", key)
        pipeline.execute_command("OBJECT", "ENCODING", key)
        pipeline.execute_command("PEXPIRETIME", key)
        pipeline.execute_command("DEBUG", "DIGEST-VALUE", key)
    replies = pipeline.execute()
    facts = {}
    for at, key in enumerate(keys):
        facts[key] = replies[at * 4 : at * 4 + 4]
        if facts[key][0] == b"stream":
            facts[key].append(comparable(server.execute_command("XINFO", "STREAM", key, "FULL", "COUNT", 0)))
    return facts


def await_expiry(server):
    """Until keys that have expired are gone: redis-server's DEBUG DIGEST still counts them, and no other command."""
    deadline = time.monotonic() + 30
    for db in range(DATABASES):
        client = redis.Redis(port=server.port, db=db, socket_timeout=60)
        while len(client.keys()) != client.dbsize():
            assert time.monotonic() < deadline, "keys that have expired stay"
            time.sleep(0.01)
        client.close()


def fingerprint(server):
    """Everything that a server holds, comparable."""
    facts = {"functions": sorted(map(repr, server.execute_command("FUNCTION", "LIST", "WITHCODE")))}
    for db in range(16):
        client = redis.Redis(port=server.port, db=db, socket_timeout=60)
        facts.update({(db, key): value for key, value in key_facts(client, sorted(client.keys())).items()})
        client.close()
    facts["digest"] = server.execute_command("DEBUG", "DIGEST")
    return facts


def same(ours, theirs):
    # SORT converts a sorted set in redis-server, and leaves it as it is in Redstart.
    if ours and theirs and ours[:2] == [b"zset", b"listpack"] and theirs[:2] == [b"zset", b"skiplist"]:
        return ours[2:] == theirs[2:]
    return ours == theirs


def difference(ours, theirs):
    for key in {**ours, **theirs}:
        if same(ours.get(key), theirs.get(key)):
            continue
        texts = [str(facts.get(key)) for facts in (theirs, ours)]
        at = len(os.path.commonprefix(texts))
        return f"{key}: {texts[0][max(0, at - 200):at + 200]} -- {texts[1][max(0, at - 50):at + 200]}"
    return None


def tool(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, words))}: {done.stdout[-2000:]} {done.stderr[-2000:]}"


class Files:
    def __init__(self, pair, rng, clock):
        self.pair, self.rng, self.clock, self.checked = pair, rng, clock, 0
        self.program = ROOT / "build/release/redstart"
        self.work = pathlib.Path(pair.oracle.directory).parent / "files"
        self.work.mkdir(exist_ok=True)

    # --- Filling

    def fill(self, server, prefix):
        payloads = Payloads(self.pair, self.rng)
        client = redis.Redis(port=server.port, db=self.rng.randrange(DATABASES), socket_timeout=60)
        pipeline = client.pipeline(transaction=False)
        deadline_ms = NOW_US // 1000 + 3_600_000
        for at, command in enumerate(payloads.commands("?")):
            command[1] = f"{prefix}:{at}"
            pipeline.execute_command(*command)
            if self.rng.random() < 0.3:
                pipeline.execute_command("PEXPIREAT", command[1], deadline_ms + self.rng.randrange(1 << 38))
        pipeline.execute()
        for command in payloads.streams():
            client.execute_command(*[f"{prefix}:stream" if word == "k" else word for word in command])
        transaction = client.pipeline(transaction=True)
        for at in range(3):
            transaction.execute_command("INCR", f"{prefix}:counter{at}")
        transaction.execute()
        client.execute_command("FUNCTION", "LOAD", "REPLACE", LIBRARY.format(self.rng.randrange(20)))
        client.close()

    def change(self, server, prefix):
        """Changes that a log writes otherwise than they were asked for."""
        client = redis.Redis(port=server.port, socket_timeout=60)
        client.execute_command("SADD", f"{prefix}:popped", *range(20))
        client.execute_command("SPOP", f"{prefix}:popped", 7)
        client.execute_command("SET", f"{prefix}:brief", "x", "EX", 1000)
        client.execute_command("GETEX", f"{prefix}:brief", "PX", 77_000_000)
        client.execute_command("SET", f"{prefix}:gone", "x", "PX", 1)
        client.execute_command("EVAL", "for i = 1, 5 do redis.call('RPUSH', KEYS[1], math.random()) end", 1,
                               f"{prefix}:drawn")
        client.execute_command("SETRANGE", f"{prefix}:range", 30, "end")
        client.execute_command("HINCRBYFLOAT", f"{prefix}:floats", "f", "0.1")
        client.execute_command("XADD", f"{prefix}:log", "*", "f", "v")
        client.execute_command("XGROUP", "CREATE", f"{prefix}:log", "g", "0")
        client.execute_command("XREADGROUP", "GROUP", "g", "c", "STREAMS", f"{prefix}:log", ">")
        client.execute_command("XACK", f"{prefix}:log", "g", "0-1")
        client.execute_command("SORT", f"{prefix}:popped", "STORE", f"{prefix}:sorted")
        client.close()

    # --- Travelling

    def stop(self):
        for server in self.pair.both():
            if server.process and server.process.poll() is None:
                server.stop()

    def empty(self, server):
        for name in (SNAPSHOT, LOG, OLD_LOG):
            path = server.directory / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def keep(self, server, name, kept):
        """Puts a file or directory of a server aside."""
        source, target = server.directory / name, self.work / kept
        if target.exists():
            shutil.rmtree(target) if target.is_dir() else target.unlink()
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
        return target

    def arrive(self, what, files, name, written=None):
        """Both servers load `files`; what they hold then must be the same.

        `written`: what redis-server held when it wrote its log. What it does not find again itself is not compared: it
        logs SORT ... STORE as it was called, whose order may depend on how a hash table happens to lie.
        """
        facts = {}
        for server in self.pair.both():
            self.empty(server)
            target = server.directory / name
            shutil.copytree(files, target) if files.is_dir() else shutil.copy(files, target)
            (target / ".redstart.lock").unlink(missing_ok=True) if files.is_dir() else None
            server.start(*(APPENDING if name != SNAPSHOT else ["--appendonly", "no"]))
            await_expiry(server)
            facts[server] = fingerprint(server)
            server.stop()
        assert len(facts[self.pair.oracle]) > 2, f"{what}: nothing arrived"
        vague = {key for key, value in facts[self.pair.oracle].items() if written and written.get(key) != value}
        if vague:
            vague.add("digest")
        compared = [{key: value for key, value in facts[server].items() if key not in vague}
                    for server in (self.pair.subject, self.pair.oracle)]
        parted = difference(*compared)
        assert not parted, f"{what}, in redis-server -- in Redstart: {parted}"
        self.checked += 1
        return facts[self.pair.oracle]

    def snapshot(self, sender, *options):
        """The snapshot of what a server was filled with, and what it held."""
        self.empty(sender)
        sender.start("--appendonly", "no", *options)
        for at in range(2):
            self.fill(sender, f"a{at}")
            self.change(sender, f"b{at}")
        sender.execute_command("SAVE")
        sender.stop()
        return self.keep(sender, SNAPSHOT, SNAPSHOT)

    def snapshots(self):
        for sender in self.pair.both():
            for options in ([], ["--rdbcompression", "no"], ["--rdbchecksum", "no"]):
                files = self.snapshot(sender, *options)
                tool("redis-check-rdb", files)
                self.arrive(f"the snapshot of {sender.command} with {options}", files, SNAPSHOT)

    def log(self, sender, *options):
        """The log of what a server did, some of it behind a rewrite, and behind its being loaded again."""
        self.empty(sender)
        sender.start(*APPENDING, *options)
        self.fill(sender, "a")
        self.change(sender, "b")
        sender.execute_command("BGREWRITEAOF")
        while sender.info("persistence")["aof_rewrite_in_progress"]:
            pass
        self.fill(sender, "c")
        before = fingerprint(sender)
        sender.execute_command("DEBUG", "LOADAOF")
        self.as_wanted(f"DEBUG LOADAOF of {sender.command}", before, fingerprint(sender), is_exact=False)
        self.change(sender, "d")
        before = fingerprint(sender)
        sender.stop()
        return self.keep(sender, LOG, LOG), before

    def logs(self):
        for sender in self.pair.both():
            for preamble in ("yes", "no"):
                files, before = self.log(sender, "--aof-use-rdb-preamble", preamble)
                tool("redis-check-aof", files / "appendonly.aof.manifest")
                what = f"the log of {sender.command} with aof-use-rdb-preamble {preamble}"
                after = self.arrive(what, files, LOG)
                self.as_wanted(f"{what}, after a restart of {sender.command}", before, after, is_exact=False)
                self.arrive(f"{what}, in one file", self.one_file(files), OLD_LOG)

    def one_file(self, files):
        """The log as it was before Redis 7: its base, and behind it what followed."""
        old = self.work / OLD_LOG
        names = [line.split()[1] for line in (files / "appendonly.aof.manifest").read_text().splitlines()]
        old.write_bytes(b"".join((files / name).read_bytes() for name in names))
        return old

    # --- Conversions

    def convert(self, *words):
        tool(self.program, "convert", "--force", *words)
        return pathlib.Path(words[1])

    def conversions(self):
        """What redstart convert makes of a snapshot and of a log holds the same."""
        rdb = self.snapshot(self.pair.oracle)
        tool(self.program, "check", rdb)
        wanted = self.arrive("a snapshot", rdb, SNAPSHOT)
        lines = self.convert(rdb, self.work / "lines.jsonl")
        for name, made in (("JSON lines", self.convert(lines, self.work / "lines.rdb")),
                           ("a snapshot", self.convert(rdb, self.work / "again.rdb"))):
            tool("redis-check-rdb", made)
            self.as_wanted(f"a snapshot of {name}", wanted, self.arrive(f"a snapshot of {name}", made, SNAPSHOT))
        log = self.work / "converted"
        shutil.rmtree(log, ignore_errors=True)
        self.convert(lines, log, "--to-format", "log")
        tool("redis-check-aof", log / "appendonly.aof.manifest")
        self.as_wanted("a log of JSON lines", wanted, self.arrive("a log of JSON lines", log, LOG))
        back = self.convert(log, self.work / "log.rdb")
        self.as_wanted("a snapshot of a log", wanted, self.arrive("a snapshot of a log", back, SNAPSHOT))
        commands = self.convert(rdb, self.work / "commands.resp")
        executed = self.convert(commands, self.work / "executed.rdb")
        arrived = self.arrive("executed commands", executed, SNAPSHOT)
        self.as_wanted("executed commands", wanted, arrived, is_exact=False)
        for server in self.pair.both():
            self.empty(server)
            server.start("--appendonly", "no")
            with open(commands, "rb") as piped:
                done = subprocess.run(["redis-cli", "-p", str(server.port), "--pipe"], stdin=piped, capture_output=True,
                                      text=True, check=False)
            assert "errors: 0" in done.stdout, f"redis-cli --pipe: {done.stdout}{done.stderr}"
            self.as_wanted(f"commands piped into {server.command}", wanted, fingerprint(server), is_exact=False)
            server.stop()

    def as_wanted(self, what, wanted, facts, is_exact=True):
        def essence(facts):  # commands say nothing of encodings and of when consumers were last seen
            return {key: [value[0], value[2], value[3]] if isinstance(key, tuple) else value
                    for key, value in facts.items()}
        parted = difference(facts, wanted) if is_exact else difference(essence(facts), essence(wanted))
        assert not parted, f"{what}, wanted -- found: {parted}"
        self.checked += 1

    # --- Random commands

    def group(self, group):
        for server in self.pair.both():
            self.empty(server)
            server.start(*APPENDING)
        done = subprocess.run(
            [DIFFERENTIAL / "differential", "--oracle", f"127.0.0.1:{self.pair.oracle.port}", "--subject",
             f"127.0.0.1:{self.pair.subject.port}", "--group", group, "--count", str(COMMANDS_OF_A_GROUP),
             "--seed", str(self.rng.randrange(1 << 30)), "--clock", self.clock, "--allowed",
             ROOT / "tests/differential/allowed_differences.txt"],
            capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"the differential test of {group}: {done.stdout[-3000:]}{done.stderr[-1000:]}"
        written = fingerprint(self.pair.oracle)
        kept = []
        for server in self.pair.both():
            server.execute_command("SAVE")
            server.stop()
            for name in (SNAPSHOT, LOG):
                kept.append((server, self.keep(server, name, f"{server.port}-{name}"), name))
        for server, files, name in kept:
            is_own_log = server is self.pair.oracle and name == LOG
            self.arrive(f"{name} of {server.command} after the group {group}", files, name,
                        written if is_own_log else None)


def write_clock(path):
    path.write_bytes(NOW_US.to_bytes(8, "little"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--groups", nargs="*", choices=GROUPS, help="all of them when none is named")
    parser.add_argument("--subject", default=SUBJECT)
    options = parser.parse_args()
    pair = Pair()
    clock = pathlib.Path(pair.oracle.directory).parent / "clock"
    write_clock(clock)
    pair.oracle.command = stilled(ORACLE + " --hz 500", clock)
    pair.subject.command = stilled(options.subject, clock)
    files = Files(pair, random.Random(options.seed), clock)
    try:
        for _ in range(options.rounds):
            files.snapshots()
            files.logs()
            files.conversions()
        if options.groups is not None:
            for group in options.groups or GROUPS:
                files.group(group)
    except BaseException:
        print(f"with --seed {options.seed}, after {files.checked} files", file=sys.stderr)
        if "INTEROP_KEEP" in os.environ:
            shutil.copytree(files.work.parent, os.environ["INTEROP_KEEP"], dirs_exist_ok=True)
        raise
    finally:
        files.stop()
    print(f"{files.checked} files, seed {options.seed}")


if __name__ == "__main__":
    main()
