// hiredis as applications use it. Usage: hiredis PORT. Exit code 0: all went as it should.
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int port;

static void fail(const char* test, const char* what) {
  fprintf(stderr, "%s: %s\n", test, what);
  exit(1);
}

#define CHECK(condition) \
  do { \
    if (!(condition)) fail(__func__, #condition); \
  } while (0)

static redisContext* connect_or_fail(void) {
  struct timeval timeout = {20, 0};
  redisContext* context = redisConnectWithTimeout("127.0.0.1", port, timeout);
  if (!context || context->err) fail("connect", context ? context->errstr : "out of memory");
  redisSetTimeout(context, timeout);
  return context;
}

static redisReply* call(redisContext* context, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  redisReply* reply = redisvCommand(context, format, arguments);
  va_end(arguments);
  if (!reply) fail(format, context->errstr);
  return reply;
}

static int is_text(const redisReply* reply, int type, const char* text) {
  return reply->type == type && strcmp(reply->str, text) == 0;
}

// --- Synchronous

static void errors_are_replies(void) {
  redisContext* context = connect_or_fail();
  freeReplyObject(call(context, "SET text abc"));
  redisReply* reply = call(context, "LPUSH text x");
  CHECK(reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "WRONGTYPE", 9) == 0);
  freeReplyObject(reply);
  reply = call(context, "NOPE");
  CHECK(reply->type == REDIS_REPLY_ERROR && context->err == 0);
  freeReplyObject(reply);
  redisFree(context);
}

static void values_hold_any_bytes(void) {
  redisContext* context = connect_or_fail();
  const char bytes[] = {'a', 0, '\r', '\n', (char)255};
  redisReply* reply = call(context, "SET %b %b", bytes, sizeof bytes, bytes, sizeof bytes);
  CHECK(is_text(reply, REDIS_REPLY_STATUS, "OK"));
  freeReplyObject(reply);
  reply = call(context, "GET %b", bytes, sizeof bytes);
  CHECK(reply->type == REDIS_REPLY_STRING && reply->len == sizeof bytes);
  CHECK(memcmp(reply->str, bytes, sizeof bytes) == 0);
  freeReplyObject(reply);
  reply = call(context, "GET none");
  CHECK(reply->type == REDIS_REPLY_NIL);
  freeReplyObject(reply);
  redisFree(context);
}

static void pipelines_keep_their_order(void) {
  enum { kCommands = 20000 };
  redisContext* context = connect_or_fail();
  freeReplyObject(call(context, "DEL list"));
  for (int i = 0; i < kCommands; ++i) redisAppendCommand(context, "RPUSH list %d", i);
  for (int i = 0; i < kCommands; ++i) {
    redisReply* reply;
    CHECK(redisGetReply(context, (void**)&reply) == REDIS_OK);
    CHECK(reply->type == REDIS_REPLY_INTEGER && reply->integer == i + 1);
    freeReplyObject(reply);
  }
  redisReply* reply = call(context, "LRANGE list 0 -1");
  CHECK(reply->type == REDIS_REPLY_ARRAY && reply->elements == kCommands);
  CHECK(strcmp(reply->element[kCommands - 1]->str, "19999") == 0);
  freeReplyObject(reply);
  redisFree(context);
}

static void transactions_run_unless_a_watched_key_changed(void) {
  redisContext* context = connect_or_fail();
  redisContext* other = connect_or_fail();
  freeReplyObject(call(context, "SET balance 10"));
  freeReplyObject(call(context, "WATCH balance"));
  freeReplyObject(call(other, "INCR balance"));
  freeReplyObject(call(context, "MULTI"));
  redisReply* reply = call(context, "SET balance 0");
  CHECK(is_text(reply, REDIS_REPLY_STATUS, "QUEUED"));
  freeReplyObject(reply);
  reply = call(context, "EXEC");
  CHECK(reply->type == REDIS_REPLY_NIL);
  freeReplyObject(reply);
  freeReplyObject(call(context, "MULTI"));
  freeReplyObject(call(context, "INCR balance"));
  freeReplyObject(call(context, "GET balance"));
  reply = call(context, "EXEC");
  CHECK(reply->type == REDIS_REPLY_ARRAY && reply->elements == 2);
  CHECK(reply->element[0]->integer == 12 && strcmp(reply->element[1]->str, "12") == 0);
  freeReplyObject(reply);
  redisFree(other);
  redisFree(context);
}

static void scripts_run_by_their_fingerprints(void) {
  redisContext* context = connect_or_fail();
  freeReplyObject(call(context, "DEL n"));
  redisReply* reply = call(context, "EVALSHA %s 0", "0123456789012345678901234567890123456789");
  CHECK(reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) == 0);
  freeReplyObject(reply);
  redisReply* loaded = call(context, "SCRIPT LOAD %s", "return {redis.call('incrby', KEYS[1], ARGV[1]), ARGV[2]}");
  CHECK(loaded->type == REDIS_REPLY_STRING && loaded->len == 40);
  for (int i = 1; i <= 100; ++i) redisAppendCommand(context, "EVALSHA %s 1 n 2 text", loaded->str);
  for (int i = 1; i <= 100; ++i) {
    CHECK(redisGetReply(context, (void**)&reply) == REDIS_OK);
    CHECK(reply->type == REDIS_REPLY_ARRAY && reply->elements == 2);
    CHECK(reply->element[0]->integer == 2 * i && is_text(reply->element[1], REDIS_REPLY_STRING, "text"));
    freeReplyObject(reply);
  }
  freeReplyObject(loaded);
  redisFree(context);
}

// Sends without reading, so that the reply is to come once another connection has served it.
static void wait_until_blocked(redisContext* context) {
  for (;;) {
    redisReply* info = call(context, "INFO clients");
    const int blocked = strstr(info->str, "blocked_clients:1") != NULL;
    freeReplyObject(info);
    if (blocked) return;
  }
}

static void blocked_calls_are_served(void) {
  redisContext* waiter = connect_or_fail();
  redisContext* context = connect_or_fail();
  redisReply* reply;
  freeReplyObject(call(context, "DEL queue stream"));
  redisAppendCommand(waiter, "BLPOP queue 0");
  CHECK(redisBufferWrite(waiter, NULL) == REDIS_OK);
  wait_until_blocked(context);
  freeReplyObject(call(context, "RPUSH queue job"));
  CHECK(redisGetReply(waiter, (void**)&reply) == REDIS_OK);
  CHECK(reply->elements == 2 && is_text(reply->element[1], REDIS_REPLY_STRING, "job"));
  freeReplyObject(reply);
  redisAppendCommand(waiter, "XREAD BLOCK 0 STREAMS stream $");
  CHECK(redisBufferWrite(waiter, NULL) == REDIS_OK);
  wait_until_blocked(context);
  redisReply* id = call(context, "XADD stream * field value");
  CHECK(redisGetReply(waiter, (void**)&reply) == REDIS_OK);
  CHECK(reply->elements == 1 && is_text(reply->element[0]->element[0], REDIS_REPLY_STRING, "stream"));
  CHECK(is_text(reply->element[0]->element[1]->element[0]->element[0], REDIS_REPLY_STRING, id->str));
  freeReplyObject(reply);
  freeReplyObject(id);
  redisFree(context);
  redisFree(waiter);
}

static void streams_carry_work_to_a_group(void) {
  redisContext* context = connect_or_fail();
  freeReplyObject(call(context, "DEL orders"));
  freeReplyObject(call(context, "XGROUP CREATE orders billing 0 MKSTREAM"));
  for (int i = 0; i < 10; ++i) freeReplyObject(call(context, "XADD orders * number %d", i));
  redisReply* read = call(context, "XREADGROUP GROUP billing ann STREAMS orders >");
  CHECK(read->type == REDIS_REPLY_ARRAY && read->element[0]->element[1]->elements == 10);
  for (int i = 0; i < 10; ++i) {
    const redisReply* entry = read->element[0]->element[1]->element[i];
    CHECK(atoi(entry->element[1]->element[1]->str) == i);
    redisReply* acknowledged = call(context, "XACK orders billing %s", entry->element[0]->str);
    CHECK(acknowledged->integer == 1);
    freeReplyObject(acknowledged);
  }
  freeReplyObject(read);
  redisReply* pending = call(context, "XPENDING orders billing");
  CHECK(pending->element[0]->integer == 0);
  freeReplyObject(pending);
  redisFree(context);
}

// --- Asynchronous: one connection, its socket polled here

struct Poller {
  int wants_read, wants_write;
};

static void add_read(void* p) { ((struct Poller*)p)->wants_read = 1; }
static void delete_read(void* p) { ((struct Poller*)p)->wants_read = 0; }
static void add_write(void* p) { ((struct Poller*)p)->wants_write = 1; }
static void delete_write(void* p) { ((struct Poller*)p)->wants_write = 0; }

static redisAsyncContext* connect_async(struct Poller* poller) {
  redisAsyncContext* context = redisAsyncConnect("127.0.0.1", port);
  if (!context || context->err) fail("connect_async", "no connection");
  context->ev.data = poller;
  context->ev.addRead = add_read;
  context->ev.delRead = delete_read;
  context->ev.addWrite = add_write;
  context->ev.delWrite = delete_write;
  return context;
}

// Serves the socket until `*done` has at least the value `wanted`.
static void serve_until(redisAsyncContext* context, struct Poller* poller, const int* done, int wanted) {
  while (*done < wanted) {
    struct pollfd socket = {.fd = context->c.fd};
    if (poller->wants_read) socket.events |= POLLIN;
    if (poller->wants_write) socket.events |= POLLOUT;
    if (poll(&socket, 1, 20000) != 1) fail("serve_until", "nothing came");
    if (socket.revents & POLLOUT) redisAsyncHandleWrite(context);
    if (socket.revents & (POLLIN | POLLHUP | POLLERR)) redisAsyncHandleRead(context);
  }
}

static void count_in_order(redisAsyncContext* context, void* r, void* data) {
  (void)context;
  const redisReply* reply = r;
  int* count = data;
  if (!reply || reply->type != REDIS_REPLY_INTEGER || reply->integer != *count + 1) {
    fail("count_in_order", "a reply is missing or out of order");
  }
  ++*count;
}

static void replies_come_to_their_callbacks(void) {
  struct Poller poller = {0, 0};
  redisAsyncContext* context = connect_async(&poller);
  redisContext* control = connect_or_fail();
  freeReplyObject(call(control, "DEL counter"));
  int count = 0;
  for (int i = 0; i < 5000; ++i) redisAsyncCommand(context, count_in_order, &count, "INCR counter");
  serve_until(context, &poller, &count, 5000);
  redisFree(control);
  redisAsyncFree(context);
}

struct Heard {
  int subscribed, messages, invalidations;
  char key[64];
};

static void hear(redisAsyncContext* context, void* r, void* data) {
  (void)context;
  const redisReply* reply = r;
  struct Heard* heard = data;
  if (!reply) return;  // the connection is being freed
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3) fail("hear", "not a message");
  if (strcmp(reply->element[0]->str, "subscribe") == 0) {
    ++heard->subscribed;
  } else if (strcmp(reply->element[1]->str, "__redis__:invalidate") == 0) {
    const redisReply* keys = reply->element[2];
    if (keys->type != REDIS_REPLY_ARRAY || keys->elements != 1) fail("hear", "not one key");
    snprintf(heard->key, sizeof heard->key, "%s", keys->element[0]->str);
    ++heard->invalidations;
  } else {
    if (atoi(reply->element[2]->str) != heard->messages) fail("hear", "out of order");
    ++heard->messages;
  }
}

static void messages_come_in_order(void) {
  struct Poller poller = {0, 0};
  struct Heard heard = {0};
  redisAsyncContext* context = connect_async(&poller);
  redisContext* control = connect_or_fail();
  redisAsyncCommand(context, hear, &heard, "SUBSCRIBE news");
  serve_until(context, &poller, &heard.subscribed, 1);
  for (int i = 0; i < 1000; ++i) redisAppendCommand(control, "PUBLISH news %d", i);
  for (int i = 0; i < 1000; ++i) {
    redisReply* reply;
    CHECK(redisGetReply(control, (void**)&reply) == REDIS_OK && reply->integer == 1);
    freeReplyObject(reply);
  }
  serve_until(context, &poller, &heard.messages, 1000);
  redisFree(control);
  redisAsyncFree(context);
}

static void invalidations_are_redirected(void) {
  struct Poller poller = {0, 0};
  struct Heard heard = {0};
  redisContext* reader = connect_or_fail();
  redisContext* writer = connect_or_fail();
  redisAsyncContext* cache = connect_async(&poller);
  freeReplyObject(call(writer, "CLIENT SETNAME writer"));
  redisAsyncCommand(cache, NULL, NULL, "CLIENT SETNAME cache");
  redisAsyncCommand(cache, hear, &heard, "SUBSCRIBE __redis__:invalidate");
  serve_until(cache, &poller, &heard.subscribed, 1);
  redisReply* clients = call(writer, "CLIENT LIST TYPE pubsub");
  const char* line = strstr(clients->str, "id=");
  CHECK(line != NULL && strstr(clients->str, "name=cache") != NULL);
  redisReply* reply = call(reader, "CLIENT TRACKING on REDIRECT %d", atoi(line + 3));
  CHECK(is_text(reply, REDIS_REPLY_STATUS, "OK"));
  freeReplyObject(reply);
  freeReplyObject(clients);
  for (int round = 1; round <= 100; ++round) {
    freeReplyObject(call(reader, "GET key:%d", round));
    freeReplyObject(call(writer, "SET key:%d x", round));
    serve_until(cache, &poller, &heard.invalidations, round);
    char wanted[32];
    snprintf(wanted, sizeof wanted, "key:%d", round);
    CHECK(strcmp(heard.key, wanted) == 0);
  }
  redisAsyncFree(cache);
  redisFree(writer);
  redisFree(reader);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  port = atoi(argv[1]);
  errors_are_replies();
  values_hold_any_bytes();
  pipelines_keep_their_order();
  transactions_run_unless_a_watched_key_changed();
  scripts_run_by_their_fingerprints();
  blocked_calls_are_served();
  streams_carry_work_to_a_group();
  replies_come_to_their_callbacks();
  messages_come_in_order();
  invalidations_are_redirected();
  return 0;
}
