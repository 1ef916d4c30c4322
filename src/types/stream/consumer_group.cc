#include "types/stream/consumer_group.h"

#include <cstring>
#include <new>
#include <stdexcept>
#include <unordered_map>

#include "base/heap.h"

namespace redstart {
namespace {

// A struct with its name behind it.
template <class T>
T* make_named(std::string_view name) {
  T* named = new (heap::allocate(sizeof(T) + name.size())) T();
  named->name_bytes = static_cast<uint32_t>(name.size());
  name.copy(reinterpret_cast<char*>(named + 1), name.size());
  return named;
}

template <class T>
void destroy_named(T* named) {
  const size_t bytes = sizeof(T) + named->name_bytes;
  named->~T();
  heap::deallocate(named, bytes);
}

template <class T>
size_t bytes_of_named(const T& named) {
  return heap::allocated_size(sizeof(T) + named.name_bytes);
}

}  // namespace

ConsumerGroup* ConsumerGroup::create(std::string_view name, const StreamId& last_id, int64_t entries_read) {
  auto* group = make_named<ConsumerGroup>(name);
  group->last_id = last_id;
  group->entries_read = entries_read;
  return group;
}

ConsumerGroup* ConsumerGroup::clone(const ConsumerGroup& group) {
  ConsumerGroup* copy = create(group.name(), group.last_id, group.entries_read);
  std::unordered_map<const Consumer*, Consumer*> copies;
  group.consumers.for_each([&](const Consumer* consumer) {
    Consumer& fresh = copy->create_consumer(consumer->name(), consumer->seen_ms);
    fresh.active_ms = consumer->active_ms;
    consumer->pending.for_each([&](const StreamId& id) { fresh.pending.insert(id); });
    copies.emplace(consumer, &fresh);
  });
  group.pending.for_each([&](PendingEntry pending) {
    pending.consumer = copies.at(pending.consumer);
    copy->pending.insert(pending);
  });
  return copy;
}

void ConsumerGroup::destroy(ConsumerGroup* group) {
  group->consumers.for_each([](Consumer* consumer) { destroy_named(consumer); });
  destroy_named(group);
}

Consumer* ConsumerGroup::find_consumer(std::string_view name) const {
  Consumer** found = consumers.find(name);
  return found ? *found : nullptr;
}

Consumer& ConsumerGroup::create_consumer(std::string_view name, int64_t now_ms) {
  auto* consumer = make_named<Consumer>(name);
  consumer->seen_ms = now_ms;
  consumer->active_ms = Consumer::kNeverActive;
  consumers.insert(consumer);
  return *consumer;
}

void ConsumerGroup::destroy_consumer(Consumer& consumer) {
  consumer.pending.for_each([&](const StreamId& id) { pending.erase(id); });
  consumers.erase(consumer.name());
  destroy_named(&consumer);
}

PendingEntry& ConsumerGroup::deliver(const StreamId& id, Consumer& consumer, int64_t now_ms) {
  if (PendingEntry* known = pending.find(id)) {
    assign(*known, consumer);
    known->delivered_ms = now_ms;
    known->delivery_count = 1;
    return *known;
  }
  pending.insert({id, now_ms, 1, &consumer});
  consumer.pending.insert(id);
  return *pending.find(id);
}

void ConsumerGroup::assign(PendingEntry& pending, Consumer& consumer) {
  if (pending.consumer == &consumer) return;
  pending.consumer->pending.erase(pending.id);
  consumer.pending.insert(pending.id);
  pending.consumer = &consumer;
}

bool ConsumerGroup::forget(const StreamId& id) {
  const auto place = pending.lower_bound(id);
  if (place == pending.end() || pending[place].id != id) return false;
  pending[place].consumer->pending.erase(id);
  pending.erase(place);
  return true;
}

size_t ConsumerGroup::memory_bytes() const {
  size_t bytes = bytes_of_named(*this) + pending.memory_bytes() + consumers.memory_bytes();
  consumers.for_each([&](const Consumer* consumer) {
    bytes += bytes_of_named(*consumer) + consumer->pending.memory_bytes();
  });
  return bytes;
}

void ConsumerGroup::check_invariants() const {
  pending.check_invariants();
  consumers.check_invariants();
  size_t owned = 0;
  consumers.for_each([&](const Consumer* consumer) {
    consumer->pending.check_invariants();
    owned += consumer->pending.size();
    consumer->pending.for_each([&](const StreamId& id) {
      const PendingEntry* entry = pending.find(id);
      if (!entry || entry->consumer != consumer) {
        throw std::logic_error("a consumer's pending entry is not the group's");
      }
    });
  });
  if (owned != pending.size()) throw std::logic_error("a pending entry has no consumer");
}

}  // namespace redstart
