#!/usr/bin/env python3
"""old_snapshots: what Redis wrote before 7.0, and what 7.2 writes, arrives in Redstart as redis-server reads it.

Snapshots of the versions 1 to 11 are made here, with every type, encoding and code that a Redis of that version knows,
and loaded by both servers, which must hold the same then: keys, types, encodings, digests, deadlines, groups. What 7.2
alone knows redis-server gets in the words of 7.0. Damaged ones are refused by both.

  tests/interop/old_snapshots.py [--subject "CMD {port}"]
"""
import argparse
import functools
import struct
import subprocess

from files import difference, fingerprint, SNAPSHOT
from rdb_writer import (integer_string, intset, length, listpack, lzf_string, snapshot, stream, stream_node, string,
                        ziplist, zipmap)
from servers import Pair, ROOT, SUBJECT

NEWEST_OF_ORACLE = 10
INTEGERS = [0, 12, 13, -1, 127, -128, 128, 4095, -4096, 4096, 32767, -32768, 32768, (1 << 23) - 1, -(1 << 23), 1 << 23,
            (1 << 31) - 1, -(1 << 31), 1 << 31, (1 << 63) - 1, -(1 << 63)]
# Around the sizes at which the heads of entries, and of what stands behind them, grow.
TEXTS = [b"007", b"", b"-0", b"9" * 30] + [bytes([97 + at]) * size for at, size in enumerate(
    (1, 62, 63, 64, 248, 249, 250, 251, 252, 253, 254, 255, 256, 4095, 4096, 16383, 16384, 20000))]
ELEMENTS = [word for pair in zip(TEXTS, INTEGERS) for word in pair] + INTEGERS[len(TEXTS):] + TEXTS[len(INTEGERS):]
SMALL = [b"", b"007", 0, 12, 13, -1, 300, 70000, 1 << 25, 1 << 40, b"a" * 64]
MANY = [b"m%d" % at for at in range(600)]
PAST_S, FUTURE_S = 1_000_000_000, 2_000_000_000
LIBRARY = b"#!lua name=lib\nredis.register_function('f', function(keys, args) return #keys end)"


def text(element):
    return b"%d" % element if isinstance(element, int) else element


def pairs_of(elements):
    return [word for at, element in enumerate(elements) for word in (element, elements[-1 - at])]


def scored(elements):
    """Members and scores as a packed sorted set holds them: integers if they are, else their text."""
    scores = [b"-inf", -(1 << 40), b"-1.5", 0, 0, b"0.10000000000000001", 1, 300, b"1e+300", b"inf"]
    order = [scores[at * len(scores) // len(elements)] for at in range(len(elements))]
    by_score = sorted(zip(map(lambda score: float(text(score)), order), map(text, elements), elements, order),
                      key=lambda one: one[:2])
    return [word for _, _, element, score in by_score for word in (element, score)]


def text_score(score):
    special = {b"inf": b"\xfe", b"-inf": b"\xff"}
    return special.get(score) or bytes([len(text(score))]) + text(score)


def each(kind, words):
    return bytes([kind]) + length(len(words)) + b"".join(words)


def strings():
    yield 1, "text", b"\x00" + string(b"text")
    yield 1, "empty", b"\x00\x00"
    for at, value in enumerate(value for value in INTEGERS if -(1 << 31) <= value < 1 << 31):
        yield 1, f"integer{at}", b"\x00" + integer_string(value)
    yield 1, "length14", b"\x00" + string(b"y" * 40, 14)
    yield 1, "length32", b"\x00" + string(b"x" * 40, 32)
    yield 8, "length64", b"\x00" + string(b"x" * 40, 64)
    yield 1, "lzf", b"\x00" + lzf_string(b"abc" * 40 + b"plain" + b"z" * 1000 + bytes(range(256)) * 40)
    yield 1, "large", b"\x00" + string(b"large" * 40000)


def collections():
    yield 1, "list", each(1, [string(text(element)) for element in ELEMENTS])
    yield 1, "list:integers", each(1, [integer_string(at * 1000) for at in range(600)] + [lzf_string(b"l" * 500)])
    yield 1, "set", each(2, [string(text(element)) for element in ELEMENTS])
    yield 1, "set:integers", each(2, [integer_string(at) for at in range(513)])
    yield 1, "zset:text", each(3, [string(text(one)) + text_score(score) for one, score in zip(
        scored(ELEMENTS)[::2], scored(ELEMENTS)[1::2])])
    pairs = [string(text(word)) for word in pairs_of(ELEMENTS)]
    yield 1, "hash", each(4, [pairs[at] + pairs[at + 1] for at in range(0, len(pairs), 2)])
    yield 8, "zset", each(5, [string(text(one)) + struct.pack("<d", float(text(score))) for one, score in zip(
        scored(ELEMENTS)[::2], scored(ELEMENTS)[1::2])])
    yield 8, "zset:zeros", each(5, [string(b"%d" % at) + struct.pack("<d", -0.0) for at in range(3)])


def zipmaps():
    fields = [text(element) for element in SMALL]
    yield 2, "zipmap", b"\x09" + string(zipmap(list(zip(fields, fields[::-1]))))
    yield 2, "zipmap:unused", b"\x09" + string(zipmap(list(zip(fields, fields)), unused=4))
    for count in (1, 253, 254, 255, 600):
        yield 2, f"zipmap:{count}", b"\x09" + string(zipmap([(word, word) for word in MANY[:count]]))
    yield 2, "zipmap:large", b"\x09" + lzf_string(zipmap([(word, word[::-1]) for word in map(text, ELEMENTS)], 2))


def ziplists():
    for name, elements in (("small", SMALL), ("edges", ELEMENTS), ("integers", INTEGERS), ("many", MANY)):
        for wide_from in (254, 0):
            tag = name if wide_from else name + ":wide"
            yield 4, f"list10:{tag}", b"\x0a" + string(ziplist(elements, wide_from))
            yield 4, f"zset12:{tag}", b"\x0c" + string(ziplist(scored(elements), wide_from))
            yield 4, f"hash13:{tag}", b"\x0d" + string(ziplist(pairs_of(elements), wide_from))
            halves = [elements[::2], elements[1::2], []]
            yield 7, f"list14:{tag}", each(14, [string(ziplist(half, wide_from)) for half in halves])
    uncounted = ziplist([b"m%d" % at for at in range(70000)])  # more than its count can tell
    yield 4, "list10:uncounted", b"\x0a" + string(uncounted)
    yield 7, "list14:uncounted", each(14, [string(uncounted)])
    for width, values in ((2, [-32768, 0, 5, 32767]), (4, [-(1 << 31), 7, 1 << 30]), (8, INTEGERS)):
        yield 2, f"intset:{width}", b"\x0b" + string(intset(values, width))
    yield 2, "intset:many", b"\x0b" + lzf_string(intset(list(range(700)), 4))


def streams():
    entries = [((1000, 0), [(b"f", b"v"), (b"g", 7)], True), ((1000, 5), [(b"f", b""), (b"g", b"w" * 300)], False),
               ((1001, 0), [(b"other", 1 << 40)], False), ((2000, 1), [(b"f", -1), (b"g", 4096)], True),
               ((2000, 9), [(b"f", 1), (b"g", 2)], False)]
    later = [((3000, 0), [(b"h", b"x")], False)]
    nodes = [stream_node((1000, 0), [b"f", b"g"], entries), stream_node((3000, 0), [b"h"], later)]
    pending = [((1000, 5), 1_600_000_000_000, 3), ((2000, 1), 1_600_000_000_001, 1),
               ((3000, 0), 1_600_000_000_002, 200)]
    consumers = [(b"", 1_600_000_000_000, [(3000, 0), (1000, 5)]), (b"two", 1_700_000_000_000, [(2000, 1)]),
                 (b"idle", 1_500_000_000_000, [])]
    groups = [(b"all", (3000, 0), 6, pending, consumers), (b"new", (0, 0), 0, [], []),
              (b"middle", (1001, 0), 3, [], []), (b"ahead", (9000, 0), 6, [], [])]
    facts = (4, (4000, 0), (1000, 5), (3500, 0), 7)
    empty = (0, (5, 5), (0, 0), (5, 5), 3)
    for since, kind, oracle_kind in ((9, 15, 15), (10, 19, 19), (11, 21, 19)):
        yield (since, f"stream:{kind}", *(bytes([of]) + stream(of, nodes, facts, groups) for of in (kind, oracle_kind)))
        yield (since, f"stream:{kind}:empty", *(bytes([of]) + stream(of, [], empty, [(b"g", (5, 5), 3, [], [])])
                                                for of in (kind, oracle_kind)))


def listpacks():
    for name, elements in (("small", SMALL), ("edges", ELEMENTS), ("many", MANY)):
        yield 10, f"hash16:{name}", b"\x10" + string(listpack(pairs_of(elements)))
        yield 10, f"zset17:{name}", b"\x11" + string(listpack(scored(elements)))
        yield 10, f"list18:{name}", each(18, [b"\x02" + string(listpack(elements)), b"\x01" + string(b"plain" * 3000),
                                              b"\x02" + string(listpack(elements[:3]))])
        yield (11, f"set20:{name}", b"\x14" + string(listpack(elements)),
               each(2, [string(text(element)) for element in elements]))


@functools.cache
def values():
    """(first version, name, type and value, the same for a server that knows 10 at most)"""
    makers = (strings, collections, zipmaps, ziplists, streams, listpacks)
    return [(since, name.encode(), bodies[0], bodies[-1]) for make in makers for since, name, *bodies in make()]


def key(name, body, said=b""):
    return said + body[:1] + string(name) + body[1:]


def parts(version, for_oracle=False):
    if version >= 7:
        for name, value in ((b"redis-ver", b"3.2.0"), (b"redis-bits", b"\xc0\x40"), (b"ctime", b"\xc2" + b"\0\0\0\x60"),
                            (b"unheard-of", b""), (b"lua", b"return 1")):
            yield b"\xfa" + string(name) + (value if value[:1] in b"\xc0\xc2" and value else string(value))
    if version >= 10:
        yield b"\xf5" + string(LIBRARY)
    known = [(name, bodies[for_oracle]) for since, name, *bodies in values() if since <= version]
    yield b"\xfe\x00" + (b"\xfb" + length(len(known)) + length(0) if version >= 7 else b"")
    for name, body in known:
        yield key(name, body)
    yield b"\xfe\x0f"
    text_body = b"\x00" + string(b"v")
    yield key(b"seconds", text_body, b"\xfd" + struct.pack("<i", FUTURE_S))
    yield key(b"", text_body)
    yield key(b"past", text_body, b"\xfd" + struct.pack("<i", PAST_S))
    yield key(b"before 1970", text_body, b"\xfd" + struct.pack("<i", -5))
    if version >= 3:
        yield key(b"milliseconds", text_body, b"\xfc" + struct.pack("<q", FUTURE_S * 1000 + 1))
        yield key(b"past milliseconds", text_body, b"\xfc" + struct.pack("<q", PAST_S * 1000))
    if version >= 9:
        yield key(b"idle", text_body, b"\xf8" + length(5000))
        yield key(b"both", text_body, b"\xfc" + struct.pack("<q", FUTURE_S * 1000) + b"\xf9\x63")
    yield key(b"nothing in it", b"\x01\x00")
    yield key(b"the last", text_body)


def damaged():
    """(what, the file, what Redstart says of it)"""
    whole = snapshot(9, parts(7))
    body = key(b"k", b"\x00" + string(b"v"))
    yield "no snapshot", b"RODIS" + whole[5:], "does not begin with REDIS"
    yield "version 0", snapshot(0, [body]), "version 0 of the format"
    yield "version 9999", snapshot(9999, [body]), "version 9999 of the format"
    yield "a checksum", whole[:-1] + bytes([whole[-1] ^ 1]), "checksum"
    for at in range(1, 8):
        yield f"an end at {at}/8", whole[:len(whole) * at // 8], "ends in the middle"
    yield "no end", snapshot(9, [body])[:-9], "ends in the middle"
    yield "a type", snapshot(9, [b"\x08" + body[1:]]), "unknown type 8"
    yield "a length", snapshot(9, [b"\x00\x01k\x83v"]), "a length was expected"
    yield "an encoding", snapshot(9, [b"\x00\x01k\xc4v"]), "unknown encoding"
    yield "a database", snapshot(9, [b"\xfe\x10" + body]), "only 16"
    yield "a key twice", snapshot(9, [body, body]), "twice"
    module = length(0x0123456789ABCD00 >> 6, 64)
    yield "a module's value", snapshot(8, [b"\x07\x01k" + module + b"\x00"]), "a value of a module"
    yield "a module's old value", snapshot(8, [b"\x06\x01k" + module + b"\x00"]), "a value of a module"
    yield "a module's data", snapshot(9, [b"\xf7" + module + b"\x02\x01\x00"]), "data of a module"
    library = b"\xf5" + string(b"#!lua name=x\nnonsense(")
    yield "a library", snapshot(10, [library]), "library of functions cannot be loaded"
    blobs = {"list": (10, ziplist(SMALL)), "zset": (12, ziplist(scored(SMALL))), "hash": (13, ziplist(pairs_of(SMALL)))}
    for what, (kind, blob) in blobs.items():
        yield f"a size of a {what}", damaged_at(kind, blob, 0), "broken ziplist"
        yield f"a tail of a {what}", damaged_at(kind, blob, 4), "broken ziplist"
        yield f"a count of a {what}", damaged_at(kind, blob, 8), "broken ziplist"
        yield f"a size before of a {what}", damaged_at(kind, blob, 10), "broken ziplist"
    yield "a zipmap", damaged_at(9, zipmap([(b"f", b"v"), (b"g", b"w")]), 0), "broken zipmap"


def damaged_at(kind, blob, at):
    return snapshot(9, [key(b"k", bytes([kind]) + string(blob[:at] + bytes([blob[at] ^ 3]) + blob[at + 1:]))])


class OldSnapshots:
    def __init__(self, pair):
        self.pair, self.checked = pair, 0

    def load(self, server, data):
        (server.directory / SNAPSHOT).write_bytes(data)
        return server.start("--appendonly", "no")

    def arrives(self, version):
        facts = []
        data = snapshot(version, parts(version), version % 2 == 1)
        known = data if version <= NEWEST_OF_ORACLE else snapshot(NEWEST_OF_ORACLE, parts(version, True), False)
        for server in self.pair.both():
            self.load(server, known if server is self.pair.oracle else data)
            facts.append(fingerprint(server))
            server.stop()
        for at in facts[0]:
            if isinstance(at, tuple) and b"edges" in at[1]:  # redis-server leaves packed what is too long to be
                facts[0][at][1] = facts[1][at][1]
            if at == (0, b"stream:15:empty"):  # whose first id is none; redis-server says the greatest
                info = facts[0][at][4]
                info[info.index(b"recorded-first-entry-id") + 1] = b"0-0"
        expected = {name for since, name, *_ in values() if since <= version}
        found = {name for db, name in (at for at in facts[0] if isinstance(at, tuple)) if db == 0}
        assert found == expected, f"version {version} in redis-server: {found ^ expected}"
        parted = difference(facts[1], facts[0])
        assert not parted, f"version {version}, in redis-server -- in Redstart: {parted}"
        self.checked += 1

    def is_refused(self, what, data, text_of_subject, servers):
        for server in servers:
            (server.directory / "log").unlink(missing_ok=True)
            try:
                self.load(server, data)
            except RuntimeError as error:
                said = str(error)
            else:
                raise AssertionError(f"{what}: {server.command} has loaded it")
            assert server is self.pair.oracle or text_of_subject in said, f"{what}: {said}"
        checked = subprocess.run([ROOT / "build/release/redstart", "check", servers[-1].directory / SNAPSHOT],
                                 capture_output=True, text=True, check=False)
        said = checked.stdout + checked.stderr
        is_found = checked.returncode == 1 and text_of_subject in said
        # More databases are no damage: check says which directive it takes.
        assert is_found or "only with the directive databases" in said, f"{what}: {checked}"
        self.checked += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subject", default=SUBJECT)
    options = parser.parse_args()
    pair = Pair(options.subject)
    old = OldSnapshots(pair)
    try:
        for version in range(1, 12):
            old.arrives(version)
        for what, data, said in damaged():
            old.is_refused(what, data, said, pair.both())
        release_candidate = snapshot(10, [b"\xf6" + string(b"lib") + string(b"LUA") + b"\x00" + string(LIBRARY[15:])])
        old.is_refused("a library of a release candidate", release_candidate, "release candidates", [pair.subject])
    finally:
        for server in pair.both():
            if server.process.poll() is None:
                server.stop(kill=True)
    print(f"{old.checked} old snapshots")


if __name__ == "__main__":
    main()
