#include "resp/reply_builder.h"

#include <algorithm>
#include <string>
#include <utility>

namespace redstart {

void ReplyBuilder::close() {
  Reply reply = std::move(open_.back().reply);
  open_.pop_back();
  add(std::move(reply));
}

void ReplyBuilder::open(Reply::Type type, size_t count) {
  Reply reply = Reply::aggregate(type);
  if (count == 0) return add(std::move(reply));
  reply.elements().reserve(count);
  open_.push_back({std::move(reply), count});
}

// As on the wire, where an error is one line.
void ReplyBuilder::write_error(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(line, [](char c) { return c == '\r' || c == '\n'; }, ' ');
  add(Reply::error(std::move(line)));
}

void write_reply(const Reply& reply, ReplySink& sink) {
  switch (reply.type()) {
    case Reply::Type::null: return reply.is_null_array() ? sink.null_array() : sink.null();
    case Reply::Type::simple: return sink.simple(reply.text());
    case Reply::Type::error: return sink.error(reply.text());
    case Reply::Type::integer: return sink.integer(reply.as_integer());
    case Reply::Type::bulk: return sink.bulk(reply.text());
    case Reply::Type::number: return sink.number(reply.as_number());
    case Reply::Type::boolean: return sink.boolean(reply.as_integer() != 0);
    case Reply::Type::big_number: return sink.big_number(reply.text());
    case Reply::Type::verbatim: return sink.verbatim("txt", reply.text());
    case Reply::Type::array: sink.array(reply.size()); break;
    case Reply::Type::map: sink.map(reply.size() / 2); break;
    case Reply::Type::set: sink.set(reply.size()); break;
    case Reply::Type::push: sink.push(reply.size()); break;
  }
  for (const Reply& element : reply.elements()) write_reply(element, sink);
}

}  // namespace redstart
