#include "server/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/text.h"
#include "execution/client_registry.h"
#include "execution/config.h"
#include "execution/persistence.h"
#include "execution/store_state.h"
#include "resp/reply_builder.h"
#include "server/io_thread.h"

namespace redstart {
namespace {

constexpr size_t kReadBytes = 16 * 1024;
constexpr size_t kKeptBytesMax = 64 * 1024;  // more is given back when it is not needed
constexpr size_t kKeptWordsMax = 4096;       // the same for the room that the words of requests take
constexpr size_t kOutputFlushBytes = 256 * 1024;

// A message may reach the owner after the session has left the channel; the client is not to see it
// then.
bool is_still_wanted(const Session& session, const Reply& message) {
  if (message.type() != Reply::Type::push) return true;
  const std::string& kind = message[0].text();
  if (message.size() == 2) return session.protocol > 2;  // an invalidation
  const std::string& name = message[1].text();
  const bool is_invalidation = message[2].type() != Reply::Type::bulk;
  if (kind == "message" && is_invalidation) return session.subscription_count() != 0;
  if (kind == "message") return session.channels.contains(name);
  if (kind == "pmessage") return session.patterns.contains(name);
  if (kind == "smessage") return session.shard_channels.contains(name);
  return true;
}

}  // namespace

Connection::Connection(IoThread& thread, Executor& executor, Accepted accepted)
    : thread_(thread),
      executor_(executor),
      stats_(executor.thread_context().transport),
      socket_(std::move(accepted.socket)),
      tls_(std::move(accepted.tls)),
      address_(std::move(accepted.address)),
      local_address_(std::move(accepted.local_address)),
      is_unix_(accepted.is_unix) {
  if (!is_unix_) set_tcp_options(socket(), executor.config().tcp_keepalive_s());
  executor_.attach(*this);
}

Connection::~Connection() { executor_.detach(*this); }

// --- Reading

bool Connection::shake_hands() {
  if (tls_->is_established()) return true;
  const auto progress = tls_->handshake();
  if (progress != TlsStream::Progress::failed) return progress == TlsStream::Progress::done;
  executor_.clients().tls_handshakes_failed.fetch_add(1);
  executor_.state().log("the TLS handshake with " + address_ + " failed: " + tls_->failure());
  done_ = true;
  return false;
}

// As recv() and sendmsg(); of one piece, the kernel has less to look at.
ssize_t Connection::read(std::span<char> room) {
  if (!tls_) [[likely]] return ::recv(socket(), room.data(), room.size(), 0);
  const auto moved = tls_->receive(room);
  if (moved.bytes > 0) return static_cast<ssize_t>(moved.bytes);
  errno = EAGAIN;
  return moved.is_failed ? 0 : -1;
}

ssize_t Connection::write(std::span<const iovec> pieces) {
  if (!tls_) [[likely]] {
    if (pieces.size() == 1) [[likely]] {
      return ::send(socket(), pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
    }
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    return ::sendmsg(socket(), &message, MSG_NOSIGNAL);
  }
  const auto moved = tls_->send(pieces);
  if (moved.bytes > 0) return static_cast<ssize_t>(moved.bytes);
  errno = moved.is_failed ? EPIPE : EAGAIN;
  return -1;
}

void Connection::on_readable(std::span<char> scratch) {
  if (tls_ && !shake_hands()) return;
  // What TLS has read from the socket and not given out yet makes no event.
  do {
    read_once(scratch);
  } while (tls_ && tls_->has_more() && !done_);
}

void Connection::read_once(std::span<char> scratch) {
  if (!kept_.empty()) {
    if (!read_into_kept()) return;
    thread_.take_posted();
    return process_kept();
  }
  const ssize_t bytes = read(scratch);
  if (!note_read(bytes, scratch.size())) return;
  thread_.take_posted();
  const std::string_view input(scratch.data(), static_cast<size_t>(bytes));
  const size_t used = process(input);
  if (used < input.size()) kept_.assign(input.substr(used));
  shown_kept_bytes_.store(kept_.size(), std::memory_order_relaxed);
}

bool Connection::note_read(ssize_t bytes, size_t room_bytes) {
  may_have_left_input_ = bytes == static_cast<ssize_t>(room_bytes) || (bytes < 0 && errno == EINTR);
  if (bytes > 0) {
    stats_.input_bytes.add(static_cast<uint64_t>(bytes));
    stats_.reads.add();
    return true;
  }
  if (bytes == 0 || (errno != EAGAIN && errno != EINTR)) done_ = true;
  return false;
}

bool Connection::read_into_kept() {
  const size_t old_size = kept_.size();
  const size_t room = std::max(kReadBytes, kept_.capacity() - old_size);
  size_t wanted = old_size + room;
  if (parser_.wanted_bytes() > old_size) wanted = parser_.wanted_bytes();
  ssize_t bytes = 0;
  size_t room_bytes = 0;
  kept_.resize_and_overwrite(wanted, [&](char* data, size_t size) {
    room_bytes = size - old_size;  // which may be more than was asked for
    bytes = read({data + old_size, room_bytes});
    return old_size + static_cast<size_t>(std::max<ssize_t>(bytes, 0));
  });
  if (!note_read(bytes, room_bytes)) return false;
  if (kept_.size() > executor_.config().query_buffer_limit_bytes()) {
    executor_.clients().query_buffer_limit_disconnections.fetch_add(1);
    done_ = true;
    return false;
  }
  return true;
}

void Connection::process_kept() {
  const size_t used = process(kept_);
  kept_.erase(0, used);
  if (kept_.empty() && kept_.capacity() > kKeptBytesMax) std::string().swap(kept_);
  shown_kept_bytes_.store(kept_.size(), std::memory_order_relaxed);
  shown_kept_capacity_bytes_.store(kept_.capacity(), std::memory_order_relaxed);
}

// --- Executing

size_t Connection::process(std::string_view input) {
  size_t used = 0;
  while (!is_waiting()) {
    parser_.set_limits({executor_.config().bulk_bytes_max(), !identity.is_authenticated()});
    const bool is_intact = collect(input.substr(used));
    if (collected_.empty()) break;
    const size_t count = execute_collected();
    if (count > 0) used += collected_[count - 1].input_end;
    // What was collected and not executed is collected again.
    if (count < collected_.size() || is_waiting()) {
      parser_.restart();
      break;
    }
    if (output_.pending_bytes() > kOutputFlushBytes) flush();
    if (!is_intact) break;
  }
  parser_.release();
  if (words_.capacity() > kKeptWordsMax) std::vector<std::string_view>().swap(words_);
  return used;
}

bool Connection::collect(std::string_view input) {
  words_.clear();
  collected_.clear();
  // Before authentication the next command's limits depend on the last one's outcome.
  const size_t most = identity.is_authenticated() ? kBatchCommandsMax : 1;
  size_t at = 0;
  while (collected_.size() < most) {
    size_t length;
    const auto status = parser_.next(input.substr(at), words_, length);
    if (status == RequestParser::Status::need_more) break;
    if (status == RequestParser::Status::error) {
      // The commands before it come first; it will be met again.
      if (!collected_.empty()) break;
      writer_.error("ERR " + parser_.error());
      closing_ = true;
      return false;
    }
    at += length;
    if (status == RequestParser::Status::empty) {
      // Belongs to the command before, or is a command of no words.
      collected_.push_back({words_.size(), at});
      continue;
    }
    const size_t first = collected_.empty() ? 0 : collected_.back().words_end;
    collected_.push_back({words_.size(), at});
    // CLIENT REPLY decides about the replies of the commands after it.
    if (equal_ignoring_case(words_[first], "CLIENT")) break;
  }
  return true;
}

size_t Connection::execute_collected() {
  batch_.clear();
  size_t first = 0;
  for (const Extent& extent : collected_) {
    batch_.push_back(Words(words_).subspan(first, extent.words_end - first));
    first = extent.words_end;
  }
  if (reply_off || reply_skip_this || reply_skip_next) return execute_muted(batch_);
  size_t next = 0;
  while (next < batch_.size() && !is_waiting()) {
    if (batch_[next].empty()) {
      ++next;
      continue;
    }
    size_t end = next;
    while (end < batch_.size() && !batch_[end].empty()) ++end;
    ExecuteStatus status;
    next += executor_.execute_batch(*this, std::span(batch_).subspan(next, end - next), writer_,
                                    status);
    note_status(status);
  }
  // CLIENT REPLY SKIP is about the command after it.
  reply_skip_this = std::exchange(reply_skip_next, false);
  return next;
}

size_t Connection::execute_muted(std::span<const Words> commands) {
  size_t count = 0;
  for (const Words words : commands) {
    if (is_waiting()) break;
    if (!words.empty()) {
      reply_skip_this = reply_skip_this || std::exchange(reply_skip_next, false);
      const bool was_skipped = reply_skip_this;
      const auto mark = output_.mark();
      const ExecuteStatus status = executor_.execute(*this, words, writer_);
      if (reply_off || (was_skipped && reply_skip_this)) output_.rewind(mark);
      note_status(status);
      if (held_back_) {
        reply_skip_this = was_skipped;
        break;
      }
      skips_blocked_ = blocked_ && was_skipped;
      reply_skip_this = std::exchange(reply_skip_next, false);
    }
    ++count;
  }
  return count;
}

void Connection::note_status(ExecuteStatus status) {
  if (status == ExecuteStatus::blocked) blocked_ = true;
  if (status == ExecuteStatus::paused) held_back_ = true;
  if (status == ExecuteStatus::close || close_after_reply) closing_ = true;
  if (killed.load(std::memory_order_relaxed)) closing_ = true;
}

// --- Events

void Connection::deliver_reply(const Reply& reply) {
  blocked_ = false;
  waiter.reset();
  // Whoever served it has logged what it did.
  if (const Log* log = executor_.persistence().log()) log_position = own_log_position = log->end();
  const bool is_skipped = std::exchange(skips_blocked_, false);
  if (!reply_off && !is_skipped) write_reply(reply, writer_);
  process_kept();
}

void Connection::deliver_push(const Reply& message) {
  if (closing_ || done_ || !is_still_wanted(*this, message)) return;
  write_reply(message, writer_);
  check_output_limit(0);
}

void Connection::go_on() {
  held_back_ = false;
  process_kept();
}

void Connection::close_now() {
  flush();
  done_ = true;
}

void Connection::on_unblocked(Reply reply) {
  thread_.post(
      {.kind = IoThread::Message::Kind::reply, .session_id = id, .reply = std::move(reply)});
}
void Connection::on_push(std::shared_ptr<const Reply> message) {
  thread_.post(
      {.kind = IoThread::Message::Kind::push, .session_id = id, .push = std::move(message)});
}
// Right behind the reply of the command that caused them; where replies are muted, by the way of others'.
void Connection::send_own_pushes() {
  if (reply_off || reply_skip_this || reply_skip_next) return Session::send_own_pushes();
  for (const auto& message : std::exchange(own_pushes, {})) deliver_push(*message);
}
void Connection::on_kill() {
  thread_.post({.kind = IoThread::Message::Kind::kill, .session_id = id});
}
void Connection::on_resume() {
  thread_.post({.kind = IoThread::Message::Kind::resume, .session_id = id});
}

void Connection::on_long_script() { thread_.serve_others(id); }

// --- Writing

// Lets go what the log has reached.
void Connection::release_held() {
  const Persistence& persistence = executor_.persistence();
  const Log* log = persistence.log();
  while (!held_.empty() && !done_) {
    const Held& first = held_.front();
    if (!persistence.may_be_seen(first.position)) {
      if (!log->has_failed()) return;
      if (!persistence.may_be_seen(first.own_position)) {
        executor_.state().log("a client at " + address_ + " is disconnected: what it wrote is not on disk");
        done_ = true;
        return;
      }
    }
    released_end_ = first.output_end;
    held_.pop_front();
  }
}

size_t Connection::sendable_bytes() {
  const uint64_t end = sent_bytes_ + output_.pending_bytes();
  if (log_position > held_position_) {
    held_position_ = log_position;
    held_.push_back({end, log_position, own_log_position});
  } else if (!held_.empty()) {
    held_.back().output_end = end;
  }
  release_held();
  if (held_.empty()) released_end_ = end;
  return released_end_ - sent_bytes_;
}

namespace {

// Cuts pieces off at `bytes_max`; returns how many are left.
size_t limit(std::span<iovec> pieces, size_t bytes_max) {
  size_t count = 0;
  for (; count < pieces.size() && bytes_max > 0; ++count) {
    pieces[count].iov_len = std::min(pieces[count].iov_len, bytes_max);
    bytes_max -= pieces[count].iov_len;
  }
  return count;
}

}  // namespace

void Connection::flush() {
  if (tls_ && !tls_->is_established()) return;
  size_t sendable = sendable_bytes();
  while (!done_ && sendable > 0) {
    std::array<iovec, 64> pieces;
    const size_t count = limit(std::span(pieces).first(output_.gather(pieces)), sendable);
    const ssize_t sent = write(std::span(pieces).first(count));
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) done_ = true;
      break;
    }
    stats_.output_bytes.add(static_cast<uint64_t>(sent));
    stats_.writes.add();
    output_.consume(static_cast<size_t>(sent));
    sent_bytes_ += static_cast<uint64_t>(sent);
    sendable -= static_cast<size_t>(sent);
  }
  wants_write_ = sendable > 0 && !done_;
  if (output_.empty()) {
    output_.shrink();
    soft_limit_since_ms_ = 0;
    if (closing_) done_ = true;
  } else {
    check_output_limit(0);
  }
  shown_output_bytes_.store(output_.pending_bytes(), std::memory_order_relaxed);
  shown_output_capacity_bytes_.store(output_.capacity_bytes(), std::memory_order_relaxed);
  executor_.clients().count_bytes(*this);
}

size_t Connection::buffer_bytes() const {
  return std::max(shown_kept_bytes_.load(std::memory_order_relaxed),
                  shown_kept_capacity_bytes_.load(std::memory_order_relaxed)) +
         std::max(shown_output_bytes_.load(std::memory_order_relaxed),
                  shown_output_capacity_bytes_.load(std::memory_order_relaxed));
}

ClientClass Connection::client_class() const {
  return subscription_count() != 0 ? ClientClass::pubsub : ClientClass::normal;
}

void Connection::check_output_limit(int64_t now_ms) {
  const OutputBufferLimit limit = executor_.config().output_buffer_limit(client_class());
  const size_t pending = output_.pending_bytes();
  bool is_over = limit.hard_bytes != 0 && pending >= limit.hard_bytes;
  if (limit.soft_bytes == 0 || pending < limit.soft_bytes) {
    soft_limit_since_ms_ = 0;
  } else if (now_ms != 0) {
    if (soft_limit_since_ms_ == 0) soft_limit_since_ms_ = now_ms;
    is_over = is_over || now_ms - soft_limit_since_ms_ > limit.soft_seconds * 1000;
  }
  if (!is_over || done_) return;
  executor_.clients().output_buffer_limit_disconnections.fetch_add(1);
  done_ = true;
}

void Connection::check_limits(int64_t now_ms) {
  check_output_limit(now_ms);
  const int64_t timeout_s = executor_.config().idle_timeout_s();
  const bool is_exempt = blocked_ || subscription_count() != 0 || monitoring;
  if (timeout_s > 0 && !is_exempt && now_ms - last_interaction_ms > timeout_s * 1000) done_ = true;
}

Session::TransportInfo Connection::transport() const {
  const size_t kept = shown_kept_bytes_.load(std::memory_order_relaxed);
  const size_t capacity = shown_kept_capacity_bytes_.load(std::memory_order_relaxed);
  return {.address = address_,
          .local_address = local_address_,
          .fd = socket(),
          .query_buffer_bytes = kept,
          .query_buffer_free_bytes = capacity > kept ? capacity - kept : 0,
          .output_buffer_bytes = shown_output_bytes_.load(std::memory_order_relaxed),
          .output_list_length = 0,
          .output_list_bytes = shown_output_capacity_bytes_.load(std::memory_order_relaxed),
          .unix_socket = is_unix_};
}

}  // namespace redstart
