#include "tests/linearizability/model.h"

#include <algorithm>
#include <charconv>

namespace redstart::linearizability {
namespace {

constexpr const char* kWrongType =
    "(error) WRONGTYPE Operation against a key holding the wrong kind of value";
constexpr const char* kNil = "(nil)";

std::string integer(int64_t value) { return "(integer) " + std::to_string(value); }

}  // namespace

std::string Model::apply(const Operation& operation) {
  if (operation.atomic) return run_transaction(operation);
  return run(operation.commands[0], operation.client);
}

std::string Model::run_transaction(const Operation& operation) {
  const auto watch = watches_.find(operation.client);
  const bool refused = watch != watches_.end() && watch->second.is_dirty;
  if (watch != watches_.end()) watches_.erase(watch);
  if (refused) return kNil;
  std::string replies = "*[";
  for (const Argv& argv : operation.commands) {
    if (replies.size() > 2) replies += ", ";
    replies += run(argv, operation.client);
  }
  return replies + "]";
}

std::string Model::run(const Argv& argv, size_t client) {
  const std::string& name = argv[0];
  if (name == "GET") return get(argv[1]);
  if (name == "SET" || name == "MSET") return set_many(argv, false);
  if (name == "MSETNX") return set_many(argv, true);
  if (name == "INCR") return increment(argv[1]);
  if (name == "APPEND") return append(argv[1], argv[2]);
  if (name == "DEL") return remove(argv);
  if (name == "RENAME") return rename(argv[1], argv[2]);
  if (name == "LPUSH") return push(argv[1], argv[2]);
  if (name == "LPOP") return pop(argv[1]);
  if (name == "LMOVE") return move(argv[1], argv[2]);
  if (name == "BLPOP") return blocking_pop(argv[1]);
  if (name == "FLUSHALL") return flush();
  if (name == "WATCH") {
    Watch& watch = watches_[client];
    watch.keys.insert(watch.keys.end(), argv.begin() + 1, argv.end());
    return "OK";
  }
  if (name == "MGET") {
    std::string replies = "*[";
    for (size_t i = 1; i < argv.size(); ++i) {
      const std::string reply = get(argv[i]);
      replies += (i > 1 ? ", " : "") + (reply == kWrongType ? kNil : reply);
    }
    return replies + "]";
  }
  return "(error) not in the model: " + name;
}

std::string Model::get(const std::string& key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return kNil;
  return found->second.is_list ? kWrongType : oracle::quote_word(found->second.text);
}

std::string Model::set_many(const Argv& argv, bool only_if_none_exists) {
  for (size_t i = 1; only_if_none_exists && i < argv.size(); i += 2) {
    if (values_.contains(argv[i])) return integer(0);
  }
  for (size_t i = 1; i + 1 < argv.size(); i += 2) {
    values_[argv[i]] = Value{.is_list = false, .text = argv[i + 1], .list = {}};
    touch(argv[i]);
  }
  return only_if_none_exists ? integer(1) : "OK";
}

std::string Model::increment(const std::string& key) {
  const auto found = values_.find(key);
  int64_t number = 0;
  if (found != values_.end()) {
    if (found->second.is_list) return kWrongType;
    const std::string& text = found->second.text;
    const std::errc error = std::from_chars(text.data(), text.data() + text.size(), number).ec;
    // Only the shortest spelling is a number to Redis: "08" is none.
    if (error != std::errc() || std::to_string(number) != text) {
      return "(error) ERR value is not an integer or out of range";
    }
  }
  values_[key].text = std::to_string(++number);
  touch(key);
  return integer(number);
}

std::string Model::append(const std::string& key, const std::string& tail) {
  if (const auto found = values_.find(key); found != values_.end() && found->second.is_list) {
    return kWrongType;
  }
  std::string& text = values_[key].text;
  text += tail;
  touch(key);
  return integer(static_cast<int64_t>(text.size()));
}

std::string Model::remove(const Argv& argv) {
  int64_t removed = 0;
  for (size_t i = 1; i < argv.size(); ++i) {
    if (values_.erase(argv[i]) == 0) continue;
    ++removed;
    touch(argv[i]);
  }
  return integer(removed);
}

std::string Model::rename(const std::string& from, const std::string& to) {
  const auto found = values_.find(from);
  if (found == values_.end()) return "(error) ERR no such key";
  if (from == to) return "OK";
  Value value = std::move(found->second);
  values_.erase(found);
  values_[to] = std::move(value);
  touch(from);
  touch(to);
  return "OK";
}

std::string Model::push(const std::string& key, const std::string& element) {
  if (const auto found = values_.find(key); found != values_.end() && !found->second.is_list) {
    return kWrongType;
  }
  Value& value = values_[key];
  value.is_list = true;
  value.list.insert(value.list.begin(), element);
  touch(key);
  return integer(static_cast<int64_t>(value.list.size()));
}

std::string Model::pop(const std::string& key) {
  const auto found = values_.find(key);
  if (found == values_.end()) return kNil;
  if (!found->second.is_list) return kWrongType;
  std::vector<std::string>& list = found->second.list;
  std::string element = list.front();
  list.erase(list.begin());
  if (list.empty()) values_.erase(found);
  touch(key);
  return oracle::quote_word(element);
}

// LMOVE from to LEFT LEFT.
std::string Model::move(const std::string& from, const std::string& to) {
  const auto source = values_.find(from);
  if (source == values_.end()) return kNil;
  if (!source->second.is_list) return kWrongType;
  const auto target = values_.find(to);
  if (target != values_.end() && !target->second.is_list) return kWrongType;
  const std::string element = source->second.list.front();
  pop(from);
  push(to, element);
  return oracle::quote_word(element);
}

std::string Model::blocking_pop(const std::string& key) {
  const std::string popped = pop(key);
  if (popped == kNil || popped == kWrongType) return popped;
  return "*[" + oracle::quote_word(key) + ", " + popped + "]";
}

std::string Model::flush() {
  while (!values_.empty()) {
    const std::string key = values_.begin()->first;
    values_.erase(values_.begin());
    touch(key);
  }
  return "OK";
}

void Model::touch(const std::string& key) {
  for (auto& [client, watch] : watches_) {
    watch.is_dirty |= std::find(watch.keys.begin(), watch.keys.end(), key) != watch.keys.end();
  }
}

std::string Model::fingerprint() const {
  std::string text;
  for (const auto& [key, value] : values_) {
    text += key + (value.is_list ? "[" : "=") + value.text + "\x01";
    for (const std::string& element : value.list) text += element + "\x02";
  }
  for (const auto& [client, watch] : watches_) {
    text += "\x03" + std::to_string(client) + (watch.is_dirty ? "!" : "?");
    for (const std::string& key : watch.keys) text += key + "\x04";
  }
  return text;
}

}  // namespace redstart::linearizability
