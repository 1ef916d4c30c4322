// ioredis as applications use it. Usage: tests/clients/ioredis.js PORT (NODE_PATH names its modules)
'use strict';
const assert = require('node:assert/strict');
const Redis = require('ioredis');

const port = Number(process.argv[2]);
const open = [];
const kWaitMs = 20_000;

function connect(options = {}) {
  const client = new Redis({ port, retryStrategy: null, ...options });
  open.push(client);
  return client;
}

async function waitUntil(what, condition) {
  const end = Date.now() + kWaitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const tests = {
  async 'errors reject the promise'(redis) {
    await redis.set('text', 'abc');
    await assert.rejects(redis.lpush('text', 'x'), /WRONGTYPE/);
    await assert.rejects(redis.call('NOPE', 'a'), /ERR unknown command 'NOPE'/);
  },

  async 'a pipeline gives each command its outcome'(redis) {
    const outcome = await redis.pipeline().set('a', 'x').incr('a').get('a').exec();
    assert.deepEqual(outcome[0], [null, 'OK']);
    assert.match(outcome[1][0].message, /value is not an integer or out of range/);
    assert.deepEqual(outcome[2], [null, 'x']);
  },

  async 'a large pipeline keeps its order'(redis) {
    const pipeline = redis.pipeline();
    for (let i = 0; i < 20_000; i++) pipeline.rpush('list', i);
    const outcome = await pipeline.exec();
    outcome.forEach(([error, length], i) => assert.deepEqual([error, length], [null, i + 1]));
    assert.equal(await redis.lindex('list', -1), '19999');
  },

  async 'commands of many promises are pipelined'() {
    const client = connect({ enableAutoPipelining: true });
    await Promise.all(Array.from({ length: 2000 }, (_, i) => client.set(`k${i}`, i)));
    const values = await Promise.all(Array.from({ length: 2000 }, (_, i) => client.get(`k${i}`)));
    values.forEach((value, i) => assert.equal(value, String(i)));
  },

  async 'a transaction runs as one'(redis) {
    const outcome = await redis.multi().set('a', 1).incrby('a', 5).hgetall('none').exec();
    assert.deepEqual(outcome, [[null, 'OK'], [null, 6], [null, {}]]);
  },

  async 'watch refuses what another client changed'(redis) {
    await redis.watch('balance');
    await connect().set('balance', 1);
    assert.equal(await redis.multi().set('balance', 0).exec(), null);
    assert.equal(await redis.get('balance'), '1');
  },

  async 'a spoiled transaction is not executed'(redis) {
    const outcome = redis.multi().set('a', 1).call('incr').exec();
    await assert.rejects(outcome, /EXECABORT/);
    assert.equal(await redis.exists('a'), 0);
  },

  async 'messages reach channels and patterns'(redis) {
    const subscriber = connect();
    const got = [];
    subscriber.on('message', (channel, text) => got.push(`${channel}=${text}`));
    subscriber.on('pmessage', (pattern, channel, text) => got.push(`${pattern}:${channel}=${text}`));
    assert.equal(await subscriber.subscribe('news', 'other'), 2);
    assert.equal(await subscriber.psubscribe('n*'), 3);
    assert.equal(await redis.publish('news', 'hello'), 2);
    await waitUntil('both messages come', () => got.length === 2);
    assert.deepEqual(got, ['news=hello', 'n*:news=hello']);
    await assert.rejects(subscriber.get('a'), /subscriber mode/);
  },

  async 'a blocked pop is served'(redis) {
    const waiter = connect();
    const popped = waiter.blpop('queue', 0);
    await waitUntil('it is blocked', async () => /blocked_clients:1/.test(await redis.info('clients')));
    await redis.rpush('queue', 'job');
    assert.deepEqual(await popped, ['queue', 'job']);
  },

  async 'a blocked reader of a stream is served'(redis) {
    const waiter = connect();
    const read = waiter.xread('BLOCK', 0, 'STREAMS', 'stream', '$');
    await waitUntil('it is blocked', async () => /blocked_clients:1/.test(await redis.info('clients')));
    const id = await redis.xadd('stream', '*', 'field', 'value');
    assert.deepEqual(await read, [['stream', [[id, ['field', 'value']]]]]);
  },

  async 'streams carry work to a group'(redis) {
    await redis.xgroup('CREATE', 'orders', 'billing', '0', 'MKSTREAM');
    const ids = [];
    for (let i = 0; i < 10; i++) ids.push(await redis.xadd('orders', '*', 'number', i));
    const [[, taken]] = await redis.xreadgroup('GROUP', 'billing', 'ann', 'COUNT', 20, 'STREAMS', 'orders', '>');
    assert.deepEqual(taken.map(([id]) => id), ids);
    assert.equal(await redis.xack('orders', 'billing', ...ids.slice(0, 9)), 9);
    const [pending, first, last] = await redis.xpending('orders', 'billing');
    assert.deepEqual([pending, first, last], [1, ids[9], ids[9]]);
  },

  async 'a defined command is found again after scripts were flushed'(redis) {
    redis.defineCommand('addTo', { numberOfKeys: 1, lua: "return redis.call('incrby', KEYS[1], ARGV[1])" });
    assert.equal(await redis.addTo('n', 5), 5);
    await redis.script('FLUSH');
    assert.equal(await redis.addTo('n', 2), 7);
    assert.deepEqual(await redis.pipeline().addTo('n', 1).get('n').exec(), [[null, 8], [null, '8']]);
    await assert.rejects(redis.addTo('n', 'x'), /not an integer/);
  },

  async 'a cache is told of changes over a second connection'(redis) {
    const listener = connect();
    const stale = [];
    listener.on('message', (channel, keys) => stale.push(keys));
    const id = await listener.client('ID');
    await listener.subscribe('__redis__:invalidate');
    assert.equal(await redis.client('TRACKING', 'ON', 'REDIRECT', id), 'OK');
    await redis.get('k');
    await connect().set('k', 1);
    await waitUntil('it hears of the change', () => stale.length === 1);
    assert.deepEqual([stale[0]].flat(), ['k']);
  },

  async 'scan streams find every key'(redis) {
    await redis.mset(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`user:${i}`, i])));
    await redis.set('other', 1);
    const found = new Set();
    for await (const keys of redis.scanStream({ match: 'user:*', count: 100 })) {
      keys.forEach((key) => found.add(key));
    }
    assert.equal(found.size, 3000);
  },

  async 'sorted sets rank'(redis) {
    await redis.zadd('board', 30, 'ann', 10.5, 'bob', 20, 'cid');
    assert.deepEqual(await redis.zrange('board', 0, -1, 'WITHSCORES'),
      ['bob', '10.5', 'cid', '20', 'ann', '30']);
    assert.equal(await redis.zrevrank('board', 'bob'), 2);
    assert.deepEqual(await redis.zrangebyscore('board', '(10.5', '+inf'), ['cid', 'ann']);
  },

  async 'hashes come back as objects and buffers as bytes'(redis) {
    await redis.hset('hash', { a: 1, b: 'two' });
    assert.deepEqual(await redis.hgetall('hash'), { a: '1', b: 'two' });
    const bytes = Buffer.from(Array.from({ length: 256 * 1000 }, (_, i) => i % 256));
    await redis.set('bytes', bytes);
    assert.ok(bytes.equals(await redis.getBuffer('bytes')));
  },

  async 'monitor shows what others do'(redis) {
    const monitor = await redis.monitor();
    open.push(monitor);
    const shown = [];
    monitor.on('monitor', (time, args) => shown.push(args.join(' ')));
    await redis.set('watched', 1);
    await waitUntil('the command is shown', () => shown.includes('set watched 1'));
  },

  async 'another database and a name are taken over'() {
    const client = connect({ db: 3, connectionName: 'worker' });
    await client.set('only-here', 1);
    assert.match(await client.client('LIST'), /name=worker .* db=3 /);
    assert.equal(await connect().exists('only-here'), 0);
  },
};

async function main() {
  let failed = 0;
  const deadline = setTimeout(() => { console.log('no answer in time'); process.exit(1); }, 100_000);
  for (const [name, test] of Object.entries(tests)) {
    try {
      const redis = connect();
      await redis.flushall();
      await test(redis);
    } catch (error) {
      console.log(`${name}: ${error.stack}`);
      failed++;
    }
    open.splice(0).forEach((client) => client.disconnect());
  }
  clearTimeout(deadline);
  process.exit(failed ? 1 : 0);
}
main();
