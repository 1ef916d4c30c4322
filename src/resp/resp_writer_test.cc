// RespWriter: the bytes of every type in both protocols, and that a reader understands them.
#include "resp/resp_writer.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace redstart {
namespace {

class RespWriterTest : public testing::Test {
 protected:
  // What was written since the last call.
  std::string written() {
    std::array<iovec, 64> pieces;
    const size_t count = buffer_.gather(pieces);
    std::string text;
    for (size_t i = 0; i < count; ++i) {
      text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    }
    buffer_.consume(text.size());
    return text;
  }
  // The same call's bytes in RESP2 and RESP3.
  std::pair<std::string, std::string> both(const std::function<void()>& write) {
    protocol_ = 2;
    write();
    std::string second = written();
    protocol_ = 3;
    write();
    return {second, written()};
  }

  int protocol_ = 2;
  OutputBuffer buffer_;
  RespWriter writer_{buffer_, protocol_};
};
using Both = std::pair<std::string, std::string>;

Both same(const std::string& text) { return {text, text}; }

TEST_F(RespWriterTest, writes_errors_in_one_line) {
  EXPECT_EQ(both([&] { writer_.error("ERR no"); }), same("-ERR no\r\n"));
  EXPECT_EQ(both([&] { writer_.error("ERR a\r\nb\nc"); }), same("-ERR a  b c\r\n"));
  EXPECT_EQ(both([&] { writer_.error("ERR end\r\n"); }), same("-ERR end\r\n"));
  EXPECT_EQ(writer_.error_count(), 6u);
  EXPECT_EQ(writer_.last_error_code(), "ERR");
}

TEST_F(RespWriterTest, writes_nothingness_in_three_ways) {
  EXPECT_EQ(both([&] { writer_.null(); }), Both("$-1\r\n", "_\r\n"));
  EXPECT_EQ(both([&] { writer_.null_array(); }), Both("*-1\r\n", "_\r\n"));
  EXPECT_EQ(both([&] { writer_.bulk(""); }), same("$0\r\n\r\n"));
  EXPECT_EQ(both([&] { writer_.array(0); }), same("*0\r\n"));
}

TEST_F(RespWriterTest, writes_integers_of_every_length) {
  EXPECT_EQ(both([&] { writer_.integer(std::numeric_limits<int64_t>::min()); }),
            same(":-9223372036854775808\r\n"));
  EXPECT_EQ(both([&] { writer_.integer(std::numeric_limits<int64_t>::max()); }),
            same(":9223372036854775807\r\n"));
  int64_t number = 0;
  for (int digits = 1; digits <= 18; ++digits) {
    for (const int64_t value : {number, number + 1, -number - 1}) {
      EXPECT_EQ(both([&] { writer_.integer(value); }), same(":" + std::to_string(value) + "\r\n"));
    }
    number = number * 10 + 9;
  }
}

TEST_F(RespWriterTest, writes_bulks_of_every_length_of_header) {
  for (const size_t size : {1u, 9u, 10u, 99u, 100u, 999u, 1000u, 16'383u, 16'384u, 100'000u}) {
    const std::string bytes(size, '\r');
    const std::string expected = "$" + std::to_string(size) + "\r\n" + bytes + "\r\n";
    EXPECT_EQ(both([&] { writer_.bulk(bytes); }), same(expected)) << size;
    EXPECT_EQ(both([&] { writer_.shared_bulk(SharedBytes::copy(bytes)); }), same(expected)) << size;
  }
}

TEST_F(RespWriterTest, writes_aggregates_as_the_protocol_has_them) {
  EXPECT_EQ(both([&] { writer_.array(12); }), same("*12\r\n"));
  EXPECT_EQ(both([&] { writer_.map(100); }), Both("*200\r\n", "%100\r\n"));
  EXPECT_EQ(both([&] { writer_.set(3); }), Both("*3\r\n", "~3\r\n"));
  EXPECT_EQ(both([&] { writer_.push(3); }), Both("*3\r\n", ">3\r\n"));
}

TEST_F(RespWriterTest, writes_the_types_that_only_resp3_has) {
  EXPECT_EQ(both([&] { writer_.number(1.5); }), Both("$3\r\n1.5\r\n", ",1.5\r\n"));
  EXPECT_EQ(both([&] { writer_.number(-std::numeric_limits<double>::infinity()); }),
            Both("$4\r\n-inf\r\n", ",-inf\r\n"));
  EXPECT_EQ(both([&] { writer_.boolean(true); }), Both(":1\r\n", "#t\r\n"));
  EXPECT_EQ(both([&] { writer_.boolean(false); }), Both(":0\r\n", "#f\r\n"));
  EXPECT_EQ(both([&] { writer_.big_number("12345678901234567890"); }),
            Both("$20\r\n12345678901234567890\r\n", "(12345678901234567890\r\n"));
  EXPECT_EQ(both([&] { writer_.verbatim("txt", "some text"); }),
            Both("$9\r\nsome text\r\n", "=13\r\ntxt:some text\r\n"));
}

TEST_F(RespWriterTest, follows_a_change_of_protocol_at_once) {
  writer_.null();
  protocol_ = 3;
  writer_.null();
  EXPECT_EQ(written(), "$-1\r\n_\r\n");
}

}  // namespace
}  // namespace redstart
