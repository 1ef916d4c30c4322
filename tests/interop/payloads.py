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
import sys

import redis
from rdb_writer import intset, payload, string, ziplist, zipmap
from servers import comparable, Pair


def small_bodies():
    """So small that most changed bytes are of their form, not of their texts."""
    flat = [b"", b"a", 5, b"b", 300, b"cc", 1 << 40, b"x" * 260]
    return {
        "small list_ziplist": b"\x0a" + string(ziplist(flat)),
        "small list_quicklist": b"\x0e\x02" + string(ziplist(flat[:4])) + string(ziplist(flat[4:])),
        "small zset_ziplist": b"\x0c" + string(ziplist([b"a", -2, b"", 0, 17, b"0.5"])),
        "small hash_ziplist": b"\x0d" + string(ziplist(flat)),
        "small hash_zipmap": b"\x09" + string(zipmap([(b"", b"v"), (b"field", b""), (b"x" * 260, b"w")], unused=1)),
        "small set_intset": b"\x0b" + string(intset([-5, 0, 3, 300], 2)),
    }


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

    def old_bodies(self):
        words = [self.word(rng_size) for rng_size in (3, 60, 70, 300, 20000)]
        integers = [0, 12, 13, 127, -128, 200, -30000, 40000, -8000000, 1 << 30, -(1 << 31), 1 << 40]
        texts = sorted({*words, *(str(i).encode() for i in range(40))} - {b""})
        scored = [w for i, word in enumerate(texts) for w in (word, i * 3 - 5)]
        strings = b"".join(string(word) for word in texts)
        return {
            "list": b"\x01" + bytes([len(texts)]) + strings,
            "list_ziplist": b"\x0a" + string(ziplist(words + integers)),
            "list_quicklist": b"\x0e\x02" + string(ziplist(words)) + string(ziplist(integers)),
            "zset_text_scores": b"\x03" + bytes([2]) + string(b"a") + b"\x04-1.5" + string(b"b") + b"\xfe",
            "zset_ziplist": b"\x0c" + string(ziplist(scored)),
            "hash_ziplist": b"\x0d" + string(ziplist([w for pair in zip(texts, texts) for w in pair])),
            "hash_zipmap": b"\x09" + string(zipmap([(w, w[::-1]) for w in texts])),
        }

    def old(self):
        for name, body in self.old_bodies().items():
            for server in self.pair.both():
                server.restore("old", 0, payload(body), replace=True)
            self.same(name, "old")

    def restores(self, server, body):
        try:
            server.restore("old", 0, payload(body), replace=True)
        except redis.ResponseError as error:
            assert "Bad data format" in str(error), error
            return False
        return True

    def broken_old(self):
        """Old payloads with bytes changed: what redis-server refuses, Redstart refuses; what both take is the same."""
        bodies = {**self.old_bodies(), **small_bodies()}
        for name, body in bodies.items():
            for _ in range(20):
                changed = bytearray(body)
                for _ in range(self.rng.randrange(1, 3)):
                    changed[self.rng.randrange(1, min(len(body), 400))] = self.rng.choice([0, 1, 254, 255,
                                                                                          self.rng.randrange(256)])
                oracle_takes, subject_takes = [self.restores(server, bytes(changed)) for server in self.pair.both()]
                assert oracle_takes or not subject_takes, f"only Redstart takes the {name} {bytes(changed)}"
                if subject_takes:
                    self.same(f"the {name} {bytes(changed)}", "old")
                self.checked += 1

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
        pair.oracle.config_set("sanitize-dump-payload", "yes")
        try:
            for _ in range(options.rounds):
                payloads.travel()
                payloads.stream_travel()
                payloads.old()
                payloads.broken()
                payloads.broken_old()
        except BaseException:
            print(f"with --seed {options.seed}, after {payloads.checked} checks", file=sys.stderr)
            raise
    print(f"{payloads.checked} payloads, seed {options.seed}")


if __name__ == "__main__":
    main()
