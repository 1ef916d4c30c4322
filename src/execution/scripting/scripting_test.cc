// Scripts and functions, with the replies of redis-server 7.0.15.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "command/table.h"
#include "execution/command_tester.h"
#include "execution/scripting/key_analysis.h"
#include "execution/scripting/scripting.h"
#include "execution/store_state.h"
#include "execution/test_client.h"

namespace redstart {
namespace {

// What a session replies to EVAL of a script, and to what follows it.
std::string eval(TestClient& client, std::string_view script, std::vector<std::string_view> rest = {"0"}) {
  rest.insert(rest.begin(), {"EVAL", script});
  return to_string(client.run(rest));
}

struct Scripts : testing::Test {
  std::string operator()(std::string_view script, std::vector<std::string_view> rest = {"0"}) {
    return eval(client, script, std::move(rest));
  }
  Executor executor{{}};
  TestClient client{executor};
};

// --- Errors

TEST_F(Scripts, refuse_numbers_of_keys_that_cannot_be) {
  EXPECT_EQ((*this)("return 1", {"x"}), "(error) ERR value is not an integer or out of range");
  EXPECT_EQ((*this)("return 1", {"-1"}), "(error) ERR Number of keys can't be negative");
  EXPECT_EQ((*this)("return 1", {"1"}), "(error) ERR Number of keys can't be greater than number of args");
}

TEST_F(Scripts, tell_where_they_failed) {
  EXPECT_EQ((*this)("return redis.call('nope')"),
            "(error) ERR Unknown Redis command called from script script: "
            "f01f0776df71cc5b400c2268135aa7f30dce2e53, on @user_script:1.");
  EXPECT_EQ((*this)("syntax error here"),
            "(error) ERR Error compiling script (new function): user_script:1: '=' expected near 'error'");
}

TEST_F(Scripts, cannot_change_what_other_scripts_see) {
  for (const auto* const script :
       {"x = 1", "redis.call = nil", "rawset(_G, 'x', 1)", "rawset(redis, 'x', 1)", "setmetatable(_G, {})",
        "setmetatable(redis, {})", "table.insert(redis, 1)", "getmetatable(_G).__index = nil", "_G.KEYS = 1",
        "getmetatable('').__index = nil", "string.len = nil"}) {
    EXPECT_NE((*this)(script).find("Attempt to modify a readonly table"), std::string::npos) << script;
  }
  EXPECT_NE((*this)("return x").find("Script attempted to access nonexistent global variable 'x'"),
            std::string::npos);
  for (const auto* const name : {"print", "dofile", "loadfile", "os", "io", "debug", "require", "getfenv"}) {
    EXPECT_NE((*this)(std::string("return ") + name).find("nonexistent global"), std::string::npos) << name;
  }
}

TEST_F(Scripts, may_not_call_what_is_not_for_scripts) {
  for (const auto* const command : {"multi", "blpop', 'k', '0", "eval', 'return 1', '0", "subscribe', 'c"}) {
    const std::string reply = (*this)("return redis.call('" + std::string(command) + "')");
    EXPECT_NE(reply.find("This Redis command is not allowed from script"), std::string::npos) << reply;
  }
}

TEST_F(Scripts, may_not_ask_to_block) {
  constexpr std::string_view kScript = "return redis.pcall(unpack(ARGV))";
  EXPECT_EQ((*this)(kScript, {"0", "xread", "COUNT", "1", "block", "10", "STREAMS", "s", "1"}),
            "(error) ERR xread command is not allowed with BLOCK option from scripts");
  EXPECT_EQ((*this)(kScript, {"0", "XREADGROUP", "GROUP", "block", "c", "BLOCK", "0", "STREAMS", "s", ">"}),
            "(error) ERR XREADGROUP command is not allowed with BLOCK option from scripts");
  client("XGROUP CREATE BLOCK BLOCK $ MKSTREAM");
  EXPECT_EQ((*this)(kScript, {"0", "XREADGROUP", "GROUP", "BLOCK", "BLOCK", "NOACK", "STREAMS", "BLOCK", ">"}),
            "(nil)");
}

TEST_F(Scripts, of_users_are_told_once_that_it_is_an_error) {
  client("ACL SETUSER user on nopass ~a +@all -flushall resetchannels");
  client("AUTH user x");
  EXPECT_EQ((*this)("return redis.pcall('get', 'b')"),
            "(error) ERR The user executing the script can't access at least one of the keys mentioned in the command "
            "arguments");
  EXPECT_EQ((*this)("return redis.pcall('flushall')"),
            "(error) ERR The user executing the script can't run this command or subcommand");
  EXPECT_EQ((*this)("return redis.pcall('publish', 'c', 'x')"),
            "(error) ERR The user executing the script can't publish to the channel mentioned in the command");
}

TEST_F(Scripts, that_raise_a_table_without_a_text_have_an_unknown_error) {
  EXPECT_TRUE((*this)("error({ok = 'x'})").starts_with("(error) ERR unknown error script: "));
  EXPECT_EQ((*this)("error({})").find("(error) ERR unknown error"), 0u);
}

TEST_F(Scripts, with_flags_are_refused_without_memory_as_a_write_is) {
  client("SET k v");
  client("CONFIG SET maxmemory 1");
  EXPECT_EQ((*this)("#!lua\nreturn 1"), "(error) OOM command not allowed when used memory > 'maxmemory'.");
  EXPECT_EQ((*this)("#!lua flags=allow-oom\nreturn 1"), "(integer) 1");
}

TEST_F(Scripts, that_may_write_wait_while_writes_are_paused) {
  client("CLIENT PAUSE 1000000 WRITE");
  TestClient paused(executor);
  const auto runs = [&](std::vector<std::string_view> words) { return to_string(paused.run(words)); };
  EXPECT_EQ(runs({"EVAL", "return 1", "0"}), "(no reply)");
  EXPECT_EQ(runs({"EVAL", "#!lua\nreturn 1", "0"}), "(no reply)");
  EXPECT_EQ(runs({"EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"}), "(no reply)");
  EXPECT_EQ(runs({"FCALL", "f", "0"}), "(no reply)");
  EXPECT_EQ(runs({"PFCOUNT", "k"}), "(no reply)");
  EXPECT_EQ(runs({"EVAL", "#!lua flags=no-writes\nreturn 1", "0"}), "(integer) 1");
  EXPECT_EQ(runs({"EVAL_RO", "return 1", "0"}), "(integer) 1");
  EXPECT_EQ(paused("MULTI"), "OK");
  EXPECT_EQ(runs({"EVAL", "return 1", "0"}), "(no reply)");
  EXPECT_EQ(paused("GET k"), "QUEUED");
  EXPECT_EQ(paused("EXEC"), "1) (nil)");
  client("CLIENT UNPAUSE");
  EXPECT_EQ(runs({"EVAL", "return 1", "0"}), "(integer) 1");
}

TEST_F(Scripts, are_shown_to_monitors_before_what_they_call) {
  TestClient monitor(executor);
  monitor("MONITOR");
  (*this)("return redis.call('set', KEYS[1], '1')", {"1", "k"});
  client("FCALL f 0");
  const auto lines = monitor.take_pushes();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(lines[0]->text().ends_with("] \"EVAL\" \"return redis.call('set', KEYS[1], '1')\" \"1\" \"k\""));
  EXPECT_TRUE(lines[1]->text().ends_with("[0 lua] \"set\" \"k\" \"1\""));
  EXPECT_TRUE(lines[2]->text().ends_with("] \"FCALL\" \"f\" \"0\""));
}

TEST_F(Scripts, that_only_read_refuse_to_write) {
  EXPECT_NE(to_string(client.run(std::vector<std::string_view>{"EVAL_RO", "return redis.call('pfcount', 'k')", "0"}))
                .find("Write commands are not allowed from read-only scripts."),
            std::string::npos);
  const std::vector<std::string_view> words{"EVAL_RO", "return redis.call('set', KEYS[1], '1')", "1", "k"};
  EXPECT_NE(to_string(client.run(words)).find("Write commands are not allowed from read-only scripts."),
            std::string::npos);
  EXPECT_NE((*this)("#!lua flags=no-writes\nreturn redis.call('set', KEYS[1], '1')", {"1", "k"}).find("read-only"),
            std::string::npos);
  EXPECT_EQ(client("EXISTS k"), "(integer) 0");
}

TEST_F(Scripts, keep_what_they_wrote_before_they_failed) {
  EXPECT_NE((*this)("redis.call('set', KEYS[1], '1') error('x')", {"1", "k"}).find("user_script:1: x"),
            std::string::npos);
  EXPECT_EQ(client("GET k"), "\"1\"");
}

// --- Values

TEST_F(Scripts, convert_values_both_ways) {
  EXPECT_EQ((*this)("return 3.99"), "(integer) 3");
  EXPECT_EQ((*this)("return {1, 'a', true, false, {ok = 'fine'}, nil, 4}"),
            "1) (integer) 1\n2) \"a\"\n3) (integer) 1\n4) (nil)\n5) fine");
  EXPECT_EQ((*this)("return {err = 'MY error'}"), "(error) MY error");
  EXPECT_EQ((*this)("return type(redis.call('get', KEYS[1]))", {"1", "k"}), "\"boolean\"");
  EXPECT_EQ((*this)("return redis.call('set', KEYS[1], ARGV[1]).ok", {"1", "k", "v"}), "\"OK\"");
  EXPECT_EQ((*this)("redis.call('set', KEYS[1], 0.1) return redis.call('get', KEYS[1])", {"1", "k"}),
            "\"0.10000000000000001\"");
}

TEST_F(Scripts, have_their_libraries) {
  EXPECT_EQ((*this)("return cjson.encode({1, 2, {a = 'x'}})"), "\"[1,2,{\\\"a\\\":\\\"x\\\"}]\"");
  EXPECT_EQ((*this)("return cmsgpack.unpack(cmsgpack.pack({1, 'a', 2.5}))[3] * 2"), "(integer) 5");
  EXPECT_EQ((*this)("return {struct.unpack('>I2c3', struct.pack('>I2c3', 258, 'abc'))}"),
            "1) (integer) 258\n2) \"abc\"\n3) (integer) 6");
  EXPECT_EQ((*this)("return tostring(cmsgpack.unpack('\\207\\255\\255\\255\\255\\255\\255\\255\\255'))"), "\"-1\"");
  EXPECT_NE((*this)("return struct.unpack('b', 'a', 0)").find("offset must be 1 or greater"), std::string::npos);
  EXPECT_EQ((*this)("return bit.band(12, 10)"), "(integer) 8");
  EXPECT_EQ((*this)("return redis.sha1hex('')"), "\"da39a3ee5e6b4b0d3255bfef95601890afd80709\"");
}

TEST_F(Scripts, leave_the_clients_database_alone) {
  EXPECT_EQ((*this)("redis.call('select', 3) return redis.call('set', KEYS[1], 'x')", {"1", "k"}), "OK");
  EXPECT_EQ(client("GET k"), "(nil)");
  EXPECT_EQ(client("SELECT 3"), "OK");
  EXPECT_EQ(client("GET k"), "\"x\"");
}

TEST_F(Scripts, reach_keys_that_they_did_not_declare) {
  EXPECT_EQ((*this)("for i = 1, 100 do redis.call('set', 'key' .. i, i) end return redis.call('dbsize')"),
            "(integer) 100");
  EXPECT_EQ((*this)("return #redis.call('keys', 'key*')"), "(integer) 100");
}

TEST_F(Scripts, run_in_transactions) {
  client("MULTI");
  (*this)("return redis.call('incr', KEYS[1])", {"1", "n"});
  (*this)("return redis.call('incr', 'n')");
  EXPECT_EQ(client("EXEC"), "1) (integer) 1\n2) (integer) 2");
}

TEST_F(Scripts, wake_blocked_clients_when_they_end) {
  TestClient blocked(executor);
  EXPECT_EQ(blocked("BLPOP q 0"), "(no reply)");
  EXPECT_EQ((*this)("redis.call('rpush', KEYS[1], 'a') return redis.call('llen', KEYS[1])", {"1", "q"}), "(integer) 1");
  EXPECT_EQ(blocked.late, "1) \"q\"\n2) \"a\"");
}

TEST_F(Scripts, come_into_the_cache_only_when_they_run) {
  (*this)("return 1", {"x"});
  EXPECT_EQ(client("EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0"),
            "(error) NOSCRIPT No matching script. Please use EVAL.");
}

TEST_F(Scripts, are_found_by_their_fingerprints_until_the_cache_is_flushed) {
  EXPECT_EQ(client("EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0"),
            "(error) NOSCRIPT No matching script. Please use EVAL.");
  EXPECT_EQ(client("SCRIPT LOAD 'return 1'"), "\"e0e1f9fabfc9d4800c877a703b823ac0578ff8db\"");
  EXPECT_EQ(client("EVALSHA E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 0"), "(integer) 1");
  EXPECT_EQ(client("SCRIPT FLUSH"), "OK");
  EXPECT_EQ(client("SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db"), "1) (integer) 0");
}

// --- Functions

constexpr std::string_view kLibrary =
    "#!lua name=mylib\n"
    "redis.register_function('set_it', function(keys, args) return redis.call('set', keys[1], args[1]) end)\n"
    "redis.register_function{function_name = 'get_it', flags = {'no-writes'},\n"
    "  callback = function(keys, args) return redis.call('get', keys[1]) end}";

TEST_F(Scripts, functions_are_loaded_called_and_restored) {
  EXPECT_EQ(client("FCALL get_it 1 k"), "(error) ERR Function not found");
  std::vector<std::string_view> load{"FUNCTION", "LOAD", kLibrary};
  EXPECT_EQ(to_string(client.run(load)), "\"mylib\"");
  EXPECT_EQ(to_string(client.run(load)), "(error) ERR Library 'mylib' already exists");
  EXPECT_EQ(client("FCALL set_it 1 k v"), "OK");
  EXPECT_EQ(client("FCALL_RO GET_IT 1 k"), "\"v\"");
  EXPECT_EQ(client("FCALL_RO set_it 1 k v"),
            "(error) ERR Can not execute a script with write flag using *_ro command.");
  const std::vector<std::string_view> dump{"FUNCTION", "DUMP"};
  const std::string payload = client.run(dump).text();
  EXPECT_EQ(client("FUNCTION FLUSH"), "OK");
  EXPECT_EQ(client("FCALL get_it 1 k"), "(error) ERR Function not found");
  const std::vector<std::string_view> restore{"FUNCTION", "RESTORE", payload};
  EXPECT_EQ(to_string(client.run(restore)), "OK");
  EXPECT_EQ(to_string(client.run(restore)), "(error) ERR Library mylib already exists");
  EXPECT_EQ(client("FCALL get_it 1 k"), "\"v\"");
}

// --- Which keys a script can touch

TEST(KeyAnalysis, knows_scripts_that_stay_with_their_keys) {
  const CommandTable commands(command_specs());
  for (const auto* const script :
       {"return redis.call('get', KEYS[1])", "local k = KEYS[1] redis.call('incr', k) return redis.call('ttl', k)",
        "local a, b = KEYS[1], KEYS[2]\nreturn redis.call('rename', a, b)",
        "for i = 1, #KEYS do redis.call('del', KEYS[i]) end",
        "return redis.call('mset', KEYS[1], 'a', KEYS[2], ARGV[1])",
        "-- redis.call('get', 'x')\nreturn 'redis.call(x)'", "return cjson.encode(redis.pcall('hgetall', KEYS[1]))",
        "return redis.call('zunionstore', KEYS[1], 2, KEYS[2], KEYS[3])",
        "local c = redis.call('incr', KEYS[1]) if c == 1 then redis.call('expire', KEYS[1], ARGV[1]) end return c"}) {
    EXPECT_TRUE(stays_with_its_keys(script, commands)) << script;
  }
}

TEST(KeyAnalysis, takes_no_chances_with_others) {
  const CommandTable commands(command_specs());
  for (const auto* const script :
       {"return redis.call('get', 'x')", "return redis.call('get', ARGV[1])", "return redis.call(ARGV[1], KEYS[1])",
        "KEYS[1] = 'x' return redis.call('get', KEYS[1])", "KEYS[1], y = 'x', 1 return redis.call('get', KEYS[1])",
        "local k = KEYS k[1] = 'x' return redis.call('get', KEYS[1])", "table.insert(KEYS, 1, 'x')",
        "local k = KEYS[1] k = 'x' return redis.call('get', k)", "local k = KEYS[1] .. 'x' return redis.call('get', k)",
        "local k = KEYS[1] local function f(k) return redis.call('get', k) end return f('x')",
        "local k = KEYS[1] for k = 1, 2 do redis.call('get', k) end", "local c = redis.call return c('get', 'x')",
        "local r = redis return r.call('get', 'x')", "return redis['call']('get', 'x')",
        "return _G['redis'].call('get', 'x')", "return loadstring(ARGV[1])()", "return redis.call('del', unpack(ARGV))",
        "return redis.call('del', KEYS[1], unpack(ARGV))",
        "return redis.call('zunionstore', KEYS[1], ARGV[1], KEYS[2])",
        "return redis.call('keys', '*')", "return redis.call('sort', KEYS[1], 'store', ARGV[1])",
        "local k = KEYS[1] k, x = 'a', 'b' return redis.call('get', k)", "return pcall(redis.call, 'get', 'x')"}) {
    EXPECT_FALSE(stays_with_its_keys(script, commands)) << script;
  }
}

TEST(KeyAnalysis, knows_libraries_whose_functions_stay_with_their_keys) {
  const CommandTable commands(command_specs());
  for (const auto* const library :
       {"redis.register_function('f', function(keys, args) return redis.call('get', keys[1]) end)",
        "redis.register_function('f', function() return 1 end)",
        "redis.register_function{function_name = 'f', flags = {'no-writes'}, "
        "callback = function(keys) return redis.call('get', keys[1]) end}",
        "redis.register_function({callback = function(keys) return redis.call('get', keys[1]) end, "
        "function_name = 'f'})",
        "local function get(keys, args) if #keys == 1 then return redis.call('get', keys[1]) end end "
        "redis.register_function('f', get) redis.register_function{function_name='g', callback=get}",
        "local function add(a, b) return a + b end "
        "redis.register_function('f', function(keys, args) local k = keys[1] for i = 1, 2 do redis.call('incr', k) end "
        "return add(args[1], 1) end) "
        "redis.register_function('g', function(keys) local k = keys[2] return redis.call('get', k) end)"}) {
    EXPECT_TRUE(library_stays_with_its_keys(library, commands)) << library;
  }
}

TEST(KeyAnalysis, takes_no_chances_with_other_libraries) {
  const CommandTable commands(command_specs());
  for (const auto* const library :
       {"redis.register_function('f', function(keys, args) return redis.call('get', args[1]) end)",
        "redis.register_function('f', function(keys) return redis.call('get', keys[1]) end) "
        "redis.register_function('g', function(args) return redis.call('get', args[1]) end)",
        "local function get(keys) return redis.call('get', keys[1]) end "
        "redis.register_function('f', function(ks, args) return get(args) end)",
        "local function get(keys) return redis.call('get', keys[1]) end redis.register_function('f', get) "
        "redis.register_function('g', function(keys, args) return get(args) end)",
        "local saved redis.register_function('f', function(keys) local k = keys[1] "
        "saved = function() return redis.call('get', k) end end) "
        "redis.register_function('g', function(keys) return saved() end)",
        "local keys = {'x'} redis.register_function('f', function() return redis.call('get', keys[1]) end)",
        "local k redis.register_function('f', function(keys) k = keys[1] end) "
        "redis.register_function('g', function() return redis.call('get', k) end)",
        "local t = {callback = function(keys) return redis.call('get', keys[1]) end} "
        "redis.register_function('f', function(ks, args) return t.callback(args) end)",
        "local r = redis.register_function r('f', function(keys) return redis.call('get', 'x') end)",
        "redis.register_function('f', function(keys) keys[1] = 'x' return redis.call('get', keys[1]) end)",
        "redis.register_function('f', function(keys, keys) return redis.call('get', keys[1]) end)",
        "redis.register_function('f', function(a, keys) return redis.call('get', keys[1]) end)"}) {
    EXPECT_FALSE(library_stays_with_its_keys(library, commands)) << library;
  }
  EXPECT_FALSE(stays_with_its_keys("redis.register_function('f', 1)", commands)) << "is for libraries";
}

// --- Many at once

// Scripts and functions with declared and with undeclared keys, transactions and commands of several keys move money
// between accounts: none is lost, and nobody waits for ever.
TEST(ScriptsTogether, keep_the_sum_of_all_accounts) {
  constexpr int kAccounts = 20, kThreads = 4, kRounds = 300;
  Executor executor({});
  {
    TestClient client(executor);
    for (int i = 0; i < kAccounts; ++i) client("SET account:" + std::to_string(i) + " 100");
    const std::vector<std::string_view> load{
        "FUNCTION", "LOAD",
        "#!lua name=accounts\n"
        "redis.register_function('move', function(keys, args) "
        "redis.call('decrby', keys[1], args[1]) redis.call('incrby', keys[2], args[1]) end)"};
    ASSERT_EQ(to_string(client.run(load)), "\"accounts\"");
  }
  constexpr std::string_view kDeclared =
      "redis.call('decrby', KEYS[1], ARGV[1]) redis.call('incrby', KEYS[2], ARGV[1])";
  constexpr std::string_view kUndeclared =
      "redis.call('decrby', 'account:' .. ARGV[1], ARGV[3]) redis.call('incrby', 'account:' .. ARGV[2], ARGV[3])";
  constexpr std::string_view kSum =
      "local sum = 0 for i, k in ipairs(redis.call('keys', 'account:*')) do sum = sum + redis.call('get', k) end "
      "return sum";
  const auto work = [&](int thread) {
    TestClient client(executor);
    for (int round = 0; round < kRounds; ++round) {
      const std::string from = std::to_string((thread * 7 + round) % kAccounts);
      const std::string to = std::to_string((thread * 3 + round * 5 + 1) % kAccounts);
      const std::string from_key = "account:" + from, to_key = "account:" + to;
      switch (round % 5) {
        case 0: eval(client, kDeclared, {"2", from_key, to_key, "3"}); break;
        case 1: eval(client, kUndeclared, {"0", from, to, "2"}); break;
        case 2: client.run_all("MULTI|DECRBY " + from_key + " 1|INCRBY " + to_key + " 1|EXEC"); break;
        case 3: client("FCALL move 2 " + from_key + " " + to_key + " 4"); break;
        default: EXPECT_EQ(eval(client, kSum), "(integer) 2000");
      }
    }
  };
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back(work, thread);
  for (std::thread& thread : threads) thread.join();
  TestClient client(executor);
  EXPECT_EQ(eval(client, kSum), "(integer) 2000");
}

// Lua's own functions would write beyond the stack.
TEST_F(Scripts, may_ask_for_more_values_than_an_int_can_count) {
  for (const char* range : {"0, 2147483647", "-1, 2147483647", "-2147483648, 2147483647", "1, 2147483647"}) {
    const std::string reply = (*this)(std::string("return unpack({}, ") + range + ")");
    EXPECT_NE(reply.find("too many results to unpack"), std::string::npos) << range << ": " << reply;
  }
  EXPECT_EQ((*this)("return {unpack({1, 2, 3}, 2, 3)}"), "1) (integer) 2\n2) (integer) 3");
  EXPECT_EQ((*this)("return {unpack({1, 2}, 2147483647, 2147483647)}"), "(empty array)");
  EXPECT_EQ((*this)("return {unpack({1, 2}, 3, 2)}"), "(empty array)");
}

TEST_F(Scripts, may_ask_for_any_number_of_hexadecimal_digits) {
  EXPECT_EQ((*this)("return bit.tohex(65535, -2147483648)"), "\"0000FFFF\"");
  EXPECT_EQ((*this)("return bit.tohex(65535, 4294967296 * 3 + 2147483648)"), "\"0000FFFF\"");
  EXPECT_EQ((*this)("return bit.tohex(65535, 2147483647)"), "\"0000ffff\"");
  EXPECT_EQ((*this)("return bit.tohex(65535, -4)"), "\"FFFF\"");
  EXPECT_EQ((*this)("return bit.tohex(65535)"), "\"0000ffff\"");
}

// --- Scripts that do not end

// Waits until another client is told BUSY.
void wait_until_busy(TestClient& client) {
  while (!client("GET other").starts_with("(error) BUSY")) std::this_thread::yield();
}

TEST(LongScripts, let_others_say_kill_and_tell_them_busy) {
  Executor executor({});
  TestClient other(executor);
  EXPECT_EQ(other("SCRIPT KILL"), "(error) NOTBUSY No scripts in execution right now.");
  other("CONFIG SET busy-reply-threshold 10");
  std::string reply;
  std::thread runner([&] {
    TestClient client(executor);
    reply = eval(client, "while true do pcall(function() while true do end end) end", {"1", "k"});
  });
  wait_until_busy(other);
  EXPECT_EQ(other("GET k"),
            "(error) BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.");
  EXPECT_EQ(other("FUNCTION KILL").substr(0, 12), "(error) BUSY");
  executor.state().on_shutdown([] { ADD_FAILURE() << "the script is cut in half"; });
  EXPECT_EQ(other("SHUTDOWN").substr(0, 12), "(error) BUSY");
  EXPECT_EQ(other("SHUTDOWN SAVE").substr(0, 12), "(error) BUSY");
  executor.state().on_shutdown(nullptr);
  EXPECT_EQ(other("SCRIPT KILL"), "OK");
  runner.join();
  EXPECT_NE(reply.find("Script killed by user with SCRIPT KILL"), std::string::npos) << reply;
  EXPECT_EQ(other("GET k"), "(nil)");
}

TEST(LongScripts, that_have_written_are_not_killed_by_a_client) {
  Executor executor({});
  TestClient other(executor);
  other("CONFIG SET busy-reply-threshold 10");
  std::thread runner([&] {
    TestClient client(executor);
    eval(client, "redis.call('set', KEYS[1], '1') while true do end", {"1", "k"});
  });
  wait_until_busy(other);
  EXPECT_EQ(other("SCRIPT KILL").substr(0, 18), "(error) UNKILLABLE");
  executor.scripting().long_scripts().kill_all();
  runner.join();
  EXPECT_EQ(other("GET k"), "\"1\"");
}

}  // namespace
}  // namespace redstart
