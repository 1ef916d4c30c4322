// Fuzzes the packed nodes of streams: the input is a program of operations that runs on a node and on a plain vector
// beside it; contents and both directions of walking must agree. The raw input is also given to
// StreamNode::validate as a node's bytes; where it finds nothing wrong, walking must be safe and agree.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/fuzz/fuzz_main.h"
#include "types/stream/stream_node.h"

namespace {

using redstart::PackedEntry;
using redstart::StreamId;
using redstart::StreamNode;

struct Entry {
  StreamId id;
  std::vector<std::string> fields;
  bool operator==(const Entry&) const = default;
};

// Takes the input apart.
class Script {
 public:
  explicit Script(std::string_view bytes) : bytes_(bytes) {}
  bool is_over() const { return bytes_.empty(); }
  uint8_t byte() {
    if (bytes_.empty()) return 0;
    const auto value = static_cast<uint8_t>(bytes_[0]);
    bytes_.remove_prefix(1);
    return value;
  }
  std::string text() {
    const uint8_t kind = byte();
    if (kind < 100) {
      const std::string_view taken = bytes_.substr(0, kind % 24);
      bytes_.remove_prefix(taken.size());
      return std::string(taken);
    }
    if (kind < 110) return std::string(size_t{64} << (kind % 8), static_cast<char>(byte()));
    return std::to_string((int64_t{1} << byte() % 63) - byte());
  }

 private:
  std::string_view bytes_;
};

Entry unpacked(const PackedEntry& entry) {
  Entry result{entry.id(), {}};
  entry.for_each_field([&](const redstart::listpack::Value& name, const redstart::listpack::Value& value) {
    char buffer[24];
    result.fields.emplace_back(name.text(buffer));
    result.fields.emplace_back(value.text(buffer));
  });
  return result;
}

std::vector<Entry> walked(const StreamNode& node) {
  std::vector<Entry> entries;
  for (auto at = node.begin(); at != node.end(); at = node.next(at)) {
    entries.push_back(unpacked(node.entry_at(at)));
  }
  return entries;
}

std::vector<Entry> walked_back(const StreamNode& node) {
  std::vector<Entry> entries;
  for (auto at = node.end(); at != node.begin();) {
    at = node.previous(at);
    entries.push_back(unpacked(node.entry_at(at)));
  }
  std::ranges::reverse(entries);
  return entries;
}

std::vector<std::string> fields_from(Script& script) {
  std::vector<std::string> fields;
  for (int i = script.byte() % 4; i >= 0; --i) {
    fields.push_back(script.byte() % 4 ? std::string(1, static_cast<char>('a' + i)) : script.text());
    fields.push_back(script.text());
  }
  return fields;
}

void run_on_node(Script script, std::string_view input) {
  StreamId id{script.byte() % 2 ? uint64_t{1'700'000'000'000} : 0, script.byte()};
  std::vector<Entry> model;
  StreamNode* node = nullptr;
  while (!script.is_over() && model.size() < 150) {
    if (node && !model.empty() && script.byte() % 5 == 0) {
      const size_t index = script.byte() % model.size();
      const size_t count = std::min<size_t>(1 + script.byte() % 3, model.size() - index);
      StreamNode::erase(node, node->lower_bound(model[index].id), count);
      const auto first = model.begin() + static_cast<long>(index);
      model.erase(first, first + static_cast<long>(count));
    } else {
      const std::vector<std::string> fields = fields_from(script);
      const std::vector<std::string_view> views(fields.begin(), fields.end());
      const uint8_t step = script.byte();
      id = step % 2 ? *id.next() : StreamId{id.ms + (uint64_t{1} << step % 40), step};
      if (!node) node = StreamNode::create(id, views);
      StreamNode::append(node, id, views);
      model.push_back({id, fields});
    }
    redstart::fuzz::require(node->validate(), "a stream node is not well-formed", input);
  }
  if (!node) return;
  redstart::fuzz::require(walked(*node) == model, "a stream node differs from the model", input);
  redstart::fuzz::require(walked_back(*node) == model, "a stream node differs backwards", input);
  for (const Entry& entry : model) {
    redstart::fuzz::require(node->id_at(node->lower_bound(entry.id)) == entry.id, "an id is not found", input);
  }
  StreamNode::destroy(node);
}

void run_on_bytes(std::string_view input) {
  // Of exactly this size, so that a sanitizer sees a read beyond it.
  std::vector<uint64_t> words((sizeof(StreamNode) + input.size() + 7) / 8);
  auto* node = reinterpret_cast<StreamNode*>(words.data());
  Script script(input.substr(0, 3));
  node->base = {1, 1};
  node->used_bytes = node->capacity_bytes = static_cast<uint32_t>(sizeof(StreamNode) + input.size());
  node->removed_count = 0;
  node->name_count = script.byte() % 4;
  node->entry_count = script.byte() % 8;
  node->entries_offset = static_cast<uint32_t>(sizeof(StreamNode) + script.byte() % 16);
  std::memcpy(reinterpret_cast<char*>(node) + sizeof(StreamNode), input.data(), input.size());
  if (!node->validate()) return;
  redstart::fuzz::require(walked(*node) == walked_back(*node), "a valid stream node differs backwards", input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  run_on_node(Script(input), input);
  run_on_bytes(input);
  return 0;
}

#ifndef REDSTART_LIBFUZZER
int main(int argc, char** argv) {
  std::string long_seed;
  for (int i = 0; i < 400; ++i) long_seed.push_back(static_cast<char>(i * 41));
  const std::string_view seeds[] = {
      {"\x01\x05\x01\x01\x03one\x02\x01\x05\x06", 10},
      // One name of one byte, two entries of it: "a" -> 5, "a" -> 6.
      {"\x01\x02\x02\x81" "a\x07\x00\x00\x05\x04\x07\x00\x01\x06\x04", 15},
      long_seed,
  };
  return redstart::fuzz::run(argc, argv, seeds,
                             std::string_view("\x00\x01\x02\x03\x07\x7f\x80\x81\xc0\xf0\xf4\xff", 12));
}
#endif
