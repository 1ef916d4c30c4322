// RequestTemplate: a command as bytes, in which a few runs of digits change from one request to the next.
//
// Threads: thread-compatible. Ownership: borrows the options.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "options.h"

namespace load {

// xorshift64*: one multiplication a number.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 1) {}
  uint64_t below(uint64_t bound) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    const uint64_t bits = state_ * 0x2545F4914F6CDD1Dull;
    return static_cast<uint64_t>((static_cast<unsigned __int128>(bits) * bound) >> 64);
  }

 private:
  uint64_t state_;
};

inline void write_digits(char* out, size_t width, uint64_t value) {
  for (size_t i = width; i-- > 0;) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

class RequestTemplate {
 public:
  RequestTemplate(const std::string& command, const Options& options) : options_(options) {
    std::vector<std::string> words;
    for (size_t at = 0; at < command.size();) {
      const size_t end = std::min(command.find(' ', at), command.size());
      if (end > at) words.push_back(command.substr(at, end - at));
      at = end + 1;
    }
    bytes_ = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words) add_word(word);
  }

  size_t size_bytes() const { return bytes_.size(); }
  const std::string& bytes() const { return bytes_; }

  // REQUIRES: `out` holds this template's bytes already.
  void fill(char* out, Random& random, uint64_t sequence, uint64_t range) const {
    for (const Patch& patch : patches_) {
      uint64_t value = 0;
      switch (patch.kind) {
        case Kind::rand:
          value = random.below(range);
          break;
        case Kind::seq:
          value = sequence;
          break;
        case Kind::group:
          value = sequence / options_.group_size;
          break;
        case Kind::item:
          value = sequence % options_.group_size;
          break;
      }
      write_digits(out + patch.offset, patch.width, value);
    }
  }

 private:
  enum class Kind { rand, seq, group, item };
  struct Patch {
    size_t offset;
    size_t width;
    Kind kind;
  };

  void add_word(const std::string& word) {
    std::string text;
    std::vector<Patch> patches;
    for (size_t i = 0; i < word.size();) {
      const size_t close = word[i] == '{' ? word.find('}', i) : std::string::npos;
      if (close == std::string::npos) {
        text += word[i++];
        continue;
      }
      add_placeholder(word.substr(i + 1, close - i - 1), text, patches);
      i = close + 1;
    }
    bytes_ += "$" + std::to_string(text.size()) + "\r\n";
    for (Patch& patch : patches)
      patches_.push_back({bytes_.size() + patch.offset, patch.width, patch.kind});
    bytes_ += text + "\r\n";
  }

  void add_placeholder(const std::string& name, std::string& text,
                       std::vector<Patch>& patches) const {
    static const std::map<std::string, Kind> kinds = {
        {"rand", Kind::rand}, {"seq", Kind::seq}, {"group", Kind::group}, {"item", Kind::item}};
    if (name == "value") {
      Random random(options_.seed + 77);
      for (size_t i = 0; i < options_.value_bytes; ++i)
        text += static_cast<char>('a' + random.below(26));
    } else if (name == "int" || name == "randint") {
      text += '1';
      patches.push_back({text.size(), 9, name == "int" ? Kind::seq : Kind::rand});
      text += "000000000";
    } else if (auto it = kinds.find(name); it != kinds.end()) {
      patches.push_back({text.size(), 12, it->second});
      text += "000000000000";
    } else {
      fail("unknown placeholder {" + name + "}");
    }
  }

  const Options& options_;
  std::string bytes_;
  std::vector<Patch> patches_;
};

}  // namespace load
