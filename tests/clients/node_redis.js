// node-redis (the package `redis`, version 5) as applications use it, over RESP3 and with its client-side
// cache. Usage: tests/clients/node_redis.js PORT (NODE_PATH names its modules)
'use strict';
const assert = require('node:assert/strict');
const { createClient, defineScript, BasicClientSideCache, WatchError } = require('redis');

const port = Number(process.argv[2]);
const kWaitMs = 20_000;
const open = [];

async function connect(options = {}) {
  const client = createClient({ RESP: 3, socket: { port, reconnectStrategy: false }, ...options });
  client.on('error', () => {});  // what concerns a test rejects its promises
  await client.connect();
  open.push(client);
  return client;
}

async function waitUntil(what, condition) {
  const end = Date.now() + kWaitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const tests = {
  async 'errors reject the promise'(client) {
    await client.set('text', 'abc');
    await assert.rejects(client.lPush('text', 'x'), /WRONGTYPE/);
    await assert.rejects(client.sendCommand(['NOPE', 'a']), /ERR unknown command 'NOPE'/);
  },

  async 'types of RESP3 become those of JavaScript'(client) {
    await client.hSet('h', { a: '1', b: '2' });
    await client.sAdd('s', ['x', 'y']);
    await client.zAdd('z', [{ score: 1.5, value: 'm' }]);
    assert.deepEqual({ ...(await client.hGetAll('h')) }, { a: '1', b: '2' });
    assert.deepEqual(new Set(await client.sMembers('s')), new Set(['x', 'y']));
    assert.equal(await client.zScore('z', 'm'), 1.5);
    assert.deepEqual(await client.zRangeWithScores('z', 0, -1), [{ value: 'm', score: 1.5 }]);
    assert.equal(await client.get('none'), null);
  },

  async 'commands of many promises are pipelined in order'(client) {
    const lengths = await Promise.all(Array.from({ length: 5000 }, (_, i) => client.rPush('list', `${i}`)));
    lengths.forEach((length, i) => assert.equal(length, i + 1));
  },

  async 'a transaction runs unless a watched key changed'(client) {
    assert.deepEqual(await client.multi().set('a', '1').incrBy('a', 5).get('none').exec(), ['OK', 6, null]);
    const other = await connect();
    await client.watch('a');
    await other.set('a', '9');
    await assert.rejects(client.multi().incr('a').exec(), WatchError);
    assert.equal(await client.get('a'), '9');
  },

  async 'messages come while commands go on, on one RESP3 connection'(client) {
    const got = [];
    await client.subscribe('news', (message) => got.push(message));
    await client.pSubscribe('n*', (message, channel) => got.push(`${channel}:${message}`));
    assert.equal(await client.get('none'), null);
    const publisher = await connect();
    assert.equal(await publisher.publish('news', 'hello'), 2);
    await waitUntil('both came', () => got.length === 2);
    assert.deepEqual(got.sort(), ['hello', 'news:hello']);
    await client.unsubscribe('news');
    assert.equal(await publisher.publish('news', 'x'), 1);
  },

  async 'keyspace notifications arrive'(client) {
    await client.configSet('notify-keyspace-events', 'KEA');
    const got = [];
    const listener = await connect();
    await listener.pSubscribe('__keyevent@0__:*', (key, channel) => got.push(`${channel.split(':')[1]} ${key}`));
    await client.set('k', 'v', { EX: 100 });
    await client.del('k');
    await waitUntil('all came', () => got.length === 3);
    assert.deepEqual(got, ['set k', 'expire k', 'del k']);
    await client.configSet('notify-keyspace-events', '');
  },

  async 'a blocked pop is served by another client'(client) {
    const popped = client.blPop('jobs', 0);
    const other = await connect();
    await waitUntil('it blocks', async () => /blocked_clients:1/.test(await other.info('clients')));
    await other.rPush('jobs', 'x');
    assert.deepEqual({ ...(await popped) }, { key: 'jobs', element: 'x' });
  },

  async 'the client-side cache answers by itself until it is told of a change'(client) {
    const cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0 });
    const reader = await connect({ clientSideCache: cache });
    await client.set('k', '1');
    assert.equal(await reader.get('k'), '1');
    const before = cache.stats();
    for (let i = 0; i < 100; i++) assert.equal(await reader.get('k'), '1');
    const after = cache.stats();
    assert.equal(after.hitCount - before.hitCount, 100);
    await client.set('k', '2');
    await waitUntil('it hears of the change', async () => (await reader.get('k')) === '2');
    await client.hSet('h', 'f', '1');
    assert.equal(await reader.hGet('h', 'f'), '1');
    await client.flushAll();
    await waitUntil('it hears of the flush', async () => (await reader.hGet('h', 'f')) === null);
  },

  async 'a cache is never left with what is old'(client) {
    const readers = [];
    for (let i = 0; i < 3; i++) {
      readers.push(await connect({ clientSideCache: new BasicClientSideCache({ ttl: 0, maxEntries: 0 }) }));
    }
    const keys = ['a', 'b', 'c', 'd'];
    let writing = true;
    const reading = readers.map(async (reader) => {
      while (writing) {
        for (const key of keys) await reader.get(key);
        await new Promise(setImmediate);  // a cache that knows all keys never waits for the socket
      }
    });
    for (let i = 0; i < 500; i++) await client.incr(keys[i % keys.length]);
    writing = false;
    await Promise.all(reading);
    for (const reader of readers) {
      await reader.ping();  // what was sent before its reply has been heard
      for (const key of keys) assert.equal(await reader.get(key), await client.get(key));
    }
  },

  async 'streams carry work to a group, and serve a reader that waits'(client) {
    await client.xGroupCreate('orders', 'billing', '0', { MKSTREAM: true });
    const waiter = await connect({ RESP: 2 });  // its types of streams are not settled for RESP3
    const read = waiter.xReadGroup('billing', 'ann', [{ key: 'orders', id: '>' }], { BLOCK: 0, COUNT: 10 });
    await waitUntil('it blocks', async () => /blocked_clients:1/.test(await client.info('clients')));
    const id = await client.xAdd('orders', '*', { number: '1' });
    const [{ name, messages }] = await read;
    assert.equal(name, 'orders');
    assert.deepEqual(messages.map((one) => [one.id, { ...one.message }]), [[id, { number: '1' }]]);
    assert.equal((await waiter.xPending('orders', 'billing')).pending, 1);
    assert.equal(await waiter.xAck('orders', 'billing', id), 1);
    assert.equal(await waiter.xLen('orders'), 1);
  },

  async 'scripts are found again after they were flushed'() {
    const addTo = defineScript({
      NUMBER_OF_KEYS: 1,
      SCRIPT: "return redis.call('incrby', KEYS[1], ARGV[1])",
      parseCommand(parser, key, difference) {
        parser.pushKey(key);
        parser.push(difference.toString());
      },
      transformReply: (reply) => reply,
    });
    const scripted = await connect({ scripts: { addTo } });
    assert.equal(await scripted.addTo('n', 5), 5);
    await scripted.scriptFlush();
    assert.equal(await scripted.addTo('n', 2), 7);
    assert.deepEqual(await scripted.multi().addTo('n', 1).get('n').exec(), [8, '8']);
    await assert.rejects(scripted.addTo('n', 'x'), /not an integer/);
  },

  async 'clients are listed'(client) {
    await client.clientSetName('worker');
    const mine = (await client.clientList()).find((one) => one.name === 'worker');
    assert.equal(mine.id, await client.clientId());
    assert.equal(mine.resp, 3);
    assert.equal((await client.clientInfo()).id, mine.id);
    await client.sendCommand(['CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', 'x']);
    const tracking = await client.clientTrackingInfo();
    assert.deepEqual([...tracking.prefixes], ['x']);
  },

  async 'scans find every key'(client) {
    await client.mSet(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`user:${i}`, `${i}`])));
    const found = new Set();
    for await (const keys of client.scanIterator({ MATCH: 'user:*', COUNT: 100 })) {
      keys.forEach((key) => found.add(key));
    }
    assert.equal(found.size, 3000);
  },
};

(async () => {
  let failed = false;
  for (const [name, test] of Object.entries(tests)) {
    try {
      const client = await connect();
      await client.flushAll();
      await test(client);
    } catch (error) {
      failed = true;
      console.error(`${name}:`, error);
    } finally {
      for (const client of open.splice(0)) client.destroy();
    }
  }
  process.exit(failed ? 1 : 0);
})();
