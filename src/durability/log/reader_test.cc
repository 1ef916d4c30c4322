#include "durability/log/reader.h"

#include <gtest/gtest.h>

#include "durability/log/batch.h"
#include "durability/log/unit.h"
#include "resp/command_text.h"

namespace redstart {
namespace {

std::string command(std::initializer_list<std::string_view> words) {
  std::string out;
  append_command(out, std::span(words.begin(), words.size()));
  return out;
}

// Everything that can be read, a unit a line, and how it ended.
std::string read(std::string_view bytes) {
  ByteSource source(bytes);
  LogReader reader(source);
  std::string text;
  while (true) {
    const auto status = reader.next();
    if (status == LogReader::Status::end) return text + "end";
    if (status != LogReader::Status::unit) {
      const bool is_torn = status == LogReader::Status::torn;
      const uint64_t offset = reader.offset();
      return text + (is_torn ? "torn" : "damaged") + " in the unit of byte " + std::to_string(reader.unit_begin()) +
             ", at " + std::to_string(offset) + ": " + reader.problem() +
             (!is_torn && reader.may_be_torn() ? " (or torn)" : "");
    }
    for (const auto& words : reader.commands()) {
      for (const auto word : words) text.append(word).append(" ");
      text += "; ";
    }
    text += "\n";
  }
}

TEST(LogReader, tells_a_torn_tail_from_damage) {
  const std::string whole = command({"SET", "a", "1"});
  for (size_t size = 1; size < whole.size(); ++size) {
    const std::string text = read(whole + whole.substr(0, size));
    EXPECT_TRUE(text.starts_with("SET a 1 ; \ntorn in the unit of byte 27")) << size << text;
  }
  EXPECT_EQ(read(whole + "SET"), "SET a 1 ; \ndamaged in the unit of byte 27, at 27: '*' is expected");
  EXPECT_EQ(read("*1\r\n$x\r\n"), "damaged in the unit of byte 0, at 8: 'x' is no length");
  EXPECT_EQ(read("*1\n$1\r\na\r\n"), "damaged in the unit of byte 0, at 0: a line does not end with CR LF");
  EXPECT_EQ(read("*1\r\n$1\r\nab\r\n"), "damaged in the unit of byte 0, at 8: an argument does not end with CR LF");
  EXPECT_EQ(read("*0\r\n"), "damaged in the unit of byte 0, at 4: a command without a name");
}

TEST(LogReader, takes_a_transaction_as_a_whole) {
  const std::string multi = command({"MULTI"}), set = command({"SET", "a", "1"}), exec = command({"EXEC"});
  EXPECT_EQ(read(multi + set + set + exec + set), "SET a 1 ; SET a 1 ; \nSET a 1 ; \nend");
  EXPECT_EQ(read(set + multi + set),
            "SET a 1 ; \ntorn in the unit of byte 27, at 69: the file ends within a command, of a transaction");
  EXPECT_EQ(read(multi + multi), "damaged in the unit of byte 0, at 30: a MULTI within a MULTI");
  EXPECT_EQ(read(set + exec), "SET a 1 ; \ndamaged in the unit of byte 27, at 41: an EXEC without a MULTI");
}

std::string batch(std::string_view bytes, uint64_t synced_bytes) {
  return format(BatchHead{bytes.size(), hash_of_batch(bytes), synced_bytes}).append(bytes);
}

TEST(LogReader, cuts_off_what_nobody_was_promised_and_refuses_what_was_on_disk) {
  const std::string set = command({"SET", "a", "1"});
  const std::string good = batch(set, 0);
  std::string bad = good;
  bad[good.size() - 3] = '2';
  const std::string begin = "SET a 1 ; \ndamaged in the unit of byte " + std::to_string(good.size());
  const std::string problem = ": the hash of 27 bytes is not the one that was written before them";
  const std::string at = ", at " + std::to_string(good.size());
  EXPECT_EQ(read(good + bad), begin + at + problem + " (or torn)");
  EXPECT_EQ(read(good + bad + batch(set, good.size())), begin + at + problem + " (or torn)");
  EXPECT_EQ(read(good + bad + batch(set, 2 * good.size())), begin + at + problem);
  EXPECT_EQ(read(good + good.substr(0, good.size() - 1)), "SET a 1 ; \ntorn in the unit of byte " +
            std::to_string(good.size()) + at + ": the file ends within a batch of commands");
  EXPECT_EQ(read(good + "#BATCH:x\r\n"), begin + at + ": '#BATCH:x' is no head of a batch (or torn)");
}

TEST(LogReader, ends_at_room_that_was_reserved) {
  const std::string set = command({"SET", "a", "1"});
  const std::string good = batch(set, 0), room = "#\n#\n#\n#\n";
  ASSERT_EQ(good.size() % 2, 0u);
  EXPECT_EQ(read(good + room), "SET a 1 ; \nend");
  const std::string at = std::to_string(good.size());
  EXPECT_TRUE(read(good + room + good).starts_with("SET a 1 ; \ndamaged in the unit of byte " + at));
  EXPECT_TRUE(read(good + room + set).starts_with("SET a 1 ; \ndamaged in the unit of byte " + at));
}

TEST(LogReader, leaves_annotations_out) {
  const std::string set = command({"SET", "a", "1"});
  EXPECT_EQ(read("#TS:1\r\n" + set + "#TS:2\r\n#TS:3\r\n" + set + "#TS:4\r\n"), "SET a 1 ; \nSET a 1 ; \nend");
  EXPECT_EQ(read(""), "end");
}

TEST(LogUnit, selects_databases_within_a_transaction) {
  LogUnit unit;
  const std::string_view set[] = {"SET", "a", "1"};
  unit.add(2, set);
  EXPECT_EQ(unit.bytes(), command({"SET", "a", "1"}));
  unit.add(3, set);
  EXPECT_EQ(unit.bytes(), command({"MULTI"}) + command({"SET", "a", "1"}) + command({"SELECT", "3"}) +
                              command({"SET", "a", "1"}) + command({"EXEC"}));
  EXPECT_EQ(unit.first_db(), 2);
  EXPECT_EQ(unit.last_db(), 3);
}

}  // namespace
}  // namespace redstart
