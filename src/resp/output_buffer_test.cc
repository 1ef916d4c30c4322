// OutputBuffer: beside a string that holds the same bytes, however they are put in and taken out.
#include "resp/output_buffer.h"

#include <gtest/gtest.h>

#include <array>

#include "base/random.h"

namespace redstart {
namespace {

// What a writer would send next with so many pieces.
std::string gathered(const OutputBuffer& buffer, size_t pieces_max = 64) {
  std::vector<iovec> pieces(pieces_max);
  const size_t count = buffer.gather(pieces);
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    EXPECT_GT(pieces[i].iov_len, 0u);
    text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  }
  return text;
}

TEST(OutputBuffer, is_empty_at_first_and_after_everything_was_sent) {
  OutputBuffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(gathered(buffer), "");
  buffer.append("abc");
  buffer.append(SharedBytes::copy("shared"));
  EXPECT_EQ(buffer.pending_bytes(), 9u);
  buffer.consume(9);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(gathered(buffer), "");
}

TEST(OutputBuffer, shares_large_values_instead_of_copying) {
  OutputBuffer buffer;
  const SharedBytes value = SharedBytes::copy(std::string(100'000, 'x'));
  buffer.append("<");
  buffer.append(value);
  buffer.append(">");
  std::array<iovec, 8> pieces;
  ASSERT_EQ(buffer.gather(pieces), 3u);
  EXPECT_EQ(pieces[1].iov_base, value.data());
  EXPECT_FALSE(value.unique());
  buffer.consume(100'001);
  EXPECT_TRUE(value.unique());
  EXPECT_EQ(gathered(buffer), ">");
}

TEST(OutputBuffer, takes_back_what_came_after_a_mark) {
  OutputBuffer buffer;
  const SharedBytes value = SharedBytes::copy("large");
  buffer.append("kept");
  const auto mark = buffer.mark();
  buffer.append("gone");
  buffer.append(value);
  buffer.append("gone too");
  buffer.rewind(mark);
  EXPECT_TRUE(value.unique());
  EXPECT_EQ(buffer.pending_bytes(), 4u);
  buffer.append("!");
  EXPECT_EQ(gathered(buffer), "kept!");
}

TEST(OutputBuffer, gives_up_the_memory_of_a_large_reply) {
  OutputBuffer buffer;
  buffer.append(std::string(1 << 20, 'x'));
  EXPECT_GE(buffer.capacity_bytes(), size_t{1} << 20);
  buffer.consume(1 << 20);
  buffer.shrink();
  EXPECT_EQ(buffer.capacity_bytes(), 0u);
  buffer.append("again");
  EXPECT_EQ(gathered(buffer), "again");
}

TEST(OutputBuffer, keeps_the_order_of_any_bytes) {
  Random random(11);
  OutputBuffer buffer;
  std::string model;
  for (int step = 0; step < 20'000; ++step) {
    const std::string bytes(random.below(random.below(20) == 0 ? 5000 : 50),
                            static_cast<char>('a' + random.below(26)));
    switch (random.below(5)) {
      case 0:
        if (bytes.empty()) break;
        buffer.append(SharedBytes::copy(bytes));
        model += bytes;
        break;
      case 1: {
        const auto mark = buffer.mark();
        buffer.append(bytes);
        buffer.append(SharedBytes::copy("z" + bytes));
        buffer.rewind(mark);
        break;
      }
      case 2: {
        const size_t sent = random.below(model.size() + 1);
        buffer.consume(sent);
        model.erase(0, sent);
        break;
      }
      default:
        buffer.append(bytes);
        model += bytes;
    }
    ASSERT_EQ(buffer.pending_bytes(), model.size()) << step;
    const std::string next = gathered(buffer, 1 + random.below(200));
    ASSERT_EQ(next, model.substr(0, next.size())) << step;
    ASSERT_EQ(next.empty(), model.empty());
  }
}

}  // namespace
}  // namespace redstart
