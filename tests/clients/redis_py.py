#!/usr/bin/env python3
"""redis-py as applications use it. Usage: tests/clients/redis_py.py PORT"""
import queue
import sys
import threading
import time
import unittest

import redis

PORT = int(sys.argv.pop())
WAIT_S = 20
HAS_RESP3 = int(redis.__version__.split(".")[0]) >= 5


def connect(**options):
    return redis.Redis(port=PORT, decode_responses=True, socket_timeout=WAIT_S, **options)


def wait_until(what, condition):
    end = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"did not happen: {what}")
        time.sleep(0.005)


class RedisPy(unittest.TestCase):
    def setUp(self):
        self.redis = connect()
        self.redis.flushall()

    def tearDown(self):
        self.redis.close()

    # --- Errors
    def test_errors_become_the_library_s_exceptions(self):
        self.redis.set("text", "abc")
        with self.assertRaisesRegex(redis.ResponseError, "WRONGTYPE"):
            self.redis.lpush("text", "x")
        with self.assertRaisesRegex(redis.ResponseError, "value is not an integer or out of range"):
            self.redis.incr("text")
        with self.assertRaisesRegex(redis.ResponseError, "unknown command 'NOPE'"):
            self.redis.execute_command("NOPE", "a")

    def test_passwords_are_asked_for(self):
        self.redis.config_set("requirepass", "secret")
        try:
            with self.assertRaises(redis.AuthenticationError):
                connect().ping()
            with self.assertRaisesRegex(redis.ResponseError, "WRONGPASS"):
                connect(password="wrong").ping()
            self.assertTrue(connect(password="secret").ping())
            self.assertTrue(connect(username="default", password="secret").ping())
        finally:
            self.redis.config_set("requirepass", "")
        self.assertTrue(connect().ping())

    def test_pipeline_gives_each_command_its_outcome(self):
        pipe = self.redis.pipeline(transaction=False)
        pipe.set("a", "x").incr("a").get("a")
        outcome = pipe.execute(raise_on_error=False)
        self.assertEqual([outcome[0], outcome[2]], [True, "x"])
        self.assertIsInstance(outcome[1], redis.ResponseError)

    # --- Pipelines and transactions
    def test_large_pipeline_keeps_its_order(self):
        pipe = self.redis.pipeline(transaction=False)
        for i in range(20_000):
            pipe.rpush("list", i)
        self.assertEqual(pipe.execute(), list(range(1, 20_001)))
        self.assertEqual(self.redis.lrange("list", 0, -1), [str(i) for i in range(20_000)])

    def test_transaction_runs_as_one(self):
        with self.redis.pipeline(transaction=True) as pipe:
            pipe.set("a", 1).incrby("a", 5).lrange("none", 0, -1).hgetall("none")
            self.assertEqual(pipe.execute(), [True, 6, [], {}])

    def test_watch_refuses_what_another_client_changed(self):
        self.redis.set("balance", 10)
        with self.redis.pipeline() as pipe:
            pipe.watch("balance")
            self.assertEqual(pipe.get("balance"), "10")
            connect().incr("balance")
            pipe.multi()
            pipe.set("balance", 0)
            with self.assertRaises(redis.WatchError):
                pipe.execute()
        self.assertEqual(self.redis.get("balance"), "11")

    def test_transaction_function_is_retried_until_it_wins(self):
        def add_one(pipe):
            value = int(pipe.get("counter") or 0)
            pipe.multi()
            pipe.set("counter", value + 1)

        def work():
            client = connect()
            for _ in range(100):
                client.transaction(add_one, "counter")

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.redis.get("counter"), "400")

    # --- Blocking
    def test_blocking_pops_from_two_threads_share_the_work(self):
        taken = queue.Queue()

        def work():
            client = connect()
            while True:
                _, item = client.blpop(["jobs", "stop"])
                if item == "end":
                    return
                taken.put(item)

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for i in range(1000):
            self.redis.rpush("jobs", i)
        wait_until("all are taken", lambda: taken.qsize() == 1000)
        self.redis.rpush("stop", "end", "end")
        for thread in threads:
            thread.join(WAIT_S)
            self.assertFalse(thread.is_alive())
        self.assertEqual(sorted(int(taken.get()) for _ in range(1000)), list(range(1000)))

    def test_blocking_pop_gives_up_in_time(self):
        self.assertIsNone(self.redis.blpop("none", timeout=1))
        self.assertIsNone(self.redis.bzpopmin("none", timeout=1))
        self.assertTrue(self.redis.ping())

    def test_blocked_client_can_be_released_by_another(self):
        client = connect(single_connection_client=True)
        number = client.client_id()
        outcome = queue.Queue()

        def wait():
            try:
                outcome.put(client.brpop("none", timeout=0))
            except redis.RedisError as error:
                outcome.put(error)

        thread = threading.Thread(target=wait)
        thread.start()
        wait_until("it is released", lambda: self.redis.client_unblock(number, error=True))
        thread.join(WAIT_S)
        error = outcome.get(timeout=WAIT_S)
        self.assertIsInstance(error, redis.ResponseError)
        self.assertIn("unblocked via CLIENT UNBLOCK", str(error))

    # --- Pub/sub
    def next_message(self, pubsub):
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            message = pubsub.get_message(timeout=1)
            if message:
                return message
        raise AssertionError("no message came")

    def test_messages_reach_channels_and_patterns_in_order(self):
        pubsub = self.redis.pubsub()
        pubsub.subscribe("news")
        pubsub.psubscribe("n*")
        self.assertEqual(self.next_message(pubsub)["type"], "subscribe")
        self.assertEqual(self.next_message(pubsub)["data"], 2)
        for i in range(100):
            self.assertEqual(connect().publish("news", i), 2)
        for i in range(100):
            first, second = self.next_message(pubsub), self.next_message(pubsub)
            self.assertEqual((first["type"], first["data"]), ("message", str(i)))
            self.assertEqual((second["type"], second["data"]), ("pmessage", str(i)))
        pubsub.unsubscribe()
        self.assertEqual(self.next_message(pubsub)["type"], "unsubscribe")
        self.assertEqual(self.redis.publish("news", "x"), 1)
        pubsub.close()

    def test_listener_thread_calls_the_handler(self):
        got = queue.Queue()
        pubsub = self.redis.pubsub(ignore_subscribe_messages=True)
        pubsub.subscribe(jobs=lambda message: got.put(message["data"]))
        thread = pubsub.run_in_thread(sleep_time=0.01)
        try:
            wait_until("somebody listens", lambda: self.redis.publish("jobs", "go") == 1)
            self.assertEqual(got.get(timeout=WAIT_S), "go")
        finally:
            thread.stop()
            thread.join()

    def test_events_of_keys_are_published(self):
        self.redis.config_set("notify-keyspace-events", "KEA")
        pubsub = self.redis.pubsub(ignore_subscribe_messages=True)
        pubsub.psubscribe("__keyevent@0__:*")
        wait_until("the listener is there", lambda: self.redis.pubsub_numpat() == 1)
        self.redis.set("k", "v", ex=100)
        self.redis.lpush("l", "a")
        self.redis.lpop("l")
        events = []
        while len(events) < 5:
            message = pubsub.get_message(timeout=1)
            if message:
                events.append((message["channel"].split(":")[1], message["data"]))
        self.assertEqual(events, [("set", "k"), ("expire", "k"), ("lpush", "l"), ("lpop", "l"), ("del", "l")])
        self.redis.config_set("notify-keyspace-events", "")
        pubsub.close()

    # --- A cache that is told what to forget
    def test_cache_is_told_of_changes_over_a_second_connection(self):
        reader = connect(single_connection_client=True)
        pubsub = self.redis.pubsub(ignore_subscribe_messages=True)
        pubsub.subscribe("__redis__:invalidate")
        wait_until("it listens", lambda: self.redis.pubsub_numsub("__redis__:invalidate")[0][1] == 1)
        pubsub_id = next(c["id"] for c in self.redis.client_list(_type="pubsub"))
        reader.execute_command("CLIENT", "TRACKING", "ON", "REDIRECT", pubsub_id)
        self.assertIsNone(reader.get("k"))
        self.redis.set("k", "v")
        message = None
        while not message:  # what says that it subscribed is ignored
            message = pubsub.get_message(timeout=1)
        self.assertEqual((message["channel"], message["data"]), ("__redis__:invalidate", ["k"]))
        self.assertEqual(reader.execute_command("CLIENT", "GETREDIR"), int(pubsub_id))
        pubsub.close()

    # --- Streams
    def test_streams_carry_work_to_a_group(self):
        for i in range(100):
            self.redis.xadd("orders", {"number": i}, maxlen=1000, approximate=True)
        self.redis.xgroup_create("orders", "billing", id="0")
        taken = []
        for consumer in ("ann", "bob"):
            [[_, entries]] = self.redis.xreadgroup("billing", consumer, {"orders": ">"}, count=50)
            taken += [fields["number"] for _, fields in entries]
            self.redis.xack("orders", "billing", *[entry for entry, _ in entries[:-1]])
        self.assertEqual(taken, [str(i) for i in range(100)])
        self.assertEqual(self.redis.xpending("orders", "billing")["pending"], 2)
        claimed = self.redis.xautoclaim("orders", "billing", "cid", min_idle_time=0)
        self.assertEqual([fields["number"] for _, fields in claimed[1]], ["49", "99"])
        self.assertEqual(self.redis.xlen("orders"), 100)

    def test_blocking_read_of_a_stream_is_served(self):
        outcome = queue.Queue()
        thread = threading.Thread(target=lambda: outcome.put(connect().xread({"s": "$"}, block=WAIT_S * 1000)))
        thread.start()
        wait_until("it waits", lambda: self.redis.info("clients")["blocked_clients"] == 1)
        self.redis.xadd("s", {"f": "v"})
        [[name, [[_, fields]]]] = outcome.get(timeout=WAIT_S)
        thread.join()
        self.assertEqual((name, fields), ("s", {"f": "v"}))

    # --- Scripts
    def test_scripts_are_found_again_after_they_were_forgotten(self):
        add = self.redis.register_script(
            "local n = redis.call('INCRBY', KEYS[1], ARGV[1]) return {n, redis.call('GET', KEYS[1])}")
        self.assertEqual(add(keys=["n"], args=[5]), [5, "5"])
        self.redis.script_flush()
        self.assertEqual(add(keys=["n"], args=[2]), [7, "7"])
        self.redis.script_flush()
        with self.redis.pipeline(transaction=True) as pipe:
            add(keys=["n"], args=[1], client=pipe)
            pipe.get("n")
            self.assertEqual(pipe.execute(), [[8, "8"], "8"])
        with self.assertRaisesRegex(redis.ResponseError, "not an integer"):
            add(keys=["n"], args=["x"])

    def test_functions_are_loaded_and_called(self):
        self.redis.function_load(
            "#!lua name=lib\nredis.register_function('twice', function(keys, args) return 2 * args[1] end)",
            replace=True)
        self.assertEqual(self.redis.fcall("twice", 0, 21), 42)
        self.redis.function_delete("lib")
        with self.assertRaisesRegex(redis.ResponseError, "Function not found"):
            self.redis.fcall("twice", 0, 21)

    # --- Users
    def test_users_may_do_what_they_are_allowed(self):
        self.redis.acl_setuser("reader", enabled=True, passwords=["+secret"], keys=["open:*"],
                               categories=["+@read"], commands=["+ping"])
        user = connect(username="reader", password="secret")
        self.redis.set("open:k", "v")
        self.assertEqual(user.get("open:k"), "v")
        with self.assertRaises(redis.exceptions.NoPermissionError):
            user.set("open:k", "w")
        with self.assertRaises(redis.exceptions.NoPermissionError):
            user.get("closed:k")
        self.assertEqual(self.redis.acl_deluser("reader"), 1)

    # --- Iteration
    def test_scan_iter_finds_every_key_once_while_nothing_changes(self):
        self.redis.mset({f"user:{i}": i for i in range(5000)})
        self.redis.mset({f"other:{i}": i for i in range(500)})
        self.redis.sadd("user:set", 1)
        self.assertEqual(len(set(self.redis.scan_iter("user:*", count=100))), 5001)
        self.assertEqual(list(self.redis.scan_iter(_type="set")), ["user:set"])

    def test_collections_are_iterated(self):
        self.redis.hset("hash", mapping={f"f{i}": i for i in range(3000)})
        self.redis.sadd("set", *range(3000))
        self.redis.zadd("zset", {f"m{i}": i for i in range(3000)})
        self.assertEqual(dict(self.redis.hscan_iter("hash")), {f"f{i}": str(i) for i in range(3000)})
        self.assertEqual(set(self.redis.sscan_iter("set")), {str(i) for i in range(3000)})
        self.assertEqual(dict(self.redis.zscan_iter("zset")), {f"m{i}": float(i) for i in range(3000)})

    # --- Types
    def test_sorted_sets_rank(self):
        self.redis.zadd("board", {"ann": 30, "bob": 10, "cid": 20})
        self.assertEqual(self.redis.zadd("board", {"bob": 5}, gt=True), 0)
        self.assertEqual(self.redis.zscore("board", "bob"), 10.0)
        self.assertEqual(self.redis.zadd("board", {"bob": 5}, incr=True), 15.0)
        self.assertEqual(self.redis.zrange("board", 0, -1, withscores=True),
                         [("bob", 15.0), ("cid", 20.0), ("ann", 30.0)])
        self.assertEqual(self.redis.zrevrank("board", "bob"), 2)
        self.assertEqual(self.redis.zrangebyscore("board", "(15", "+inf"), ["cid", "ann"])
        self.assertEqual(self.redis.zrangebyscore("board", "-inf", "+inf", start=1, num=1), ["cid"])
        self.redis.zunionstore("both", {"board": 2})
        self.assertEqual(self.redis.zscore("both", "ann"), 60.0)
        self.assertEqual(self.redis.zpopmin("board", 2), [("bob", 15.0), ("cid", 20.0)])

    def test_strings_hold_any_bytes(self):
        raw = redis.Redis(port=PORT)
        every_byte = bytes(range(256)) * 4000
        self.assertTrue(raw.set(b"k\0\r\n", every_byte))
        self.assertEqual(raw.get(b"k\0\r\n"), every_byte)
        self.assertEqual(raw.getrange(b"k\0\r\n", 256, 258), b"\0\1\2")
        raw.close()

    def test_options_of_set_are_kept_apart(self):
        self.assertTrue(self.redis.set("k", "1", nx=True, ex=100))
        self.assertIsNone(self.redis.set("k", "2", nx=True))
        self.assertTrue(self.redis.set("k", "2", keepttl=True))
        self.assertTrue(0 < self.redis.ttl("k") <= 100)
        self.assertEqual(self.redis.set("k", "3", get=True), "2")
        self.assertEqual(self.redis.ttl("k"), -1)
        self.assertEqual(self.redis.getdel("k"), "3")

    def test_lists_hashes_and_sets_work(self):
        self.redis.rpush("l", *"abcd")
        self.assertEqual(self.redis.lmove("l", "m", "LEFT", "RIGHT"), "a")
        self.assertEqual(self.redis.lpos("l", "c"), 1)
        self.redis.hset("h", mapping={"a": 1, "b": 2})
        self.assertEqual(self.redis.hincrbyfloat("h", "a", 0.5), 1.5)
        self.assertEqual(self.redis.hmget("h", "a", "c"), ["1.5", None])
        self.redis.sadd("s", 1, 2, 3)
        self.redis.sadd("t", 2, 3, 4)
        self.assertEqual(self.redis.sinter("s", "t"), {"2", "3"})
        self.assertEqual(self.redis.smismember("s", ["1", "9"]), [1, 0])

    # --- The server
    def test_clients_are_listed_and_killed(self):
        client = connect(single_connection_client=True)
        client.client_setname("worker")
        listed = [c for c in self.redis.client_list() if c["name"] == "worker"]
        self.assertEqual(len(listed), 1)
        self.assertEqual(listed[0]["id"], str(client.client_id()))
        self.assertTrue(self.redis.client_kill_filter(_id=client.client_id()))
        wait_until("it is gone", lambda: "worker" not in
                   [c["name"] for c in self.redis.client_list()])

    def test_configuration_is_read_and_changed(self):
        self.redis.config_set("hash-max-listpack-entries", 7)
        self.assertEqual(self.redis.config_get("hash-max-*")["hash-max-listpack-entries"], "7")
        self.redis.config_set("hash-max-listpack-entries", 128)
        with self.assertRaises(redis.ResponseError):
            self.redis.config_set("no-such-directive", 1)

    def test_statistics_are_parsed(self):
        self.redis.set("k", "v")
        info = self.redis.info()
        self.assertEqual(info["db0"]["keys"], 1)
        self.assertGreaterEqual(info["connected_clients"], 1)
        self.assertGreater(info["used_memory"], 0)
        self.assertEqual(self.redis.object("encoding", "k"), "embstr")
        self.assertIsInstance(self.redis.memory_usage("k"), int)
        self.assertIsInstance(self.redis.slowlog_get(), list)
        self.assertEqual(self.redis.command_count(), len(self.redis.command()))

    @unittest.skipUnless(HAS_RESP3, "this redis-py does not speak RESP3")
    def test_resp3_gives_the_same_values(self):
        client = connect(protocol=3)
        client.hset("h", "f", "v")
        client.sadd("s", "m")
        client.zadd("z", {"m": 1.5})
        self.assertEqual(client.hgetall("h"), {"f": "v"})
        self.assertEqual(client.smembers("s"), {"m"})
        self.assertEqual(client.zscore("z", "m"), 1.5)
        self.assertIsNone(client.get("none"))
        client.close()


if __name__ == "__main__":
    program = unittest.main(exit=False, buffer=True)
    sys.exit(not program.result.wasSuccessful())
