#include "durability/log/manifest.h"

#include <gtest/gtest.h>

namespace redstart {
namespace {

std::string error_of(std::string_view text) {
  const auto parsed = parse_manifest(text);
  return parsed ? "" : parsed.error();
}

TEST(Manifest, says_which_line_is_wrong_and_why) {
  EXPECT_EQ(error_of(""), "line 1: the file is empty");
  EXPECT_EQ(error_of("file a seq 1 type b"), "line 1: it is cut off");
  EXPECT_EQ(error_of("file a seq 1 type b\n\n"), "line 2: it is empty");
  EXPECT_EQ(error_of("file a seq 1\n"), "line 1: it is not of the form: file NAME seq NUMBER type b|i|h");
  EXPECT_EQ(error_of("file \"a seq 1 type b\n"), "line 1: a quote is not closed");
  EXPECT_EQ(error_of("file ../a seq 1 type b\n"), "line 1: '../a' is a path; a plain file name is wanted");
  EXPECT_EQ(error_of("file a seq 0 type b\n"), "line 1: '0' is no number of a file");
  EXPECT_EQ(error_of("file a seq 1 type x\n"),
            "line 1: 'x' is no type of a file: b (base), i (incremental) or h (history)");
  EXPECT_EQ(error_of("file a seq 1 seq 1 seq 1\n"), "line 1: file, seq or type is missing");
  EXPECT_EQ(error_of("file a seq 1 type b\nfile b seq 2 type b\n"), "line 2: there is a second base");
  EXPECT_EQ(error_of("file a seq 2 type i\nfile b seq 2 type i\n"),
            "line 2: the numbers of incremental files do not grow");
}

TEST(Manifest, reads_comments_quotes_and_keys_of_later_versions) {
  const auto parsed = parse_manifest("# made by hand\nfile \"a b\" seq 1 type b startoffset 0\nfile c seq 7 type i\n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->base->name, "a b");
  EXPECT_EQ(parsed->last_increment_seq(), 7);
  EXPECT_EQ(parsed->text(), "file \"a b\" seq 1 type b\nfile c seq 7 type i\n");
}

TEST(Manifest, keeps_history_until_it_is_deleted) {
  const std::string text =
      "file a.2.base.rdb seq 2 type b\nfile a.1.base.rdb seq 1 type h\nfile a.3.incr.aof seq 3 type i\n";
  const auto parsed = parse_manifest(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->history.size(), 1u);
  EXPECT_EQ(parsed->text(), text);
}

}  // namespace
}  // namespace redstart
