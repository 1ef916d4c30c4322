#include "engine/edit.h"

#include <algorithm>
#include <utility>

#include "engine/access.h"
#include "engine/tinylfu/tinylfu.h"

namespace redstart {
namespace {

constexpr size_t kGrowthBytesMax = 1 << 20;  // a growing string reserves its own size, up to this

}  // namespace

Edit::Edit(Access& access, int db, std::string_view key, uint64_t hash, Type wanted)
    : access_(&access),
      shard_(&access.keyspace().shard(Keyspace::shard_index(hash))),
      table_(&shard_->database(db)),
      entry_(access.lookup(*shard_, db, key, hash)),
      key_(key),
      hash_(hash),
      db_(db),
      wanted_(wanted),
      existed_(entry_ != nullptr) {
  if (!entry_) return;
  wrong_type_ = wanted != Type::none && entry_->type() != wanted;
  shard_->preserve(*table_, entry_);
}

Edit::Edit(Edit&& other) noexcept
    : access_(std::exchange(other.access_, nullptr)),
      shard_(other.shard_),
      table_(other.table_),
      entry_(other.entry_),
      key_(other.key_),
      event_(other.event_),
      second_event_(other.second_event_),
      hash_(other.hash_),
      object_(other.object_),
      old_timer_ms_(other.old_timer_ms_),
      changes_(other.changes_),
      audience_(other.audience_),
      db_(other.db_),
      wanted_(other.wanted_),
      holds_object_(other.holds_object_),
      existed_(other.existed_),
      changed_(other.changed_),
      wrong_type_(other.wrong_type_) {}

uint32_t Edit::fresh_access() const {
  return initial_access(access_->settings().policy, access_->wall_time_ms());
}

Entry::TextShape Edit::text_shape(int64_t deadline_ms) const {
  return {.deadline_ms = deadline_ms, .access = entry_ ? entry_->access() : fresh_access()};
}

void Edit::install(Entry* fresh, bool value_moved) {
  changed_ = true;
  fresh->set_epoch(shard_->epoch);
  KeyCounts& counts = shard_->counts[db_];
  const int64_t old_deadline_ms = deadline_ms();
  if (entry_) {
    table_->entries.replace(hash_, entry_, fresh);
    counts.subtract_timers(*entry_);
    value_moved ? Entry::free_shell(entry_) : Entry::destroy(entry_);
  } else {
    table_->entries.insert(hash_, fresh);
    counts.keys.add();
    if (TinyLfu* tinylfu = access_->settings().policy.tinylfu) [[unlikely]] {
      fresh->set_access(tinylfu->on_insert(db_, hash_, shard_->ghosts, access_->random_));
    }
    access_->tell({db_, key_, EventClass::new_key, "new"});
  }
  entry_ = fresh;
  if (!fresh->has_timer()) return;
  counts.add_timers(*fresh);
  const int64_t timer_ms = fresh->next_timer_ms();
  const bool has_fresh_fields = fresh->has_timed_fields() && !value_moved;
  if (old_deadline_ms == kNoDeadline || timer_ms < old_deadline_ms || has_fresh_fields) {
    index_timer(timer_ms);
  }
}

// Records of keys that are gone stay in the index until they would be due. Before they are the most of it, it is
// made anew.
void Edit::index_timer(int64_t timer_ms) {
  constexpr size_t kRecordsSpared = 512;
  ExpiryIndex& index = table_->expiries;
  const KeyCounts& counts = shard_->counts[db_];
  index.add(hash_, timer_ms);
  const size_t wanted = counts.volatile_keys.get() + counts.timed_hashes.get();
  if (index.record_count() <= 2 * wanted + kRecordsSpared) [[likely]] return;
  index.clear();
  table_->entries.for_each([&](const Entry* entry) {
    if (entry->has_timer()) index.add(Keyspace::hash(entry->key()), entry->next_timer_ms());
  });
}

// The same value under this edit's key, with another deadline; `source` stays to be freed as a
// shell.
Entry* Edit::rebuild(const Entry* source, int64_t deadline_ms) const {
  Entry* fresh = Entry::create(key_, {.type = source->type(),
                                      .encoding = source->encoding(),
                                      .value_bytes = source->value_bytes(),
                                      .external = source->is_external(),
                                      .deadline_ms = deadline_ms,
                                      .access = source->access(),
                                      .timed_fields = source->has_timed_fields()});
  std::memcpy(fresh->value_data(), source->value_data(), source->value_bytes());
  return fresh;
}

bool Edit::overwrite_in_place(std::string_view bytes, Encoding encoding, int64_t deadline_ms) {
  if (!entry_ || !entry_->is_string() || entry_->is_external()) return false;
  if (!entry_->has_room_for_deadline(deadline_ms)) return false;
  const size_t old_bytes = entry_->allocation_bytes();
  const size_t new_bytes = old_bytes - entry_->value_bytes() + bytes.size();
  if (heap::allocated_size(old_bytes) != heap::allocated_size(new_bytes)) return false;
  std::memmove(entry_->value_data(), bytes.data(), bytes.size());
  entry_->set_value_bytes(static_cast<uint16_t>(bytes.size()));
  entry_->set_encoding(encoding);
  if (deadline_ms != kNoDeadline) move_deadline(deadline_ms);
  changed_ = true;
  return true;
}

void Edit::set_text(std::string_view bytes, int64_t deadline_ms) {
  if (const auto integer = canonical_integer(bytes)) return write_integer(*integer, deadline_ms);
  write_text(bytes, deadline_ms);
}

void Edit::write_text(std::string_view bytes, int64_t deadline_ms) {
  const bool external = bytes.size() > Entry::kInlineBytesMax;
  const Encoding encoding =
      bytes.size() <= Entry::kEmbeddedStringBytesMax ? Encoding::embstr : Encoding::raw;
  if (!external && overwrite_in_place(bytes, encoding, deadline_ms)) return;
  install(Entry::create_plain_text(key_, bytes, text_shape(deadline_ms)), false);
}

void Edit::set_raw_text(std::string_view bytes, int64_t deadline_ms) {
  write_text(bytes, deadline_ms);
  entry_->set_encoding(Encoding::raw);
}

// A raw string's entry in this edit's key, with room for what follows.
Entry* Edit::create_raw_entry(size_t size, int64_t deadline_ms) const {
  const bool external = size > Entry::kInlineBytesMax;
  const auto [deadline, access] = text_shape(deadline_ms);
  return Entry::create(key_, {.type = Type::string,
                              .encoding = Encoding::raw,
                              .value_bytes = static_cast<uint16_t>(external ? sizeof(void*) : size),
                              .external = external,
                              .deadline_ms = deadline,
                              .access = access});
}

void Edit::set_shared_text(SharedBytes bytes, int64_t deadline_ms) {
  Entry* fresh = create_raw_entry(bytes.size(), deadline_ms);
  fresh->put_shared(std::move(bytes));
  install(fresh, false);
}

void Edit::write_integer(int64_t value, int64_t deadline_ms) {
  char packed[8];
  std::memcpy(packed, &value, sizeof packed);  // little-endian: the low bytes come first
  if (overwrite_in_place({packed, integer_bytes(value)}, Encoding::int_, deadline_ms)) return;
  install(Entry::create_integer(key_, value, text_shape(deadline_ms)), false);
}

char* Edit::resize_text_in_place(size_t size) {
  if (!entry_ || !entry_->is_string()) return nullptr;
  return entry_->is_external() ? resize_shared_in_place(size) : resize_inline_in_place(size);
}

char* Edit::resize_shared_in_place(size_t size) {
  if (size <= Entry::kInlineBytesMax) return nullptr;
  SharedBytes bytes = entry_->take_shared();
  char* data = nullptr;
  if (bytes.unique() && bytes.capacity() >= size) {
    const size_t old_size = bytes.size();
    data = bytes.mutable_data();
    if (size > old_size) std::memset(data + old_size, 0, size - old_size);
    bytes.set_size(size);
    entry_->set_encoding(Encoding::raw);
    changed_ = true;
  }
  entry_->put_shared(std::move(bytes));
  return data;
}

char* Edit::resize_inline_in_place(size_t size) {
  if (size > Entry::kInlineBytesMax || entry_->encoding() == Encoding::int_) return nullptr;
  const size_t old_size = entry_->value_bytes();
  const size_t old_bytes = entry_->allocation_bytes();
  const size_t new_bytes = old_bytes - old_size + size;
  if (heap::allocated_size(old_bytes) != heap::allocated_size(new_bytes)) return nullptr;
  char* data = entry_->value_data();
  if (size > old_size) std::memset(data + old_size, 0, size - old_size);
  entry_->set_value_bytes(static_cast<uint16_t>(size));
  entry_->set_encoding(Encoding::raw);
  changed_ = true;
  return data;
}

char* Edit::resize_text(size_t size) {
  if (char* data = resize_text_in_place(size)) return data;
  NumberBuffer buffer;
  const std::string_view old = entry_ ? entry_->text(buffer) : "";  // memcpy takes no null
  Entry* fresh = create_raw_entry(size, deadline_ms());
  char* data = fresh->value_data();
  if (size > Entry::kInlineBytesMax) {
    const size_t reserve = size > old.size() ? std::min(size, kGrowthBytesMax) : 0;
    SharedBytes bytes = SharedBytes::uninitialized(size, size + reserve);
    data = bytes.mutable_data();
    fresh->put_shared(std::move(bytes));
  }
  const size_t kept = std::min(old.size(), size);
  old.copy(data, kept);
  std::memset(data + kept, 0, size - kept);
  install(fresh, false);
  return data;
}

void Edit::take_object() {
  object_ = entry_ ? entry_->object() : make_object(wanted_);
  if (entry_ && entry_->has_timer()) old_timer_ms_ = entry_->next_timer_ms();
  holds_object_ = true;
  changed_ = true;
}

void Edit::set_object(Object object) {
  if (holds_object_) write_back_object();
  if (vanishes_when_empty(object.type) && element_count(object) == 0) {
    destroy(object);
    if (entry_) remove();
    return;
  }
  if (entry_ && entry_->has_deadline()) clear_deadline();
  Entry* fresh = Entry::create(key_, {.type = object.type,
                                      .encoding = object.encoding,
                                      .value_bytes = sizeof(void*),
                                      .access = fresh_access()});
  fresh->set_object(object);
  install(fresh, false);
}

Entry* Edit::take_entry() {
  if (holds_object_) write_back_object();
  table_->entries.erase(hash_, key_);
  shard_->counts[db_].subtract(*entry_);
  changed_ = true;
  return std::exchange(entry_, nullptr);
}

void Edit::put_entry(Entry* entry) {
  if (entry_) remove();
  if (entry->key() != key_) {
    Entry* renamed = rebuild(entry, entry->deadline_ms());
    Entry::free_shell(entry);
    entry = renamed;
  }
  install(entry, false);
}

void Edit::remove() {
  if (holds_object_) write_back_object();
  if (!entry_) return;  // the collection was empty already, or never became a key
  // Destroyed only after the key's own bytes are no longer needed: key_ may be a view into it.
  Entry::destroy(take_entry());
}

void Edit::set_deadline_ms(int64_t deadline_ms) {
  if (holds_object_) write_back_object();
  changed_ = true;
  if (entry_->has_room_for_deadline(deadline_ms)) return move_deadline(deadline_ms);
  install(rebuild(entry_, deadline_ms), true);
}

// REQUIRES: the entry has room for the deadline.
void Edit::move_deadline(int64_t deadline_ms) {
  const bool is_earlier = deadline_ms < entry_->deadline_ms();
  entry_->set_deadline_ms(deadline_ms);
  if (is_earlier) index_timer(deadline_ms);
}

void Edit::clear_deadline() {
  if (!entry_ || !entry_->has_deadline()) return;
  if (holds_object_) write_back_object();
  install(rebuild(entry_, kNoDeadline), true);
}

// Puts the collection that was changed outside back into the entry, or makes the entry, or removes
// it.
void Edit::write_back_object() {
  holds_object_ = false;
  const bool is_empty = vanishes_when_empty(object_.type) && element_count(object_) == 0;
  if (!entry_) return make_entry(is_empty);
  const bool had_timed_fields = entry_->has_timed_fields();
  entry_->set_object(object_);
  if (had_timed_fields || entry_->has_timed_fields()) [[unlikely]] follow_timers(had_timed_fields);
  if (is_empty) [[unlikely]] remove();
}

// REQUIRES: there is none yet.
void Edit::make_entry(bool is_empty) {
  if (is_empty) {
    destroy(object_);
    changed_ = false;
    return;
  }
  Entry* fresh = Entry::create(key_, {.type = object_.type,
                                      .encoding = object_.encoding,
                                      .value_bytes = sizeof(void*),
                                      .access = fresh_access()});
  fresh->set_object(object_);
  install(fresh, false);
}

void Edit::follow_timers(bool had_timed_fields) {
  if (had_timed_fields != entry_->has_timed_fields()) {
    Counter& count = shard_->counts[db_].timed_hashes;
    had_timed_fields ? count.subtract() : count.add();
  }
  if (!entry_->has_timer()) return;
  const int64_t timer_ms = entry_->next_timer_ms();
  if (old_timer_ms_ == kNoDeadline || timer_ms < old_timer_ms_) index_timer(timer_ms);
}

void Edit::note_change() {
  access_->count_changes(*shard_, changes_);
  if (access_->is_observed(*shard_)) [[unlikely]] tell_observers();
}

void Edit::tell_observers() {
  if (!access_->observer_) return;
  const std::string_view event = event_.empty() ? access_->command_name_ : event_;
  const Type type = entry_ ? entry_->type() : wanted_;
  const EventClass event_class = event_class_of(type, event);
  access_->observer_->on_change(
      {db_, key_, hash_, event_class, event, entry_ != nullptr, audience_});
  if (!second_event_.empty()) {
    access_->tell({db_, key_, event_class_of(type, second_event_), second_event_});
  }
  const bool was_emptied = !entry_ && event_class != EventClass::generic;
  if (was_emptied) access_->tell({db_, key_, EventClass::generic, "del"});
}

void Edit::commit() {
  if (!access_) return;
  const bool was_marked_unchanged = !changed_;
  if (holds_object_) write_back_object();
  if (was_marked_unchanged) changed_ = false;
  if (changed_ && (entry_ || existed_)) note_change();
  if (entry_ && existed_ && access_->touches_) access_->touch(entry_, hash_);
  access_ = nullptr;
}

}  // namespace redstart
