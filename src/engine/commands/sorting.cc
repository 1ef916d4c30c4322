#include "engine/commands/sorting.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "execution/acl/acl.h"
#include "execution/executor.h"
#include "types/hash/hash.h"
#include "types/list/list.h"
#include "types/set/set.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

struct Request {
  std::optional<std::string_view> by;  // a pattern with a star
  bool keep_order = false;             // BY without a star: nothing is sorted
  bool descending = false;
  bool alphabetical = false;
  int64_t limit_start = 0;
  int64_t limit_count = -1;
  std::vector<std::string_view> gets;
  std::optional<std::string_view> store;
};

struct Element {
  std::string text;
  double score = 0;
  std::optional<std::string> weight;  // what an alphabetical BY compares
};

// Elements [first, end) of those that were loaded.
struct Window {
  size_t first, end;
  size_t size() const { return end - first; }
};

void take_by(Request& request, std::string_view pattern) {
  if (pattern.find('*') == std::string_view::npos) {
    request.keep_order = true;
  } else {
    request.by = pattern;
  }
}

// Patterns reach keys that the call does not name: who uses them must be allowed to read every key.
bool may_use_patterns(CommandContext& c, std::string_view option) {
  if (c.executor().acl().permits_reading_all(c.session(), c.spec(), c.args())) return true;
  c.error("ERR " + std::string(option) +
          " option of SORT denied due to insufficient ACL permissions.");
  return false;
}

// The option at `i`, which is moved to its last word. False: the error has been replied.
bool take_option(CommandContext& c, size_t& i, bool may_store, Request& request) {
  const size_t values = c.arg_count() - i - 1;
  if (c.arg_is(i, "ASC")) {
    request.descending = false;
  } else if (c.arg_is(i, "DESC")) {
    request.descending = true;
  } else if (c.arg_is(i, "ALPHA")) {
    request.alphabetical = true;
  } else if (c.arg_is(i, "LIMIT") && values >= 2) {
    if (!c.parse_integer(i + 1, request.limit_start)) return false;
    if (!c.parse_integer(i + 2, request.limit_count)) return false;
    i += 2;
  } else if (may_store && c.arg_is(i, "STORE") && values >= 1) {
    request.store = c.arg(++i);
  } else if (c.arg_is(i, "BY") && values >= 1) {
    take_by(request, c.arg(++i));
    return !request.by || may_use_patterns(c, "BY");
  } else if (c.arg_is(i, "GET") && values >= 1) {
    request.gets.push_back(c.arg(++i));
    return may_use_patterns(c, "GET");
  } else {
    c.syntax_error();
    return false;
  }
  return true;
}

bool is_sortable(Type type) {
  return type == Type::list || type == Type::set || type == Type::zset;
}

Window window_of(const Request& request, size_t element_count) {
  const auto count = static_cast<int64_t>(element_count);
  const int64_t first = std::clamp<int64_t>(request.limit_start, 0, count);
  const int64_t wanted = request.limit_count < 0 ? count : std::min(request.limit_count, count);
  return {static_cast<size_t>(first), static_cast<size_t>(std::min(first + wanted, count))};
}

// In the collection's own order, or that reversed, the window's elements alone.
std::vector<Element> load_ordered(Object object, const Window& window, bool descending) {
  std::vector<Element> elements;
  if (window.size() == 0) return elements;
  elements.reserve(window.size());
  const auto add = [&](std::string_view text) {
    elements.push_back({.text = std::string(text), .weight = {}});
  };
  if (object.type == Type::list) {
    const List list(object);
    const size_t first = descending ? list.size() - 1 - window.first : window.first;
    list.for_each(first, window.size(), descending, [&](std::string_view text) {
      add(text);
      return true;
    });
    return elements;
  }
  const SortedSet sorted(object);
  const size_t size = sorted.size();
  const RankRange range = descending ? RankRange{size - window.end, size - window.first}
                                     : RankRange{window.first, window.end};
  sorted.for_each(range, descending, [&](std::string_view member, double) {
    add(member);
    return true;
  });
  return elements;
}

std::vector<Element> load_all(Object object) {
  if (object.type != Type::set) return load_ordered(object, {0, element_count(object)}, false);
  std::vector<Element> elements;
  elements.reserve(element_count(object));
  Set(object).for_each([&](std::string_view member) {
    elements.push_back({.text = std::string(member), .weight = {}});
  });
  return elements;
}

// What `pattern` names for an element: the element itself ("#"), the string at the key that it
// makes, or a field of the hash there ("key*->field").
std::optional<std::string> pattern_value(CommandContext& c, std::string_view pattern,
                                         const std::string& element) {
  if (pattern == "#") return element;
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return std::nullopt;
  std::string_view suffix = pattern.substr(star + 1), field;
  const size_t arrow = suffix.find("->");
  if (arrow != std::string_view::npos && arrow + 2 < suffix.size()) {
    field = suffix.substr(arrow + 2);
    suffix = suffix.substr(0, arrow);
  }
  std::string key(pattern.substr(0, star));
  key.append(element).append(suffix);
  // Not find(): it would take this key for the one that stood in the same memory before.
  const Entry* entry = c.access().lookup_for_reading(c.db(), key, Keyspace::hash(key));
  if (!entry || entry->type() != (field.empty() ? Type::string : Type::hash)) return std::nullopt;
  NumberBuffer buffer;
  if (field.empty()) return std::string(entry->text(buffer));
  Object object = entry->object();
  const auto value = Hash(object, c.now_ms()).get(field, buffer.text);
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

bool parse_score(const std::string& text, double& score) {
  char* end;
  errno = 0;
  score = std::strtod(text.c_str(), &end);
  return *end == '\0' && errno != ERANGE && !std::isnan(score);
}

// What the elements are compared by. False: a weight is no number.
bool load_weights(CommandContext& c, const Request& request, std::vector<Element>& elements) {
  bool all_numbers = true;
  for (Element& element : elements) {
    if (!request.by) {
      if (!request.alphabetical) all_numbers &= parse_score(element.text, element.score);
      continue;
    }
    element.weight = pattern_value(c, *request.by, element.text);
    if (element.weight && !request.alphabetical) {
      all_numbers &= parse_score(*element.weight, element.score);
    }
  }
  return all_numbers;
}

// Negative, zero or positive.
int compare(const Request& request, const Element& a, const Element& b) {
  if (request.alphabetical && request.by) {
    if (!a.weight || !b.weight) return a.weight.has_value() - b.weight.has_value();
    return a.weight->compare(*b.weight);
  }
  if (!request.alphabetical && a.score != b.score) return a.score < b.score ? -1 : 1;
  return a.text.compare(b.text);
}

void sort(const Request& request, std::vector<Element>& elements) {
  std::stable_sort(elements.begin(), elements.end(), [&](const Element& a, const Element& b) {
    return request.descending ? compare(request, a, b) > 0 : compare(request, a, b) < 0;
  });
}

void reply_elements(CommandContext& c, const Request& request, std::span<const Element> elements) {
  c.reply().array(elements.size() * std::max<size_t>(request.gets.size(), 1));
  for (const Element& element : elements) {
    if (request.gets.empty()) c.reply().bulk(element.text);
    for (const std::string_view pattern : request.gets) {
      const auto value = pattern_value(c, pattern, element.text);
      value ? c.reply().bulk(*value) : c.reply().null();
    }
  }
}

// What is stored, and not how it was found: among equal elements of a set, the order is that in which they happen to
// lie, and that differs in another copy of the data.
void tell_effect(CommandContext& c, std::string_view key, const List& list) {
  constexpr size_t kElementsMax = 1024;  // of one command
  c.effect({"DEL", key});
  std::vector<std::string> texts;
  const auto tell = [&] {
    std::vector<std::string_view> words{"RPUSH", key};
    words.insert(words.end(), texts.begin(), texts.end());
    c.effect(words);
    texts.clear();
  };
  list.for_each(0, list.size(), false, [&](std::string_view text) {
    texts.emplace_back(text);
    if (texts.size() == kElementsMax) tell();
    return true;
  });
  if (!texts.empty()) tell();
}

void store_elements(CommandContext& c, const Request& request, std::span<const Element> elements) {
  Object object = List::make();
  List list(object);
  const auto push = [&](std::string_view text) { list.push(List::End::tail, text, c.limits()); };
  for (const Element& element : elements) {
    if (request.gets.empty()) push(element.text);
    for (const std::string_view pattern : request.gets) {
      push(pattern_value(c, pattern, element.text).value_or(""));
    }
  }
  const size_t stored = list.size();
  if (c.access().records_effects()) tell_effect(c, *request.store, list);
  Edit edit = c.edit(*request.store, Type::none);
  edit.set_object(object);
  edit.event(stored != 0 ? "sortstore" : "del");
  edit.count_changes(static_cast<uint32_t>(std::max<size_t>(stored, 1)));
  c.reply().integer(static_cast<int64_t>(stored));
}

}  // namespace

void sort_elements(CommandContext& c, bool may_store) {
  Request request;
  for (size_t i = 2; i < c.arg_count(); ++i) {
    if (!take_option(c, i, may_store, request)) return;
  }
  const Entry* entry = c.find(c.arg(1));
  if (entry && !is_sortable(entry->type())) return c.wrong_type_error();
  // A set has no order of its own that would come out the same in every copy of the data.
  if (request.keep_order && entry && entry->type() == Type::set && request.store) {
    request.keep_order = false;
    request.alphabetical = true;
    request.by.reset();
  }
  std::vector<Element> elements;
  Window window = window_of(request, entry ? element_count(entry->object()) : 0);
  if (entry && request.keep_order && entry->type() != Type::set) {
    elements = load_ordered(entry->object(), window, request.descending);
    window = {0, elements.size()};
  } else if (entry) {
    elements = load_all(entry->object());
  }
  if (!request.keep_order) {
    if (!load_weights(c, request, elements)) {
      return c.error("ERR One or more scores can't be converted into double");
    }
    sort(request, elements);
  }
  const auto chosen = std::span<const Element>(elements).subspan(window.first, window.size());
  request.store ? store_elements(c, request, chosen) : reply_elements(c, request, chosen);
}

}  // namespace redstart
