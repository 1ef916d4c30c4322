// ReplySink: where a command says its reply, element by element, in RESP3's vocabulary.
//
// A command calls the sink once per element; what becomes of it is the sink's business: RespWriter
// makes RESP2 or RESP3 bytes, ReplyBuilder makes a redstart::Reply for the embedded client. Aggregates
// announce their element count first (maps announce pairs).
//
// Threads: thread-compatible. Lifetimes: views are copied before the call returns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/shared_bytes.h"

namespace redstart {

class ReplySink {
 public:
  virtual ~ReplySink() = default;

  virtual void null() = 0;        // RESP2: null bulk
  virtual void null_array() = 0;  // RESP2: null array; RESP3: null
  virtual void simple(std::string_view text) = 0;
  // `text` starts with the error code ("ERR ...", "WRONGTYPE ..."), without the leading '-'. Errors are
  // counted, so that whoever ran the command can tell that it failed. Line ends behind it, which come
  // from a client's word at its end, are dropped.
  void error(std::string_view text) {
    while (text.ends_with('\r') || text.ends_with('\n')) text.remove_suffix(1);
    ++error_count_;
    const size_t code_end = text.find(' ');
    last_error_code_.assign(code_end == std::string_view::npos ? "ERR" : text.substr(0, code_end));
    write_error(text);
  }
  // An error that is in the statistics of errors already: a script passes on what a command of its said.
  void known_error(std::string_view text) {
    ++error_count_;
    last_error_code_.clear();
    write_error(text);
  }
  uint64_t error_count() const { return error_count_; }
  // Empty: not to be counted.
  const std::string& last_error_code() const { return last_error_code_; }
  virtual void integer(int64_t value) = 0;
  virtual void bulk(std::string_view bytes) = 0;
  // A large value, handed over without copying where the sink can hold the reference.
  virtual void shared_bulk(const SharedBytes& bytes) = 0;
  virtual void array(size_t element_count) = 0;
  virtual void map(size_t pair_count) = 0;
  virtual void set(size_t element_count) = 0;
  virtual void push(size_t element_count) = 0;
  // Begins what is told beside the next element, as a map. False: the sink has no place for it, nothing is to follow.
  virtual bool attribute(size_t /*pair_count*/) { return false; }
  virtual void number(double value) = 0;  // RESP3 double; RESP2 bulk as "%.17g"
  // A number with a text of its own: the text goes on the wire, the value to a caller in the process.
  virtual void number_text(double value, std::string_view text) {
    protocol() == 2 ? bulk(text) : number(value);
  }
  virtual void boolean(bool value) = 0;   // RESP2: integer 0 or 1
  virtual void verbatim(std::string_view format, std::string_view text) = 0;
  virtual void big_number(std::string_view digits) = 0;
  // 2 or 3: a few commands shape their reply by it (ZRANGE WITHSCORES, HRANDFIELD WITHVALUES).
  virtual int protocol() const = 0;
  // What was said so far takes on the wire; 0 for a reply that is not sent anywhere.
  virtual size_t bytes_written() const { return 0; }

  void ok() { simple("OK"); }
  void bulk_integer(int64_t value);

 protected:
  virtual void write_error(std::string_view text) = 0;

 private:
  uint64_t error_count_ = 0;
  std::string last_error_code_;
};

}  // namespace redstart
