// Connection: a session whose commands come over a socket. It finds the commands in what was read,
// has them executed in batches, and keeps the replies until the socket takes them.
//
// Threads: used by its I/O thread alone; the on_* functions and transport() by any thread.
// Ownership: owns its socket and buffers; its I/O thread owns it.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "execution/command_stats.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/session.h"
#include "resp/output_buffer.h"
#include "resp/request_parser.h"
#include "resp/resp_writer.h"
#include "server/socket.h"

namespace redstart {

class IoThread;

class Connection final : public Session {
 public:
  Connection(IoThread& thread, Executor& executor, Accepted accepted);
  ~Connection() override;

  int socket() const { return socket_.get(); }
  bool is_tls() const { return tls_ != nullptr; }

  // --- The I/O thread's events. What they reply waits for flush().
  // There is something to read. `scratch` is room to read into, used only during the call.
  void on_readable(std::span<char> scratch);
  void deliver_reply(const Reply& reply);
  void deliver_push(const Reply& message);
  // A pause is over.
  void go_on();
  // Is done, whether the client takes what was not sent yet or not.
  void close_now();
  // Called once or several times a second: idle and soft buffer limits.
  void check_limits(int64_t now_ms);

  // Sends what waits to be sent, as far as the socket takes it and the log has come.
  void flush();
  bool is_among_held = false;  // of those that the I/O thread looks at when the log has progressed
  // Replies wait for the log.
  bool is_held() const { return !held_.empty(); }
  // The connection is to be dropped.
  bool is_done() const { return done_; }
  // The socket did not take everything.
  bool wants_write() const { return wants_write_ || (tls_ && tls_->wants_write()); }
  // The last read filled its room: the socket may have more.
  bool may_have_left_input() const { return may_have_left_input_; }
  // Reading goes on when the socket takes bytes again, as TLS may need it.
  bool reads_when_writable() const { return tls_ && tls_->wants_write(); }
  bool is_watched_for_write = false;  // by the I/O thread's poll

  // --- Session
  void on_unblocked(Reply reply) override;
  void on_push(std::shared_ptr<const Reply> message) override;
  void on_kill() override;
  void on_resume() override;
  bool can_be_held_back() const override { return true; }
  void send_own_pushes() override;
  void on_long_script() override;
  TransportInfo transport() const override;
  size_t buffer_bytes() const override;

 private:
  // Most commands of a batch; enough for their cache misses to overlap.
  static constexpr size_t kBatchCommandsMax = 64;

  bool is_waiting() const {
    return blocked_ || held_back_ || closing_ || done_ || killed.load(std::memory_order_acquire);
  }
  // Executes what is complete in `input`; returns how many bytes are dealt with.
  size_t process(std::string_view input);
  void process_kept();
  // Collects commands of `input`; false: the stream is broken, the error is replied.
  bool collect(std::string_view input);
  // Executes the collected ones; returns how many are dealt with.
  size_t execute_collected();
  size_t execute_muted(std::span<const Words> commands);
  void note_status(ExecuteStatus status);
  // False: there is more to come before bytes can be read, or it has failed.
  bool shake_hands();
  void read_once(std::span<char> scratch);
  ssize_t read(std::span<char> room);
  ssize_t write(std::span<const iovec> pieces);
  bool read_into_kept();
  // Of a read into `room_bytes`. False: nothing was read.
  bool note_read(ssize_t bytes, size_t room_bytes);
  void check_output_limit(int64_t now_ms);
  ClientClass client_class() const;
  // How many bytes of the output may be seen by the client now.
  size_t sendable_bytes();
  void release_held();

  IoThread& thread_;
  Executor& executor_;
  TransportStats& stats_;
  const FileDescriptor socket_;
  const std::unique_ptr<TlsStream> tls_;  // null: plain bytes
  const std::string address_, local_address_;
  const bool is_unix_;

  RequestParser parser_;
  std::string kept_;  // what was read and not executed yet
  std::vector<std::string_view> words_;
  struct Extent {
    size_t words_end;
    size_t input_end;
  };
  std::vector<Extent> collected_;
  std::vector<Words> batch_;

  OutputBuffer output_;
  RespWriter writer_{output_, protocol};
  // Output up to `output_end` (counted since the connection began) waits for the log to reach `position`.
  struct Held {
    uint64_t output_end;
    uint64_t position;
    uint64_t own_position;  // of its own writes: these are never said to have been done when they may be lost
  };
  std::deque<Held> held_;
  uint64_t sent_bytes_ = 0;
  uint64_t released_end_ = 0;  // what may be seen, counted like output_end
  uint64_t held_position_ = 0;  // of the last that was held
  bool blocked_ = false;    // by a command that waits
  bool held_back_ = false;  // by CLIENT PAUSE
  bool skips_blocked_ = false;  // the reply of the command that waits is not sent: CLIENT REPLY SKIP
  bool closing_ = false;    // after the output is sent
  bool done_ = false;
  bool wants_write_ = false;
  bool may_have_left_input_ = false;
  int64_t soft_limit_since_ms_ = 0;
  std::atomic<size_t> shown_kept_bytes_{0}, shown_kept_capacity_bytes_{0}, shown_output_bytes_{0},
      shown_output_capacity_bytes_{0};
};

}  // namespace redstart
