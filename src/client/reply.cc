// A Reply as text for people.
#include "redstart/reply.h"

#include <string>

#include "base/numbers.h"
#include "base/quoted_words.h"

namespace redstart {
namespace {

struct Look {
  char mark;  // behind an element's index
  std::string_view empty;
};

Look look_of(Reply::Type type) {
  switch (type) {
    case Reply::Type::map:
      return {'#', "(empty hash)"};
    case Reply::Type::set:
      return {'~', "(empty set)"};
    case Reply::Type::push:
      return {'>', "(empty push)"};
    default:
      return {')', "(empty array)"};
  }
}

void append(std::string& text, const Reply& reply, const std::string& indent);

void append_elements(std::string& text, const Reply& reply, const std::string& indent) {
  const Look look = look_of(reply.type());
  if (reply.size() == 0) {
    text += look.empty;
    return;
  }
  const size_t step = reply.type() == Reply::Type::map ? 2 : 1;
  const size_t width = std::to_string(reply.size() / step).size();
  const std::string inner = indent + std::string(width + 2, ' ');
  for (size_t i = 0; i < reply.size(); i += step) {
    if (i > 0) (text += '\n') += indent;
    const std::string index = std::to_string(i / step + 1);
    text.append(width - index.size(), ' ').append(index) += look.mark;
    text += ' ';
    append(text, reply[i], inner);
    if (step == 1) continue;
    text += " => ";
    append(text, reply[i + 1], inner + "    ");
  }
}

void append(std::string& text, const Reply& reply, const std::string& indent) {
  switch (reply.type()) {
    case Reply::Type::null:
      text += "(nil)";
      return;
    case Reply::Type::simple:
    case Reply::Type::big_number:
    case Reply::Type::verbatim:
      text += reply.text();
      return;
    case Reply::Type::error:
      (text += "(error) ") += reply.text();
      return;
    case Reply::Type::integer:
      (text += "(integer) ") += std::to_string(reply.as_integer());
      return;
    case Reply::Type::bulk:
      text += quote(reply.text());
      return;
    case Reply::Type::number: {
      char number[kNumberTextBytes];
      (text += "(double) ").append(number, format_double(reply.as_number(), number));
      return;
    }
    case Reply::Type::boolean:
      text += reply.as_integer() != 0 ? "(true)" : "(false)";
      return;
    case Reply::Type::array:
    case Reply::Type::map:
    case Reply::Type::set:
    case Reply::Type::push:
      append_elements(text, reply, indent);
      return;
  }
}

}  // namespace

std::string to_string(const Reply& reply) {
  std::string text;
  append(text, reply, "");
  return text;
}

}  // namespace redstart
