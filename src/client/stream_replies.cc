// How typed stream commands are worded, and what their replies mean, in RESP2's shapes and in RESP3's.
#include "redstart/client.h"

#include <cstdlib>

namespace redstart {
namespace {

template <class T>
result<T> fail(const Reply& reply, std::string_view expected) {
  return std::unexpected(detail::unexpected(reply, expected));
}

// Names and values in turn, as a map in RESP3 and an array in RESP2.
class Fields {
 public:
  explicit Fields(const Reply& reply) : reply_(reply) {}

  const Reply& operator[](std::string_view name) const {
    static const Reply kNone;
    for (size_t i = 0; i + 1 < reply_.size(); i += 2) {
      if (reply_[i].text() == name) return reply_[i + 1];
    }
    return kNone;
  }
  int64_t integer(std::string_view name) const { return (*this)[name].as_integer(); }
  const std::string& text(std::string_view name) const { return (*this)[name].text(); }
  std::optional<int64_t> optional_integer(std::string_view name) const {
    const Reply& value = (*this)[name];
    if (value.is_null()) return std::nullopt;
    return value.as_integer();
  }
  std::optional<StreamEntry> entry(std::string_view name) const {
    auto decoded = decode((*this)[name], static_cast<StreamEntry*>(nullptr));
    if (!decoded) return std::nullopt;
    return std::move(*decoded);
  }

 private:
  const Reply& reply_;
};

}  // namespace

WordList StreamTrimOptions::apply(WordList words) const {
  if (length_max || !id_min.empty()) {
    words.add(length_max ? "MAXLEN" : "MINID").add(exactly ? "=" : "~");
    if (length_max) {
      words.add(*length_max);
    } else {
      words.add(id_min);
    }
    if (limit != 0 && !exactly) words.add("LIMIT").add(limit);
  }
  return detail::add_references(std::move(words), references);
}

WordList StreamAddOptions::apply(WordList words) const {
  if (!create) words.add("NOMKSTREAM");
  words = trim.apply(std::move(words));
  words.add(id);
  return words;
}

WordList StreamReadOptions::apply(WordList words) const {
  words = detail::add_count(std::move(words), count);
  if (block) words.add("BLOCK").add(static_cast<int64_t>(block->count()));
  if (no_ack) words.add("NOACK");
  return words;
}

WordList StreamPendingFilter::apply(WordList words) const {
  if (min_idle.count() > 0) words.add("IDLE").add(static_cast<int64_t>(min_idle.count()));
  words.add(first).add(last).add(count);
  if (!consumer.empty()) words.add(consumer);
  return words;
}

namespace detail {

WordList add_references(WordList words, StreamReferences references) {
  if (references == StreamReferences::erase) words.add("DELREF");
  if (references == StreamReferences::acked) words.add("ACKED");
  return words;
}

WordList add_count(WordList words, int64_t count) {
  if (count != 0) words.add("COUNT").add(count);
  return words;
}

}  // namespace detail

result<StreamEntry> decode(Reply reply, StreamEntry*) {
  if (!reply.is_aggregate() || reply.size() != 2) return fail<StreamEntry>(reply, "an id and its fields");
  StreamEntry entry{.id = std::move(reply.elements()[0]).text(), .fields = {}};
  entry.is_deleted = reply[1].is_null();
  if (entry.is_deleted) return entry;
  auto fields = detail::decode(std::move(reply.elements()[1]), static_cast<StringPairs*>(nullptr));
  if (!fields) return std::unexpected(std::move(fields.error()));
  entry.fields = std::move(*fields);
  return entry;
}

// RESP3 maps keys to entries; RESP2 pairs them. Null: nothing was there, in time.
result<std::vector<StreamBatch>> decode(Reply reply, std::vector<StreamBatch>*) {
  std::vector<StreamBatch> batches;
  if (reply.is_null()) return batches;
  if (!reply.is_aggregate()) return fail<std::vector<StreamBatch>>(reply, "streams and their entries");
  std::vector<Reply> flat;
  if (reply.type() == Reply::Type::map) {
    flat = std::move(reply).elements();
  } else {
    for (Reply& pair : reply.elements()) {
      if (!pair.is_aggregate() || pair.size() != 2) {
        return fail<std::vector<StreamBatch>>(pair, "a stream and its entries");
      }
      for (Reply& element : pair.elements()) flat.push_back(std::move(element));
    }
  }
  for (size_t i = 0; i + 1 < flat.size(); i += 2) {
    auto entries = detail::decode(std::move(flat[i + 1]), static_cast<std::vector<StreamEntry>*>(nullptr));
    if (!entries) return std::unexpected(std::move(entries.error()));
    batches.push_back({std::move(flat[i]).text(), std::move(*entries)});
  }
  return batches;
}

result<StreamPendingSummary> decode(Reply reply, StreamPendingSummary*) {
  if (!reply.is_aggregate() || reply.size() != 4) return fail<StreamPendingSummary>(reply, "a summary");
  StreamPendingSummary summary{reply[0].as_integer(), reply[1].text(), reply[2].text(), {}};
  for (const Reply& consumer : reply[3].elements()) {
    if (consumer.size() != 2) return fail<StreamPendingSummary>(consumer, "a consumer and its number");
    const auto count = detail::decode(Reply(consumer[1]), static_cast<std::string*>(nullptr));
    if (!count) return std::unexpected(count.error());
    summary.consumers.emplace_back(consumer[0].text(), std::strtoll(count->c_str(), nullptr, 10));
  }
  return summary;
}

result<StreamPendingEntry> decode(Reply reply, StreamPendingEntry*) {
  if (!reply.is_aggregate() || reply.size() != 4) return fail<StreamPendingEntry>(reply, "a pending entry");
  return StreamPendingEntry{reply[0].text(), reply[1].text(),
                            std::chrono::milliseconds(reply[2].as_integer()), reply[3].as_integer()};
}

// The third part came with Redis 7.0.
result<StreamClaimedPage> decode(Reply reply, StreamClaimedPage*) {
  if (!reply.is_aggregate() || reply.size() < 2) return fail<StreamClaimedPage>(reply, "a page of entries");
  StreamClaimedPage page{.next_id = std::move(reply.elements()[0]).text(), .entries = {}, .deleted_ids = {}};
  for (Reply& element : reply.elements()[1].elements()) {
    if (element.is_null()) continue;  // deleted; before Redis 7.0
    auto entry = decode(std::move(element), static_cast<StreamEntry*>(nullptr));
    if (!entry) return std::unexpected(std::move(entry.error()));
    page.entries.push_back(std::move(*entry));
  }
  if (reply.size() == 2) return page;
  for (Reply& id : reply.elements()[2].elements()) page.deleted_ids.push_back(std::move(id).text());
  return page;
}

result<StreamInfo> decode(Reply reply, StreamInfo*) {
  if (!reply.is_aggregate()) return fail<StreamInfo>(reply, "a map");
  const Fields fields(reply);
  return StreamInfo{.length = fields.integer("length"),
                    .groups = fields.integer("groups"),
                    .entries_added = fields.integer("entries-added"),
                    .last_id = fields.text("last-generated-id"),
                    .max_deleted_id = fields.text("max-deleted-entry-id"),
                    .first_entry = fields.entry("first-entry"),
                    .last_entry = fields.entry("last-entry")};
}

result<StreamGroupInfo> decode(Reply reply, StreamGroupInfo*) {
  if (!reply.is_aggregate()) return fail<StreamGroupInfo>(reply, "a map");
  const Fields fields(reply);
  return StreamGroupInfo{.name = fields.text("name"),
                         .consumers = fields.integer("consumers"),
                         .pending = fields.integer("pending"),
                         .last_id = fields.text("last-delivered-id"),
                         .entries_read = fields.optional_integer("entries-read"),
                         .lag = fields.optional_integer("lag")};
}

result<StreamConsumerInfo> decode(Reply reply, StreamConsumerInfo*) {
  if (!reply.is_aggregate()) return fail<StreamConsumerInfo>(reply, "a map");
  const Fields fields(reply);
  StreamConsumerInfo info{.name = fields.text("name"),
                          .pending = fields.integer("pending"),
                          .idle = std::chrono::milliseconds(fields.integer("idle")),
                          .inactive = {}};
  const auto inactive_ms = fields.optional_integer("inactive");
  if (inactive_ms && *inactive_ms >= 0) info.inactive = std::chrono::milliseconds(*inactive_ms);
  return info;
}

}  // namespace redstart
