#!/usr/bin/env python3
"""payloads: values travel as DUMP payloads from redis-server to Redstart and back, and arrive as they were.

For every type and encoding, small and large, random from a seed: what one server dumps, the other restores;
then both tell the same DEBUG DIGEST-VALUE. Payloads of Redis versions before 7.0 (ziplists, zipmaps, lists of
strings) are made here and given to both. Broken payloads are refused by both, or accepted by both as the
same value.

  tests/interop/payloads.py [--seed N] [--rounds N] [--subject "CMD {port}"]
"""
import argparse
import random
import struct
import sys

from servers import comparable, Pair

POLYNOMIAL = 0x95AC9329AC4BC9B5
TABLE = []
for byte in range(256):
    crc = byte
    for _ in range(8):
        crc = crc >> 1 ^ (POLYNOMIAL if crc & 1 else 0)
    TABLE.append(crc)


def crc64(data):
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 255]
    return crc


def payload(body, version=10):
    body += struct.pack("<H", version)
    return body + struct.pack("<Q", crc64(body))


def rdb_string(data):
    if len(data) < 64:
        return bytes([len(data)]) + data
    if len(data) < 16384:
        return bytes([0x40 | len(data) >> 8, len(data) & 255]) + data
    return b"\x80" + struct.pack(">I", len(data)) + data


def ziplist(elements):
    """Integers and strings in all encodings that old versions wrote."""
    entries, before = b"", 0
    for element in elements:
        head = bytes([before]) if before < 254 else b"\xfe" + struct.pack("<I", before)
        if isinstance(element, int):
            if 0 <= element <= 12:
                body = bytes([0xF1 + element])
            elif -128 <= element < 128:
                body = b"\xfe" + struct.pack("<b", element)
            elif -32768 <= element < 32768:
                body = b"\xc0" + struct.pack("<h", element)
            elif -(1 << 23) <= element < 1 << 23:
                body = b"\xf0" + struct.pack("<i", element)[:3]
            elif -(1 << 31) <= element < 1 << 31:
                body = b"\xd0" + struct.pack("<i", element)
            else:
                body = b"\xe0" + struct.pack("<q", element)
        elif len(element) < 64:
            body = bytes([len(element)]) + element
        elif len(element) < 16384:
            body = bytes([0x40 | len(element) >> 8, len(element) & 255]) + element
        else:
            body = b"\x80" + struct.pack(">I", len(element)) + element
        last = 10 + len(entries)
        entries += head + body
        before = len(head + body)
    tail = last if elements else 10
    return struct.pack("<IIH", 11 + len(entries), tail, len(elements)) + entries + b"\xff"


def zipmap(pairs):
    def size(data):
        return bytes([len(data)]) if len(data) < 254 else b"\xfe" + struct.pack("<I", len(data))

    out = bytes([min(len(pairs), 254)])
    for field, value in pairs:
        out += size(field) + field + size(value) + b"\x00" + value
    return out + b"\xff"


class Payloads:
    def __init__(self, pair, rng):
        self.pair, self.rng, self.checked = pair, rng, 0

    def word(self, most=80):
        kind = self.rng.random()
        if kind < 0.3:
            return str(self.rng.choice([0, 1, -1, 127, -128, 128, 32768, 1 << 23, 1 << 31, 1 << 40, -(1 << 62)]
                                       + [self.rng.randrange(-1 << 20, 1 << 20)])).encode()
        if kind < 0.5:
            return b"a" * self.rng.randrange(1, most)
        return self.rng.randbytes(self.rng.randrange(0, most))

    def count(self):
        return self.rng.choice([1, 2, 5, 60, 127, 129, 513, 2000])

    def commands(self, key):
        """Commands that make a value of each type and encoding."""
        rng = self.rng
        words = [self.word(rng.choice([10, 60, 5000])) for _ in range(self.count())]
        yield ["SET", key, self.word(rng.choice([10, 100, 100000]))]
        yield ["RPUSH", key, *words]
        yield ["SADD", key, *words]
        yield ["SADD", key, *[rng.randrange(-rng.choice([100, 40000, 1 << 40]), 1 << 20) for _ in words]]
        yield ["HSET", key, *[w for word in words for w in (word, self.word())]]
        scores = ["1", "-3.25", "inf", "-inf", "1e300", "0.1", "17179869184"]
        yield ["ZADD", key, *[w for word in words for w in (rng.choice(scores), word)]]

    def streams(self):
        """A stream with removed entries and groups, made with the same commands on both servers."""
        rng, ms = self.rng, self.rng.randrange(1, 1 << 40)
        for _ in range(rng.choice([0, 1, 5, 250, 1200])):
            ms += rng.choice([0, 0, 1, 1000])
            fields = rng.choice([["a", "b"], ["a", "b"], ["a"], [str(rng.random())]])
            yield ["XADD", "k", f"{ms}-*", *[w for f in fields for w in (f, self.word())]]
        yield ["XADD", "k", f"{ms + 1}-1", "last", "1"]
        if rng.random() < 0.3:
            yield ["XTRIM", "k", "MAXLEN", rng.randrange(10)]
        yield ["XDEL", "k", f"{ms}-0", f"{ms + 1}-1"]
        for group in range(rng.randrange(3)):
            yield ["XGROUP", "CREATE", "k", f"group{group}", rng.choice(["0", "$"])]
            for consumer in range(rng.randrange(3)):
                yield ["XREADGROUP", "GROUP", f"group{group}", f"c{consumer}", "COUNT", rng.randrange(1, 50),
                       "STREAMS", "k", ">"]

    def stream_travel(self):
        for sender, receiver in (self.pair.both(), reversed(self.pair.both())):
            for server in self.pair.both():
                server.flushall()
            for command in self.streams():
                sender.execute_command(*command)
            receiver.restore("k", 0, sender.dump("k"))
            for question in (["XRANGE", "k", "-", "+"], ["XINFO", "STREAM", "k", "FULL", "COUNT", 0]):
                answers = [comparable(server.execute_command(*question)) for server in self.pair.both()]
                assert answers[0] == answers[1], f"{question}: {answers}"
            self.checked += 1

    def same(self, what, *keys):
        oracle = self.pair.oracle.execute_command("DEBUG", "DIGEST-VALUE", *keys)
        subject = self.pair.subject.execute_command("DEBUG", "DIGEST-VALUE", *keys)
        assert oracle == subject, f"{what}: {oracle} from redis-server, {subject} from Redstart"
        self.checked += 1

    def travel(self):
        for sender, receiver in (self.pair.both(), reversed(self.pair.both())):
            for command in self.commands("k"):
                for server in self.pair.both():
                    server.flushall()
                sender.execute_command(*command)
                receiver.restore("k", 0, sender.dump("k"))
                self.same(f"{command[0]} of {len(command) - 2} words", "k")
                encodings = [server.object("encoding", "k") for server in self.pair.both()]
                assert encodings[0] == encodings[1], f"{command[0]}: {encodings}"

    def old(self):
        words = [self.word(rng_size) for rng_size in (3, 60, 70, 300, 20000)]
        integers = [0, 12, 13, 127, -128, 200, -30000, 40000, -8000000, 1 << 30, -(1 << 31), 1 << 40]
        texts = sorted({*words, *(str(i).encode() for i in range(40))} - {b""})
        scored = [w for i, word in enumerate(texts) for w in (word, i * 3 - 5)]
        strings = b"".join(rdb_string(word) for word in texts)
        bodies = {
            "list": b"\x01" + bytes([len(texts)]) + strings,
            "list_ziplist": b"\x0a" + rdb_string(ziplist(words + integers)),
            "list_quicklist": b"\x0e\x02" + rdb_string(ziplist(words)) + rdb_string(ziplist(integers)),
            "zset_text_scores": b"\x03" + bytes([2]) + rdb_string(b"a") + b"\x04-1.5" + rdb_string(b"b") + b"\xfe",
            "zset_ziplist": b"\x0c" + rdb_string(ziplist(scored)),
            "hash_ziplist": b"\x0d" + rdb_string(ziplist([w for pair in zip(texts, texts) for w in pair])),
            "hash_zipmap": b"\x09" + rdb_string(zipmap([(w, w[::-1]) for w in texts])),
        }
        for name, body in bodies.items():
            for server in self.pair.both():
                server.restore("old", 0, payload(body), replace=True)
            self.same(name, "old")

    def broken(self):
        """Payloads with bytes changed, their checksum made right again."""
        for command in self.commands("k"):
            self.pair.oracle.flushall()
            self.pair.oracle.execute_command(*command)
            body = bytearray(self.pair.oracle.dump("k")[:-10])
            for _ in range(self.rng.randrange(1, 4)):
                body[self.rng.randrange(len(body))] = self.rng.randrange(256)
            if self.rng.random() < 0.3:
                del body[self.rng.randrange(1, len(body) + 1):]
            try:
                self.pair.subject.restore("b", 0, payload(bytes(body)), replace=True)
            except Exception as error:  # pylint: disable=broad-except
                assert "Bad data format" in str(error), error
            else:
                self.pair.subject.execute_command("DEBUG", "DIGEST-VALUE", "b")
            self.pair.subject.delete("b")
            self.checked += 1
        assert self.pair.subject.ping()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--subject", default=None)
    options = parser.parse_args()
    with Pair(options.subject) as pair:
        payloads = Payloads(pair, random.Random(options.seed))
        try:
            for _ in range(options.rounds):
                payloads.travel()
                payloads.stream_travel()
                payloads.old()
                payloads.broken()
        except BaseException:
            print(f"with --seed {options.seed}, after {payloads.checked} checks", file=sys.stderr)
            raise
    print(f"{payloads.checked} payloads, seed {options.seed}")


if __name__ == "__main__":
    main()
