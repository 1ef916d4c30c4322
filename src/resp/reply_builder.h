// ReplyBuilder: a ReplySink that builds redstart::Reply values, one per command.
//
// Threads: thread-compatible. Ownership: owns what it builds until it is taken.
#pragma once

#include <utility>
#include <vector>

#include "redstart/reply.h"
#include "resp/reply_sink.h"

namespace redstart {

class ReplyBuilder final : public ReplySink {
 public:
  explicit ReplyBuilder(int protocol = 3) : protocol_(protocol) {}

  void null() override { add(Reply::null()); }
  void null_array() override { add(Reply::null_array()); }
  void simple(std::string_view text) override { add(Reply::simple(std::string(text))); }
  void integer(int64_t value) override { add(Reply::integer(value)); }
  void bulk(std::string_view bytes) override { add(Reply::bulk(std::string(bytes))); }
  void shared_bulk(const SharedBytes& bytes) override { bulk(bytes.view()); }
  void array(size_t count) override { open(Reply::Type::array, count); }
  void map(size_t count) override { open(Reply::Type::map, count * 2); }
  void set(size_t count) override { open(Reply::Type::set, count); }
  void push(size_t count) override { open(Reply::Type::push, count); }
  void number(double value) override { add(Reply::number(value)); }
  void boolean(bool value) override { add(Reply::boolean(value)); }
  void verbatim(std::string_view, std::string_view text) override {
    add(Reply::text_of(Reply::Type::verbatim, std::string(text)));
  }
  void big_number(std::string_view digits) override {
    add(Reply::text_of(Reply::Type::big_number, std::string(digits)));
  }
  int protocol() const override { return protocol_; }

  // Finished replies, in order.
  std::vector<Reply>& replies() { return replies_; }
  // The only reply. REQUIRES: exactly one was built.
  Reply take() {
    Reply reply = std::move(replies_.back());
    replies_.clear();
    return reply;
  }

 protected:
  void write_error(std::string_view text) override;

 private:
  struct Open {
    Reply reply;
    size_t missing;
  };
  void add(Reply&& reply) {
    if (open_.empty()) {
      replies_.push_back(std::move(reply));
    } else {
      open_.back().reply.elements().push_back(std::move(reply));
      if (--open_.back().missing == 0) [[unlikely]] close();
    }
  }
  // The innermost open reply has all of its elements.
  void close();
  void open(Reply::Type type, size_t count);

  const int protocol_;
  std::vector<Open> open_;
  std::vector<Reply> replies_;
};

// Says `reply` into `sink`.
void write_reply(const Reply& reply, ReplySink& sink);

}  // namespace redstart
