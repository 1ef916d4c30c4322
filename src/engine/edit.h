// Edit: the only way to change a key. It is handed out by CommandContext::edit for one key, and
// when it goes out of scope it writes back what was changed, removes the key of an emptied
// collection, and tells the keyspace's observers (watchers, blocked clients, notifications, the
// log) about the change. A command's author cannot forget them.
//
// Anything that may change the value counts as a change, unless the command says unchanged().
//
// Threads: shard-local (the shard's lock is held). Lifetime: within the command's run; one Edit per
// key at a time.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/entry.h"

namespace redstart {

class Access;
enum class ChangeAudience : uint8_t;  // engine/access.h
struct DatabaseShard;
struct Shard;

class Edit {
 public:
  Edit(Access& access, int db, std::string_view key, uint64_t hash, Type wanted);
  Edit(Edit&& other) noexcept;
  Edit(const Edit&) = delete;
  Edit& operator=(const Edit&) = delete;
  ~Edit() { commit(); }

  bool exists() const { return entry_ != nullptr; }
  // The key holds another type than the one the edit was asked for.
  bool wrong_type() const { return wrong_type_; }
  // Null when the key is missing. Invalidated by every change.
  const Entry* entry() const { return entry_; }

  // Strings. The value is replaced whatever its type was; the deadline stays as it is, unless
  // another (or none, kNoDeadline) is given. set_text stores a canonical integer as an integer,
  // set_plain_text does not.
  void set_text(std::string_view bytes) { set_text(bytes, deadline_ms()); }
  void set_text(std::string_view bytes, int64_t deadline_ms);
  void set_plain_text(std::string_view bytes) { write_text(bytes, deadline_ms()); }
  // In the raw encoding, whatever the size.
  void set_raw_text(std::string_view bytes, int64_t deadline_ms);
  // The same without copying. REQUIRES: more than Entry::kInlineBytesMax bytes.
  void set_shared_text(SharedBytes bytes, int64_t deadline_ms);
  void set_integer(int64_t value) { write_integer(value, deadline_ms()); }
  // Makes the string `size` bytes long (new bytes are zero) in the raw encoding and gives its bytes
  // to write to, until the next call. For APPEND, SETRANGE, SETBIT.
  char* resize_text(size_t size);
  // The same if no byte has to move for it, which leaves views of the string valid; null otherwise.
  char* resize_text_in_place(size_t size);

  // The collection to change, a fresh empty one when the key is missing. Elements taken out until
  // it is empty remove the key; a fresh one that stays empty creates none.
  Object& object() {
    if (!holds_object_) take_object();
    return object_;
  }
  // Replaces the whole value (of any type, or none) by a collection, which the edit takes over. The
  // deadline goes. An empty one removes the key.
  void set_object(Object object);
  // Takes the value out and removes the key: the caller owns the object (strings: see take_entry).
  // REQUIRES: exists().
  Entry* take_entry();
  // Puts a taken entry under this key, deadline included, replacing what is there.
  void put_entry(Entry* entry);

  void remove();
  // kNoDeadline when there is none.
  int64_t deadline_ms() const { return entry_ ? entry_->deadline_ms() : kNoDeadline; }
  // REQUIRES: exists(). A deadline in the past is the caller's to turn into remove().
  void set_deadline_ms(int64_t deadline_ms);
  void clear_deadline();

  // Nothing was changed after all: observers are not told.
  void unchanged() { changed_ = false; }
  // How many elements changed, for rdb_changes_since_last_save (default 1).
  void count_changes(uint32_t changes) { changes_ = changes; }
  // The keyspace notification's name, when it is not the command's own name. That the key of an emptied
  // collection went is told by itself.
  void event(std::string_view name) { event_ = name; }
  // Whom the change concerns, when it is not everybody.
  void concerns(ChangeAudience audience) { audience_ = audience; }
  // A second event of the same change, told behind the first.
  void also_event(std::string_view name) { second_event_ = name; }
  // Writes back now; the edit may not be used afterwards.
  void commit();

 private:
  // Puts `fresh` where the present entry is (or is not yet). The old shell goes, its value too
  // unless it was moved into `fresh`.
  void install(Entry* fresh, bool value_moved);
  Entry* rebuild(const Entry* source, int64_t deadline_ms) const;
  void write_text(std::string_view bytes, int64_t deadline_ms);
  Entry* create_raw_entry(size_t size, int64_t deadline_ms) const;
  void write_integer(int64_t value, int64_t deadline_ms);
  char* resize_shared_in_place(size_t size);
  char* resize_inline_in_place(size_t size);
  bool overwrite_in_place(std::string_view bytes, Encoding encoding, int64_t deadline_ms);
  void move_deadline(int64_t deadline_ms);
  void index_timer(int64_t timer_ms);
  void take_object();
  void write_back_object();
  void make_entry(bool is_empty);
  // The fields' deadlines may have changed with the collection that was put back.
  void follow_timers(bool had_timed_fields);
  void note_change();
  void tell_observers();
  uint32_t fresh_access() const;
  Entry::TextShape text_shape(int64_t deadline_ms) const;

  Access* access_;
  Shard* shard_;
  DatabaseShard* table_;
  Entry* entry_;
  std::string_view key_;
  std::string_view event_;
  std::string_view second_event_;
  uint64_t hash_;
  Object object_{Type::none, Encoding::raw, nullptr};
  int64_t old_timer_ms_ = kNoDeadline;  // of the entry whose object_ is held
  uint32_t changes_ = 1;
  ChangeAudience audience_{};
  int db_;
  Type wanted_;
  bool holds_object_ = false;
  bool existed_;
  bool changed_ = false;
  bool wrong_type_ = false;
};

}  // namespace redstart
