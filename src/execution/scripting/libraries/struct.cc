// The Lua library `struct`: values to bytes and back, by a format like C's structures.
//
//   > < endian   !n alignment   x pad   b B h H l L T iN IN integers   f d floats   s text to a zero   cN bytes
//
// Threads: as the Lua state.
#include <bit>
#include <cctype>
#include <cstring>
#include <limits>
#include <string>

#include "execution/scripting/libraries/libraries.h"

namespace redstart {
namespace {

constexpr size_t kIntegerBytesMax = 32;
constexpr int kAlignmentMax = 8;

// One option of a format.
struct Option {
  char letter;
  size_t size;     // of its value; c: as given; 0 for what has none
  size_t padding;  // before it
  bool is_integer() const { return letter != '\0' && std::strchr("bBhHlLTiI", letter); }
};

class Format {
 public:
  Format(lua_State* lua, const char* text) : lua_(lua), at_(text) {}

  bool is_at_end() const { return *at_ == '\0'; }
  bool is_little() const { return is_little_; }
  // The next option for a value at `position`.
  Option next(size_t position) {
    const char letter = *at_++;
    const size_t size = size_of(letter);
    return {letter, size, padding_of(position, letter, size)};
  }
  // An option that stands for no value.
  void control(char letter) {
    switch (letter) {
      case ' ': return;
      case '>': is_little_ = false; return;
      case '<': is_little_ = true; return;
      case '!': return set_alignment(number(kAlignmentMax));
      default: luaL_argerror(lua_, 1, lua_pushfstring(lua_, "invalid format option '%c'", letter));
    }
  }

 private:
  int number(int fallback) {
    if (!std::isdigit(static_cast<unsigned char>(*at_))) return fallback;
    constexpr int kMax = std::numeric_limits<int>::max();
    int value = 0;
    for (; std::isdigit(static_cast<unsigned char>(*at_)); ++at_) {
      const int digit = *at_ - '0';
      if (value > kMax / 10 || value * 10 > kMax - digit) luaL_error(lua_, "integral size overflow");
      value = value * 10 + digit;
    }
    return value;
  }
  size_t size_of(char letter) {
    switch (letter) {
      case 'b': case 'B': case 'x': return 1;
      case 'h': case 'H': return sizeof(short);
      case 'l': case 'L': return sizeof(long);
      case 'T': return sizeof(size_t);
      case 'f': return sizeof(float);
      case 'd': return sizeof(double);
      case 'c': return static_cast<size_t>(number(1));
      case 'i': case 'I': {
        const int size = number(sizeof(int));
        if (size > static_cast<int>(kIntegerBytesMax)) {
          luaL_error(lua_, "integral size %d is larger than limit of %d", size, static_cast<int>(kIntegerBytesMax));
        }
        return static_cast<size_t>(size);
      }
      default: return 0;
    }
  }
  size_t padding_of(size_t position, char letter, size_t size) const {
    if (size == 0 || letter == 'c') return 0;
    size = std::min(size, alignment_);
    return (size - (position & (size - 1))) & (size - 1);
  }
  void set_alignment(int alignment) {
    if (alignment <= 0 || !std::has_single_bit(static_cast<unsigned>(alignment))) {
      luaL_error(lua_, "alignment %d is not a power of 2", alignment);
    }
    alignment_ = static_cast<size_t>(alignment);
  }

  lua_State* const lua_;
  const char* at_;
  bool is_little_ = std::endian::native == std::endian::little;
  size_t alignment_ = 1;
};

// As C on x86 converts what may not fit.
uint64_t integer_of(double number) {
  if (number < 0) {
    return number >= -9223372036854775808.0 ? static_cast<uint64_t>(static_cast<int64_t>(number)) : uint64_t{1} << 63;
  }
  if (number < 9223372036854775808.0) return static_cast<uint64_t>(number);
  if (number < 18446744073709551616.0) return static_cast<uint64_t>(number);
  return number == number ? 0 : uint64_t{1} << 63;
}

void put_integer(std::string& out, uint64_t value, size_t size, bool little) {
  const size_t begin = out.size();
  out.resize(begin + size);
  for (size_t i = 0; i < size; ++i) {
    out[begin + (little ? i : size - 1 - i)] = static_cast<char>(i < 8 ? value >> (8 * i) : 0);
  }
}

double get_integer(std::string_view bytes, bool is_signed, bool little) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    value = value << 8 | static_cast<uint8_t>(bytes[little ? bytes.size() - 1 - i : i]);
  }
  if (!is_signed) return static_cast<double>(value);
  if (bytes.size() < 8 && bytes.size() > 0) {
    const uint64_t mask = ~uint64_t{0} << (bytes.size() * 8 - 1);
    if (value & mask) value |= mask;
  }
  return static_cast<double>(static_cast<int64_t>(value));
}

template <class Float>
void put_float(std::string& out, double number, bool little) {
  const auto value = static_cast<Float>(number);
  char bytes[sizeof(Float)];
  std::memcpy(bytes, &value, sizeof value);
  if (!little) std::reverse(std::begin(bytes), std::end(bytes));
  out.append(bytes, sizeof bytes);
}

template <class Float>
double get_float(std::string_view data, bool little) {
  char bytes[sizeof(Float)];
  std::memcpy(bytes, data.data(), sizeof bytes);
  if (!little) std::reverse(std::begin(bytes), std::end(bytes));
  Float value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}

// c and s; returns how many bytes it took.
size_t put_text(lua_State* lua, std::string& out, int argument, const Option& option) {
  size_t length;
  const char* text = luaL_checklstring(lua, argument, &length);
  const size_t size = option.size == 0 ? length : option.size;
  luaL_argcheck(lua, length >= size, argument + 1, "string too short");
  out.append(text, size);
  if (option.letter != 's') return size;
  out.push_back('\0');
  return size + 1;
}

int pack(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  int argument = 2;
  lua_pushnil(lua);  // one argument too few is told as nil
  std::string out;
  size_t position = 0;
  while (!format.is_at_end()) {
    Option option = format.next(position);
    position += option.padding;
    out.append(option.padding, '\0');
    if (option.is_integer()) {
      put_integer(out, integer_of(luaL_checknumber(lua, argument++)), option.size, format.is_little());
    } else if (option.letter == 'x') {
      out.push_back('\0');
    } else if (option.letter == 'f') {
      put_float<float>(out, luaL_checknumber(lua, argument++), format.is_little());
    } else if (option.letter == 'd') {
      put_float<double>(out, luaL_checknumber(lua, argument++), format.is_little());
    } else if (option.letter == 'c' || option.letter == 's') {
      option.size = put_text(lua, out, argument++, option);
    } else {
      format.control(option.letter);
    }
    position += option.size;
  }
  push_text(lua, out);
  return 1;
}

void check_length(lua_State* lua, std::string_view data, size_t position, size_t size) {
  luaL_argcheck(lua, size <= data.size() && position <= data.size() - size, 2, "data string too short");
}

// The size of c0 is the value before it, which is taken back.
size_t take_size(lua_State* lua, int& results) {
  if (results == 0 || !lua_isnumber(lua, -1)) luaL_error(lua, "format 'c0' needs a previous size");
  const double size = lua_tonumber(lua, -1);
  lua_pop(lua, 1);
  --results;
  return integer_of(size);
}

int unpack(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  size_t length;
  const char* text = luaL_checklstring(lua, 2, &length);
  const std::string_view data(text, length);
  const lua_Integer first = luaL_optinteger(lua, 3, 1);
  luaL_argcheck(lua, first > 0, 3, "offset must be 1 or greater");
  auto position = static_cast<size_t>(first - 1);
  int results = 0;
  while (!format.is_at_end()) {
    Option option = format.next(position);
    position += option.padding;
    check_length(lua, data, position, option.size);
    luaL_checkstack(lua, 2, "too many results");
    const bool little = format.is_little();
    if (option.is_integer()) {
      const bool is_signed = std::islower(static_cast<unsigned char>(option.letter));
      lua_pushnumber(lua, get_integer(data.substr(position, option.size), is_signed, little));
      ++results;
    } else if (option.letter == 'f' || option.letter == 'd') {
      const std::string_view bytes = data.substr(position, option.size);
      lua_pushnumber(lua, option.letter == 'f' ? get_float<float>(bytes, little) : get_float<double>(bytes, little));
      ++results;
    } else if (option.letter == 'c') {
      if (option.size == 0) {
        option.size = take_size(lua, results);
        check_length(lua, data, position, option.size);
      }
      push_text(lua, data.substr(position, option.size));
      ++results;
    } else if (option.letter == 's') {
      const size_t end = data.find('\0', position);
      if (end == std::string_view::npos) luaL_error(lua, "unfinished string in data");
      option.size = end - position + 1;
      push_text(lua, data.substr(position, option.size - 1));
      ++results;
    } else if (option.letter != 'x') {
      format.control(option.letter);
    }
    position += option.size;
  }
  lua_pushinteger(lua, static_cast<lua_Integer>(position + 1));
  return results + 1;
}

int size(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  size_t position = 0;
  while (!format.is_at_end()) {
    const Option option = format.next(position);
    position += option.padding;
    if (option.letter == 's') luaL_argerror(lua, 1, "option 's' has no fixed size");
    if (option.letter == 'c' && option.size == 0) luaL_argerror(lua, 1, "option 'c0' has no fixed size");
    if (!std::isalnum(static_cast<unsigned char>(option.letter))) format.control(option.letter);
    position += option.size;
  }
  lua_pushinteger(lua, static_cast<lua_Integer>(position));
  return 1;
}

}  // namespace

int open_struct(lua_State* lua) {
  constexpr luaL_Reg kFunctions[] = {{"pack", pack}, {"unpack", unpack}, {"size", size}};
  lua_newtable(lua);
  for (const luaL_Reg& function : kFunctions) {
    lua_pushcfunction(lua, function.func);
    lua_setfield(lua, -2, function.name);
  }
  return 1;
}

}  // namespace redstart
