#include "durability/convert/json_lines.h"

#include <gtest/gtest.h>

#include <string>

#include "durability/convert/entry_commands.h"
#include "durability/rdb/payload.h"

namespace redstart {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;

std::string error_of(std::string_view line) {
  const auto parsed = parse_json_line(line, kNowMs);
  return parsed ? "" : parsed.error();
}

// The line that is written of the value that was read of it.
std::string again(std::string_view line) {
  const auto parsed = parse_json_line(line, kNowMs);
  if (!parsed) return parsed.error();
  if (!parsed->entry) return json_line_of_function(parsed->function);
  if (!parsed->entry->is_string()) check_invariants(parsed->entry->object());
  return json_line_of(parsed->db, *parsed->entry);
}

std::string commands_of(std::string_view line) {
  const auto parsed = parse_json_line(line, kNowMs);
  std::string text;
  for_each_command_of(*parsed->entry, [&](std::span<const std::string_view> words) {
    for (const std::string_view word : words) text.append(word).append(" ");
    text.back() = '\n';
  });
  return text;
}

TEST(JsonLines, say_what_is_wrong_with_them) {
  EXPECT_EQ(error_of("{"), "it is no JSON");
  EXPECT_EQ(error_of("[1]"), "it is no object");
  EXPECT_EQ(error_of("{}"), "'key' is missing");
  EXPECT_EQ(error_of(R"({"key":"k"})"), "'type' is missing");
  EXPECT_EQ(error_of(R"({"key":1,"type":"string","value":"v"})"), R"(key has to be a string or {"base64": string})");
  EXPECT_EQ(error_of(R"({"key":{"base64":"?"},"type":"string","value":"v"})"), "'?' is no base64");
  EXPECT_EQ(error_of(R"({"key":"k","type":"tree","value":[]})"), "'tree' is no type of a key");
  EXPECT_EQ(error_of(R"({"key":"k","type":"list","value":[]})"), "a collection has to have elements");
  EXPECT_EQ(error_of(R"({"key":"k","type":"list","value":{}})"), "the value has to be an array");
  EXPECT_EQ(error_of(R"({"key":"k","type":"set","value":["a","a"]})"), "an element stands there twice");
  EXPECT_EQ(error_of(R"({"key":"k","type":"zset","value":[["a","nan"]]})"),
            R"(a score has to be a number, "inf" or "-inf")");
  EXPECT_EQ(error_of(R"({"key":"k","type":"stream","value":{"entries":[["2-1",["a","b"]],["1-1",["a","b"]]]}})"),
            "the ids of entries have to grow");
  EXPECT_EQ(error_of(R"({"key":"k","type":"hash","value":[["f","v",999999999999999]]})"),
            "a field's deadline has to be between 1970 and 10889");
  EXPECT_EQ(error_of(R"({"key":"k","type":"string","value":"v","db":-1})"), "db has to be the number of a database");
  EXPECT_EQ(error_of(R"({"key":"k","type":"string","value":"v","ttl_ms":"1"})"), "ttl_ms has to be an integer");
}

TEST(JsonLines, come_back_as_they_were) {
  for (const std::string line : {
           R"({"db":0,"key":"k","type":"string","value":"text \"\\ \u0001 ü"})",
           R"({"db":3,"key":{"base64":"/w=="},"type":"string","expires_at_ms":5,"value":{"base64":"AP8="}})",
           R"({"db":0,"key":"k","type":"list","value":["b","a","b","1"]})",
           R"({"db":0,"key":"k","type":"zset","value":[["low","-inf"],["a",0.1],["b",2.0],["high","inf"]]})",
           R"({"db":0,"key":"k","type":"hash","value":{"a":"1","b":{"base64":"/w=="}}})",
           R"({"db":0,"key":"k","type":"hash","value":[["a","1",2000000000000],["b","2"]]})",
           R"({"function":"#!lua name=f\n"})",
       }) {
    EXPECT_EQ(again(line), line + "\n");
  }
}

TEST(JsonLines, keep_all_of_a_stream) {
  const std::string line =
      R"({"db":0,"key":"k","type":"stream","value":{"entries":[["1-1",["a","1","a","2"]],["5-0",["b","3"]]],)"
      R"("entries_added":7,"groups":[{"consumers":[{"active_at_ms":9,"name":"c","seen_at_ms":8},)"
      R"({"name":"idle","seen_at_ms":4}],"entries_read":3,"last_id":"1-1","name":"g","pending":)"
      R"([{"consumer":"c","deliveries":2,"delivered_at_ms":6,"id":"1-1"}]},)"
      R"({"consumers":[],"last_id":"0-0","name":"new","pending":[]}],"last_id":"9-9","max_deleted_id":"4-4"}})";
  const std::string written = again(line);
  EXPECT_EQ(again(written), written);
  for (const char* part : {R"("entries":[["1-1",["a","1","a","2"]],["5-0",["b","3"]]])", R"("entries_added":7)",
                           R"("last_id":"9-9")", R"("max_deleted_id":"4-4")", R"("entries_read":3)",
                           R"("active_at_ms":9)", R"("deliveries":2)", R"("delivered_at_ms":6)"}) {
    EXPECT_NE(written.find(part), std::string::npos) << part << " in " << written;
  }
}

TEST(JsonLines, understand_what_people_write) {
  const auto parsed = parse_json_line(R"({"type":"hash","ttl_ms":1000,"value":{"f":"v"},"key":"k"})", kNowMs);
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->entry->deadline_ms(), kNowMs + 1000);
  const std::string stream = again(R"({"key":"k","type":"stream","value":{"entries":[["3",["a","b"]]]}})");
  EXPECT_NE(stream.find(R"("last_id":"3-0")"), std::string::npos) << stream;
  EXPECT_EQ(again(R"({"key":"k","type":"zset","value":[["a","1.5"]]})"),
            "{\"db\":0,\"key\":\"k\",\"type\":\"zset\",\"value\":[[\"a\",1.5]]}\n");
}

TEST(EntryCommands, make_the_value_anew) {
  EXPECT_EQ(commands_of(R"({"key":"k","type":"string","value":"v","expires_at_ms":5})"), "SET k v\nPEXPIREAT k 5\n");
  EXPECT_EQ(commands_of(R"({"key":"k","type":"zset","value":[["a",1.5],["b","inf"]]})"), "ZADD k 1.5 a inf b\n");
  EXPECT_EQ(commands_of(R"({"key":"k","type":"hash","value":[["a","1",2000000000000]]})"),
            "HSET k a 1\nHPEXPIREAT k 2000000000000 FIELDS 1 a\n");
  EXPECT_EQ(commands_of(R"({"key":"k","type":"stream","value":{"entries":[],"last_id":"5-5","entries_added":2}})"),
            "XGROUP CREATE k - $ MKSTREAM\nXGROUP DESTROY k -\nXSETID k 5-5 ENTRIESADDED 2 MAXDELETEDID 0-0\n");
}

TEST(EntryCommands, come_in_chunks) {
  std::string line = R"({"key":"k","type":"list","value":["0")";
  for (size_t i = 1; i < kElementsPerCommand * 2 + 1; ++i) line += ",\"" + std::to_string(i) + "\"";
  std::vector<size_t> sizes;
  const auto parsed = parse_json_line(line + "]}", kNowMs);
  for_each_command_of(*parsed->entry, [&](std::span<const std::string_view> words) {
    sizes.push_back(words.size() - 2);
  });
  EXPECT_EQ(sizes, (std::vector{kElementsPerCommand, kElementsPerCommand, size_t{1}}));
}

}  // namespace
}  // namespace redstart
