#include "resp/command_text.h"

#include <algorithm>
#include <charconv>

namespace redstart {
namespace {

constexpr size_t kHeadBytesMax = 24;  // a type byte, a number, a line end

char* write_head(char* at, char type, size_t number) {
  *at++ = type;
  at = std::to_chars(at, at + kHeadBytesMax - 3, number).ptr;
  *at++ = '\r';
  *at++ = '\n';
  return at;
}

template <class Word>
void append_words(std::string& bytes, std::span<const Word> words) {
  const size_t old_size = bytes.size();
  size_t size_max = old_size + kHeadBytesMax;
  for (const auto& word : words) size_max += kHeadBytesMax + word.size() + 2;
  // At least doubled, so that a batch of many commands is not copied for each of them.
  if (bytes.capacity() < size_max) bytes.reserve(std::max(size_max, bytes.capacity() * 2));
  bytes.resize_and_overwrite(size_max, [&](char* data, size_t) {
    char* at = write_head(data + old_size, '*', words.size());
    for (const auto& word : words) {
      at = write_head(at, '$', word.size());
      at = std::copy(word.begin(), word.end(), at);
      *at++ = '\r';
      *at++ = '\n';
    }
    return static_cast<size_t>(at - data);
  });
}

size_t take_length(std::string_view bytes, size_t& at) {
  size_t length = 0;
  const char* const end =
      std::from_chars(bytes.data() + at + 1, bytes.data() + bytes.size(), length).ptr;
  at = static_cast<size_t>(end - bytes.data()) + 2;
  return length;
}

std::string_view take_word(std::string_view bytes, size_t& at) {
  const size_t size = take_length(bytes, at), begin = at;
  at += size + 2;
  return bytes.substr(begin, size);
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
      const std::string_view word = take_word(bytes, at);
      if (i == 0) place.name = word;
    }
    place.end = at;
    places.push_back(place);
  }
  return places;
}

std::vector<std::vector<std::string>> words_of_commands(std::string_view bytes) {
  std::vector<std::vector<std::string>> commands;
  for (size_t at = 0; at < bytes.size();) {
    auto& words = commands.emplace_back(take_length(bytes, at));
    for (std::string& word : words) word = take_word(bytes, at);
  }
  return commands;
}

}  // namespace redstart
