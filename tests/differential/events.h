// EventListener: subscribes to the keyspace notifications of both servers and tells whether they say the
// same in the same order. When a key expires is left to each.
//
// Threads: thread-compatible.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/differential/pair.h"

namespace redstart::oracle {

class EventListener {
 public:
  // Turns every class of notifications on. Throws WireError when a server refuses.
  EventListener(const Servers& servers, Wire& oracle_control, Wire& subject_control);

  struct Difference {
    std::string oracle;
    std::string subject;
    std::string key;  // of the first event that differs, as one of them tells it
  };
  // Compares what has been told since the last call; the first event that differs, with those before it.
  std::optional<Difference> compare(Wire& oracle_control, Wire& subject_control);
  // Forgets what has been told since the last call.
  void skip(Wire& oracle_control, Wire& subject_control);

 private:
  struct Event {
    std::string key;
    std::string text;
    bool operator==(const Event& other) const { return text == other.text; }
  };
  using Events = std::vector<Event>;
  static void sort_misses(Events& events);
  static Events without_misses(Events events);
  static std::optional<Difference> first_difference(const Events& expected, const Events& actual);
  static std::string shown(const Events& events, size_t at);
  Events take(Wire& listener, Wire& control);

  Wire oracle_;
  Wire subject_;
  uint64_t marks_ = 0;
};

}  // namespace redstart::oracle
