// BITOP operation destkey key [key ...]: combines strings bit by bit. A shorter one is continued
// with zeros.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "execution/command_context.h"
#include "types/string/bitmap.h"

namespace redstart {
namespace {

using bitmap::Operation;

constexpr size_t kSpareFactorMax = 2;  // room that may be taken over for a smaller result

struct OperationName {
  std::string_view name;
  Operation operation;
  bool needs_two_sources = false;
};
constexpr OperationName kOperations[] = {
    {"AND", Operation::and_},          {"OR", Operation::or_},
    {"XOR", Operation::xor_},          {"NOT", Operation::not_},
    {"DIFF", Operation::diff, true},   {"DIFF1", Operation::diff1, true},
    {"ANDOR", Operation::andor, true}, {"ONE", Operation::one},
};

std::optional<Operation> parse_operation(CommandContext& c, size_t source_count) {
  const auto* const found = std::ranges::find_if(
      kOperations, [&](const OperationName& known) { return c.arg_is(1, known.name); });
  if (found == std::end(kOperations)) return c.syntax_error(), std::nullopt;
  if (found->operation == Operation::not_ && source_count != 1) {
    return c.error("ERR BITOP NOT must be called with a single source key."), std::nullopt;
  }
  if (found->needs_two_sources && source_count < 2) {
    c.error("ERR BITOP " + std::string(found->name) +
            " must be called with at least two source keys.");
    return std::nullopt;
  }
  return found->operation;
}

// The source strings. Integers are spelled out in `numbers`.
class Sources {
 public:
  bool read(CommandContext& c, std::span<const std::string_view> keys) {
    numbers_.resize(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      const Read value = c.read(keys[i], Type::string);
      if (value.wrong_type) return false;
      texts_.push_back(value ? value.entry->text(numbers_[i]) : "");
      size_max_ = std::max(size_max_, texts_.back().size());
    }
    return true;
  }
  std::span<const std::string_view> texts() const { return texts_; }
  size_t size_max() const { return size_max_; }

 private:
  std::vector<NumberBuffer> numbers_;
  std::vector<std::string_view> texts_;
  size_t size_max_ = 0;
};

// The destination may be one of the sources: it is either written where it is, or replaced at the
// end.
void store(Edit& edit, Operation operation, const Sources& sources) {
  const size_t size = sources.size_max();
  if (size <= Entry::kInlineBytesMax) {
    std::array<char, Entry::kInlineBytesMax> result;
    bitmap::combine(operation, sources.texts(), result.data(), size);
    return edit.set_raw_text({result.data(), size}, kNoDeadline);
  }
  if (edit.exists() && edit.entry()->is_external() &&
      edit.entry()->shared_text().capacity() <= kSpareFactorMax * size) {
    edit.clear_deadline();
    if (char* present = edit.resize_text_in_place(size)) {
      return bitmap::combine(operation, sources.texts(), present, size);
    }
  }
  SharedBytes result = SharedBytes::uninitialized(size);
  bitmap::combine(operation, sources.texts(), result.mutable_data(), size);
  edit.set_shared_text(std::move(result), kNoDeadline);
}

void run(CommandContext& c) {
  const auto keys = c.args().subspan(3);
  const auto operation = parse_operation(c, keys.size());
  if (!operation) return;
  Sources sources;
  if (!sources.read(c, keys)) return;
  Edit edit = c.edit(c.arg(2), Type::none);
  if (sources.size_max() > 0) {
    store(edit, *operation, sources);
    edit.event("set");
  } else if (edit.exists()) {
    edit.remove();
    edit.event("del");
  }
  c.reply().integer(static_cast<int64_t>(sources.size_max()));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyOW | kKeyUpdate, .index = 2, .last = 0},
    {.flags = kKeyRO | kKeyAccess, .index = 3, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "operation", .type = ArgumentType::string},
    {.name = "destkey", .type = ArgumentType::key, .key_spec = 0},
    {.name = "key", .type = ArgumentType::key, .key_spec = 1, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(bitop) = {
    .name = "bitop",
    .summary = "Combines strings bit by bit and keeps the result under a key.",
    .complexity = "O(N), N: bytes of all sources",
    .since = "2.6.0",
    .group = CommandGroup::bitmap,
    .arity = -4,
    .flags = kWrite | kDenyOom,
    .acl_categories = "bitmap",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
