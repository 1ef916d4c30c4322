// RespWriter: a ReplySink that writes RESP2 or RESP3 bytes. RESP3's types are written to RESP2
// clients in the nearest older form.
//
// Threads: thread-compatible. Ownership: borrows the buffer and the protocol number, which may
// change between elements (HELLO).
#pragma once

#include <string_view>

#include "resp/output_buffer.h"
#include "resp/reply_sink.h"

namespace redstart {

class RespWriter final : public ReplySink {
 public:
  RespWriter(OutputBuffer& out, const int& protocol) : out_(out), protocol_(protocol) {}

  void null() override { out_.append(is_resp3() ? "_\r\n" : "$-1\r\n"); }
  void null_array() override { out_.append(is_resp3() ? "_\r\n" : "*-1\r\n"); }
  void simple(std::string_view text) override { line('+', text); }
  void integer(int64_t value) override;
  void bulk(std::string_view bytes) override;
  void shared_bulk(const SharedBytes& bytes) override;
  void array(size_t count) override { header('*', count); }
  void map(size_t count) override { is_resp3() ? header('%', count) : header('*', count * 2); }
  void set(size_t count) override { header(is_resp3() ? '~' : '*', count); }
  bool attribute(size_t count) override {
    if (is_resp3()) header('|', count);
    return is_resp3();
  }
  void push(size_t count) override { header(is_resp3() ? '>' : '*', count); }
  void number(double value) override;
  void number_text(double, std::string_view text) override {
    is_resp3() ? line(',', text) : bulk(text);
  }
  void boolean(bool value) override;
  void verbatim(std::string_view format, std::string_view text) override;
  void big_number(std::string_view digits) override {
    is_resp3() ? line('(', digits) : bulk(digits);
  }
  int protocol() const override { return protocol_; }
  size_t bytes_written() const override { return out_.pending_bytes(); }

 protected:
  void write_error(std::string_view text) override;

 private:
  // Values below are copied behind their header; larger ones are shared.
  static constexpr size_t kSharedBytesMin = 16 * 1024;

  bool is_resp3() const { return protocol_ == 3; }
  void header(char type, size_t count);
  void line(char type, std::string_view text);

  OutputBuffer& out_;
  const int& protocol_;
};

}  // namespace redstart
