#include "resp/command_text.h"

#include <charconv>

namespace redstart {
namespace {

void append_length(std::string& bytes, char type, size_t length) {
  char text[24];
  text[0] = type;
  char* end = std::to_chars(text + 1, text + sizeof text, length).ptr;
  *end++ = '\r';
  *end++ = '\n';
  bytes.append(text, end);
}

template <class Word>
void append_words(std::string& bytes, std::span<const Word> words) {
  size_t size = 16;
  for (const auto& word : words) size += word.size() + 16;
  // At least doubled, so that a batch of many commands is not copied for each of them.
  if (bytes.capacity() - bytes.size() < size) {
    bytes.reserve(std::max(bytes.size() + size, bytes.capacity() * 2));
  }
  append_length(bytes, '*', words.size());
  for (const auto& word : words) {
    append_length(bytes, '$', word.size());
    bytes += word;
    bytes += "\r\n";
  }
}

size_t take_length(std::string_view bytes, size_t& at) {
  size_t length = 0;
  const char* const end =
      std::from_chars(bytes.data() + at + 1, bytes.data() + bytes.size(), length).ptr;
  at = static_cast<size_t>(end - bytes.data()) + 2;
  return length;
}

}  // namespace

void append_command(std::string& bytes, std::span<const std::string_view> words) {
  append_words(bytes, words);
}

void append_command(std::string& bytes, std::span<const std::string> words) {
  append_words(bytes, words);
}

std::vector<CommandPlace> commands_in(std::string_view bytes) {
  std::vector<CommandPlace> places;
  for (size_t at = 0; at < bytes.size();) {
    CommandPlace place;
    const size_t words = take_length(bytes, at);
    for (size_t i = 0; i < words; ++i) {
      const size_t size = take_length(bytes, at);
      if (i == 0) place.name = bytes.substr(at, size);
      at += size + 2;
    }
    place.end = at;
    places.push_back(place);
  }
  return places;
}

}  // namespace redstart
