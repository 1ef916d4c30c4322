#include "base/quoted_words.h"

#include <algorithm>

namespace redstart {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// What ends a word without quotes: unlike other white space, a vertical tab or a form feed is a part of it.
bool ends_bare_word(char c) { return is_space(c) && c != '\v' && c != '\f'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Reads words from the front of a line.
class Reader {
 public:
  explicit Reader(std::string_view line) : line_(line) {}

  bool skip_spaces() {
    while (at_ < line_.size() && is_space(line_[at_])) ++at_;
    return at_ < line_.size();
  }

  // False: a quote is not closed properly.
  bool read_word(std::string& word) {
    while (at_ < line_.size()) {
      const char c = line_[at_];
      if (c == '"' || c == '\'') return c == '"' ? read_double(word) : read_single(word);
      if (ends_bare_word(c)) return true;
      word += c;
      ++at_;
    }
    return true;
  }

 private:
  bool read_double(std::string& word) {
    for (++at_; at_ < line_.size(); ++at_) {
      const char c = line_[at_];
      if (c == '"') return close();
      if (c != '\\' || at_ + 1 >= line_.size()) {
        word += c;
      } else if (is_hex_escape()) {
        word += static_cast<char>(hex_digit(line_[at_ + 2]) * 16 + hex_digit(line_[at_ + 3]));
        at_ += 3;
      } else {
        word += unescaped(line_[++at_]);
      }
    }
    return false;
  }
  bool read_single(std::string& word) {
    for (++at_; at_ < line_.size(); ++at_) {
      const char c = line_[at_];
      if (c == '\'') return close();
      if (c == '\\' && at_ + 1 < line_.size() && line_[at_ + 1] == '\'') ++at_;
      word += line_[at_];
    }
    return false;
  }
  bool is_hex_escape() const {
    return at_ + 3 < line_.size() && line_[at_ + 1] == 'x' && hex_digit(line_[at_ + 2]) >= 0 &&
           hex_digit(line_[at_ + 3]) >= 0;
  }
  bool close() {
    ++at_;
    return at_ >= line_.size() || is_space(line_[at_]);
  }

  std::string_view line_;
  size_t at_ = 0;
};

}  // namespace

std::optional<std::vector<std::string>> split_quoted_words(std::string_view line) {
  // A zero byte ends a line, as the end of a C string does.
  Reader reader(line.substr(0, line.find('\0')));
  std::vector<std::string> words;
  while (reader.skip_spaces()) {
    if (!reader.read_word(words.emplace_back())) return std::nullopt;
  }
  return words;
}

std::string quote(std::string_view word) {
  constexpr char kHexDigits[] = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '\\':
      case '"':
        result.append("\\") += c;
        break;
      case '\n':
        result += "\\n";
        break;
      case '\r':
        result += "\\r";
        break;
      case '\t':
        result += "\\t";
        break;
      case '\a':
        result += "\\a";
        break;
      case '\b':
        result += "\\b";
        break;
      default:
        if (byte >= 0x20 && byte < 0x7f) {
          result += c;
        } else {
          result.append("\\x") += kHexDigits[byte >> 4];
          result += kHexDigits[byte & 15];
        }
    }
  }
  return result += '"';
}

std::string quoted_in_error(std::string_view word, size_t bytes_max) {
  return std::string(word.substr(0, std::min(bytes_max, word.find('\0'))));
}

}  // namespace redstart
