// Reply: what a command answered, in RESP3's types, whatever protocol or store it came from.
//
// Threads: thread-compatible. Ownership: a Reply owns all of its bytes; views into it live as long as
// it does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redstart {

class Reply {
 public:
  enum class Type : unsigned char {
    null,
    simple,      // status text: "OK"
    error,       // text starts with the code word
    integer,
    bulk,
    number,      // RESP3 double
    boolean,
    big_number,  // decimal digits
    verbatim,    // text without its three-letter format
    array,
    map,         // elements: key, value, key, value ...
    set,
    push,
  };

  Reply() = default;
  static Reply null() { return {}; }
  // RESP2 spells the absence of an array differently; to a caller both are null.
  static Reply null_array() {
    Reply reply;
    reply.integer_ = 1;
    return reply;
  }
  bool is_null_array() const { return is_null() && integer_ == 1; }
  static Reply simple(std::string text) { return Reply(Type::simple, std::move(text)); }
  static Reply error(std::string text) { return Reply(Type::error, std::move(text)); }
  static Reply bulk(std::string bytes) { return Reply(Type::bulk, std::move(bytes)); }
  static Reply integer(int64_t value) {
    Reply reply;
    reply.type_ = Type::integer;
    reply.integer_ = value;
    return reply;
  }
  static Reply number(double value) {
    Reply reply;
    reply.type_ = Type::number;
    reply.number_ = value;
    return reply;
  }
  static Reply boolean(bool value) {
    Reply reply = integer(value);
    reply.type_ = Type::boolean;
    return reply;
  }
  static Reply text_of(Type type, std::string text) { return Reply(type, std::move(text)); }
  // For Type::map, `elements` holds keys and values in turn.
  static Reply aggregate(Type type, std::vector<Reply> elements = {}) {
    Reply reply;
    reply.type_ = type;
    reply.elements_ = std::move(elements);
    return reply;
  }

  Type type() const { return type_; }
  bool is_null() const { return type_ == Type::null; }
  bool is_error() const { return type_ == Type::error; }
  bool is_aggregate() const { return type_ >= Type::array; }
  bool is_text() const {
    return type_ == Type::simple || type_ == Type::bulk || type_ == Type::verbatim ||
           type_ == Type::big_number;
  }

  // The bytes of a simple string, error, bulk, verbatim or big number; empty for other types.
  const std::string& text() const& { return text_; }
  std::string text() && { return std::move(text_); }
  // The value of an integer or boolean; 0 for other types.
  int64_t as_integer() const { return is_null() ? 0 : integer_; }
  double as_number() const { return number_; }
  const std::vector<Reply>& elements() const& { return elements_; }
  std::vector<Reply>& elements() & { return elements_; }
  std::vector<Reply> elements() && { return std::move(elements_); }
  size_t size() const { return elements_.size(); }
  const Reply& operator[](size_t index) const { return elements_[index]; }

  bool operator==(const Reply& other) const = default;

 private:
  Reply(Type type, std::string text) : type_(type), text_(std::move(text)) {}

  Type type_ = Type::null;
  int64_t integer_ = 0;
  double number_ = 0;
  std::string text_;
  std::vector<Reply> elements_;
};

// As redis-cli prints it: one line per element, indices and quotes, for people to read.
std::string to_string(const Reply& reply);

}  // namespace redstart
