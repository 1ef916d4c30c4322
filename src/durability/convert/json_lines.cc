#include "durability/convert/json_lines.h"

#include <openssl/evp.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/numbers.h"
#include "durability/rdb/reader.h"
#include "durability/rdb/writer.h"
#include "types/hash/hash.h"
#include "types/list/list.h"
#include "types/set/set.h"
#include "types/stream/stream.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

using Json = nlohmann::json;
using rdb::ValueType;

constexpr int64_t kFieldDeadlineEndMs = int64_t{1} << 48;

// What is wrong with a line.
struct Wrong {
  std::string what;
};

// --- Bytes

std::string base64_of(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const auto* const from = reinterpret_cast<const unsigned char*>(bytes.data());
  const int size =
      ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), from, static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

std::string bytes_of_base64(const std::string& text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  const auto* const from = reinterpret_cast<const unsigned char*>(text.data());
  const int size =
      ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), from, static_cast<int>(text.size()));
  if (size < 0 || text.size() % 4 != 0) throw Wrong{"'" + text.substr(0, 32) + "' is no base64"};
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  bytes.resize(static_cast<size_t>(size) - padding);
  return bytes;
}

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const size_t size = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5                   ? 4
                                                                          : 0;
    if (size == 0 || i + size > text.size()) return false;
    uint32_t code = first & (0xff >> size);
    for (size_t j = 1; j < size; ++j) {
      const auto next = static_cast<unsigned char>(text[i + j]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3f);
    }
    if (size == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) return false;
    if (size == 4 && (code < 0x10000 || code > 0x10ffff)) return false;
    i += size;
  }
  return true;
}

Json text(std::string_view bytes) {
  return is_utf8(bytes) ? Json(std::string(bytes)) : Json{{"base64", base64_of(bytes)}};
}

Json score(double value) {
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  return value;
}

// --- Writing

Json json_of(const Hash& hash) {
  bool is_plain = true;
  hash.for_each_with_deadline([&](std::string_view field, std::string_view, int64_t deadline_ms) {
    is_plain = is_plain && deadline_ms == kNoDeadline && is_utf8(field);
  });
  Json json = is_plain ? Json::object() : Json::array();
  hash.for_each_with_deadline([&](std::string_view field, std::string_view value, int64_t deadline_ms) {
    if (is_plain) {
      json[std::string(field)] = text(value);
    } else {
      Json item = Json::array({text(field), text(value)});
      if (deadline_ms != kNoDeadline) item.push_back(deadline_ms);
      json.push_back(std::move(item));
    }
  });
  return json;
}

Json json_of(const ConsumerGroup& group) {
  Json json{{"name", text(group.name())}, {"last_id", to_string(group.last_id)}, {"consumers", Json::array()},
            {"pending", Json::array()}};
  if (group.entries_read != ConsumerGroup::kUnknown) json["entries_read"] = group.entries_read;
  group.consumers.for_each([&](const Consumer* consumer) {
    Json item{{"name", text(consumer->name())}, {"seen_at_ms", consumer->seen_ms}};
    if (consumer->active_ms != Consumer::kNeverActive) item["active_at_ms"] = consumer->active_ms;
    json["consumers"].push_back(std::move(item));
  });
  group.pending.for_each([&](const PendingEntry& pending) {
    json["pending"].push_back(Json{{"id", to_string(pending.id)}, {"consumer", text(pending.consumer->name())},
                                   {"delivered_at_ms", pending.delivered_ms}, {"deliveries", pending.delivery_count}});
  });
  return json;
}

Json json_of(const Stream& stream) {
  Json json{{"last_id", to_string(stream.last_id())}, {"max_deleted_id", to_string(stream.max_removed_id())},
            {"entries_added", stream.entries_added()}, {"entries", Json::array()}, {"groups", Json::array()}};
  stream.for_each({}, false, [&](const PackedEntry& entry) {
    Json fields = Json::array();
    entry.for_each_field([&](const listpack::Value& name, const listpack::Value& value) {
      char buffer[24];
      fields.push_back(text(name.text(buffer)));
      fields.push_back(text(value.text(buffer)));
    });
    json["entries"].push_back(Json::array({to_string(entry.id()), std::move(fields)}));
    return true;
  });
  stream.for_each_group([&](const ConsumerGroup& group) { json["groups"].push_back(json_of(group)); });
  return json;
}

Json json_of(const Entry& entry) {
  if (entry.is_string()) {
    NumberBuffer buffer;
    return text(entry.text(buffer));
  }
  Object object = entry.object();
  Json json = Json::array();
  switch (object.type) {
    case Type::list:
      List(object).for_each(0, std::numeric_limits<size_t>::max(), false, [&](std::string_view element) {
        json.push_back(text(element));
        return true;
      });
      break;
    case Type::set: Set(object).for_each([&](std::string_view member) { json.push_back(text(member)); }); break;
    case Type::zset: {
      const SortedSet set(object);
      set.for_each({0, set.size()}, false, [&](std::string_view member, double value) {
        json.push_back(Json::array({text(member), score(value)}));
        return true;
      });
      break;
    }
    case Type::hash: return json_of(Hash(object));
    case Type::stream: return json_of(Stream(object));
    case Type::none:
    case Type::string: break;
  }
  return json;
}

// --- Reading

std::string bytes_of(const Json& json, std::string_view what) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_object() && json.size() == 1 && json.contains("base64") && json["base64"].is_string()) {
    return bytes_of_base64(json["base64"].get<std::string>());
  }
  throw Wrong{std::string(what) + " has to be a string or {\"base64\": string}"};
}

const Json& member(const Json& json, const char* name) {
  if (!json.is_object() || !json.contains(name)) throw Wrong{std::string("'") + name + "' is missing"};
  return json[name];
}

int64_t integer(const Json& json, std::string_view what) {
  if (!json.is_number_integer()) throw Wrong{std::string(what) + " has to be an integer"};
  return json.get<int64_t>();
}
int64_t integer_or(const Json& json, const char* name, int64_t otherwise) {
  return json.contains(name) ? integer(json[name], name) : otherwise;
}

const Json& array(const Json& json, std::string_view what) {
  if (!json.is_array()) throw Wrong{std::string(what) + " has to be an array"};
  return json;
}

double score_of(const Json& json) {
  if (json.is_number()) return json.get<double>();
  const auto value = json.is_string() ? parse_double(json.get<std::string>()) : std::nullopt;
  if (!value || std::isnan(*value)) throw Wrong{"a score has to be a number, \"inf\" or \"-inf\""};
  return *value;
}

StreamId id_of(const Json& json, const char* name) {
  const auto parsed = json.is_string() ? parse_stream_id(json.get<std::string>(), {}) : std::nullopt;
  if (!parsed) throw Wrong{std::string(name) + " has to be an id like \"1-1\""};
  return parsed->id;
}

struct Value {
  ValueType type;
  std::string bytes;  // as in a snapshot
};

Value hash_of(const Json& json) {
  struct Field {
    std::string name, value;
    int64_t deadline_ms = kNoDeadline;
  };
  std::vector<Field> fields;
  int64_t earliest_ms = std::numeric_limits<int64_t>::max();
  if (json.is_object()) {
    for (const auto& [name, value] : json.items()) fields.push_back({name, bytes_of(value, "a field's value")});
  } else {
    std::unordered_set<std::string> names;
    for (const Json& item : array(json, "the value of a hash")) {
      if (!item.is_array() || item.size() < 2 || item.size() > 3)
        throw Wrong{"a field has to be [name, value, deadline]"};
      fields.push_back({bytes_of(item[0], "a field"), bytes_of(item[1], "a field's value")});
      if (!names.insert(fields.back().name).second) throw Wrong{"the field '" + fields.back().name + "' stands twice"};
      if (item.size() < 3) continue;
      fields.back().deadline_ms = integer(item[2], "a field's deadline");
      if (fields.back().deadline_ms < 0 || fields.back().deadline_ms >= kFieldDeadlineEndMs) {
        throw Wrong{"a field's deadline has to be between 1970 and 10889"};
      }
      earliest_ms = std::min(earliest_ms, fields.back().deadline_ms);
    }
  }
  const bool is_timed = earliest_ms != std::numeric_limits<int64_t>::max();
  Value value{is_timed ? ValueType::hash_deadlines : ValueType::hash, {}};
  RdbWriter writer(value.bytes, false);
  if (is_timed) writer.milliseconds(earliest_ms);
  writer.length(fields.size());
  for (const Field& field : fields) {
    const bool has_deadline = field.deadline_ms != kNoDeadline;
    if (is_timed) writer.length(has_deadline ? static_cast<uint64_t>(field.deadline_ms - earliest_ms) + 1 : 0);
    writer.string(field.name);
    writer.string(field.value);
  }
  return value;
}

Value value_of(const std::string& type, const Json& json) {
  if (type == "hash") return hash_of(json);
  Value value{type == "list" ? ValueType::list : type == "set" ? ValueType::set : ValueType::zset, {}};
  if (type != "list" && type != "set" && type != "zset") throw Wrong{"'" + type + "' is no type of a key"};
  RdbWriter writer(value.bytes, false);
  writer.length(array(json, "the value").size());
  for (const Json& item : json) {
    if (type != "zset") {
      writer.string(bytes_of(item, "an element"));
      continue;
    }
    if (!item.is_array() || item.size() != 2) throw Wrong{"a member has to be [member, score]"};
    writer.string(bytes_of(item[0], "a member"));
    writer.number(score_of(item[1]));
  }
  return value;
}

// Frees what was built so far when a part of it is wrong.
class StreamBuilder {
 public:
  StreamBuilder() : object_(Stream::make()) {}
  ~StreamBuilder() {
    if (object_.data != nullptr) destroy(object_);
  }
  StreamBuilder(const StreamBuilder&) = delete;

  Object build(const Json& json) {
    for (const Json& entry : array(member(json, "entries"), "entries")) add_entry(entry);
    Stream stream(object_);
    const StreamId last = json.contains("last_id") ? id_of(json["last_id"], "last_id") : stream.last_id();
    if (last < stream.last_id()) throw Wrong{"last_id is smaller than an entry's"};
    stream.set_last_id(last);
    if (json.contains("max_deleted_id")) stream.set_max_removed_id(id_of(json["max_deleted_id"], "max_deleted_id"));
    const int64_t added = integer_or(json, "entries_added", static_cast<int64_t>(stream.size()));
    if (added < static_cast<int64_t>(stream.size())) throw Wrong{"entries_added is less than there are"};
    stream.set_entries_added(static_cast<uint64_t>(added));
    if (json.contains("groups")) {
      for (const Json& group : array(json["groups"], "groups")) add_group(group);
    }
    return std::exchange(object_, Object{});
  }

 private:
  void add_entry(const Json& json) {
    if (!json.is_array() || json.size() != 2 || !json[1].is_array() || json[1].empty() || json[1].size() % 2 != 0) {
      throw Wrong{"an entry has to be [id, [field, value, ...]]"};
    }
    const StreamId id = id_of(json[0], "an entry's id");
    Stream stream(object_);
    if (id <= stream.last_id()) throw Wrong{"the ids of entries have to grow"};
    std::vector<std::string> fields;
    for (const Json& word : json[1]) fields.push_back(bytes_of(word, "a field"));
    const std::vector<std::string_view> views(fields.begin(), fields.end());
    stream.append(id, views, limits_);
  }

  void add_group(const Json& json) {
    Stream stream(object_);
    const std::string name = bytes_of(member(json, "name"), "a group's name");
    if (stream.find_group(name)) throw Wrong{"the group '" + name + "' stands there twice"};
    ConsumerGroup& group = stream.create_group(name, id_of(member(json, "last_id"), "a group's last_id"),
                                               integer_or(json, "entries_read", ConsumerGroup::kUnknown));
    for (const Json& item : array(member(json, "consumers"), "consumers")) {
      const std::string consumer_name = bytes_of(member(item, "name"), "a consumer's name");
      if (group.find_consumer(consumer_name)) throw Wrong{"the consumer '" + consumer_name + "' stands there twice"};
      Consumer& consumer = group.create_consumer(consumer_name, integer_or(item, "seen_at_ms", 0));
      consumer.active_ms = integer_or(item, "active_at_ms", Consumer::kNeverActive);
    }
    for (const Json& item : array(member(json, "pending"), "pending")) add_pending(group, item);
  }

  static void add_pending(ConsumerGroup& group, const Json& json) {
    Consumer* consumer = group.find_consumer(bytes_of(member(json, "consumer"), "a consumer"));
    if (!consumer) throw Wrong{"a pending entry's consumer is not among the group's"};
    const StreamId id = id_of(member(json, "id"), "a pending entry's id");
    if (group.pending.find(id)) throw Wrong{"an entry is pending twice"};
    PendingEntry& pending = group.deliver(id, *consumer, integer(member(json, "delivered_at_ms"), "delivered_at_ms"));
    pending.delivery_count = integer_or(json, "deliveries", 1);
  }

  const EncodingLimits limits_;
  Object object_;
};

int64_t deadline_of(const Json& json, int64_t now_ms) {
  if (json.contains("expires_at_ms")) return std::max<int64_t>(0, integer(json["expires_at_ms"], "expires_at_ms"));
  if (!json.contains("ttl_ms")) return kNoDeadline;
  int64_t deadline_ms;
  if (__builtin_add_overflow(integer(json["ttl_ms"], "ttl_ms"), now_ms, &deadline_ms))
    throw Wrong{"ttl_ms is too large"};
  return std::max<int64_t>(0, deadline_ms);
}

OwnedEntry entry_of(const Json& json, int64_t now_ms) {
  const std::string key = bytes_of(member(json, "key"), "key");
  const Json& type = member(json, "type");
  const Json& value = member(json, "value");
  const int64_t deadline_ms = deadline_of(json, now_ms);
  if (!type.is_string()) throw Wrong{"type has to be a string"};
  if (type == "string") {
    return OwnedEntry(Entry::create_text(key, bytes_of(value, "value"), {.deadline_ms = deadline_ms}));
  }
  if (type == "stream") {
    const Object object = StreamBuilder().build(value);
    OwnedEntry entry(Entry::create(key, {.type = object.type, .encoding = object.encoding,
                                         .value_bytes = sizeof(void*), .deadline_ms = deadline_ms}));
    entry->set_object(object);
    return entry;
  }
  const Value packed = value_of(type, value);
  const EncodingLimits limits;
  ByteSource source(packed.bytes);
  RdbReader reader(source, limits);
  OwnedEntry entry(reader.value(packed.type, key, {.deadline_ms = deadline_ms}));
  if (reader.failed()) throw Wrong{"an element stands there twice"};
  if (!entry) throw Wrong{"a collection has to have elements"};
  return entry;
}

}  // namespace

std::string json_line_of(int db, const Entry& entry) {
  nlohmann::ordered_json line{{"db", db}, {"key", text(entry.key())}, {"type", name_of(entry.type())}};
  if (entry.has_deadline()) line["expires_at_ms"] = entry.deadline_ms();
  line["value"] = json_of(entry);
  return line.dump() + "\n";
}

std::string json_line_of_function(std::string_view code) { return Json{{"function", text(code)}}.dump() + "\n"; }

namespace {

// Of a name that an object has twice the parser would keep the last.
Json parse_without_repetitions(std::string_view line) {
  std::vector<std::unordered_set<std::string>> names;  // of the objects that are open
  const auto look = [&](int, Json::parse_event_t event, const Json& json) {
    if (event == Json::parse_event_t::object_start) names.emplace_back();
    if (event == Json::parse_event_t::object_end) names.pop_back();
    if (event != Json::parse_event_t::key || names.back().insert(json.get<std::string>()).second) return true;
    throw Wrong{"'" + json.get<std::string>() + "' stands twice in an object"};
  };
  return Json::parse(line, look, false);
}

}  // namespace

std::expected<JsonLine, std::string> parse_json_line(std::string_view line, int64_t now_ms) {
  try {
    const Json json = parse_without_repetitions(line);
    if (json.is_discarded()) return std::unexpected("it is no JSON");
    if (!json.is_object()) return std::unexpected("it is no object");
    JsonLine read;
    if (json.contains("function")) {
      read.function = bytes_of(json["function"], "function");
      return read;
    }
    const int64_t db = integer_or(json, "db", 0);
    if (db < 0 || db > std::numeric_limits<int>::max()) throw Wrong{"db has to be the number of a database"};
    read.db = static_cast<int>(db);
    read.entry = entry_of(json, now_ms);
    return read;
  } catch (const Wrong& wrong) {
    return std::unexpected(wrong.what);
  }
}

}  // namespace redstart
