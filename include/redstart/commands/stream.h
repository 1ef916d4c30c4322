// StreamMethods: the commands of streams, as methods with typed replies. See commands.h.
#pragma once

#include "redstart/commands/typed.h"

namespace redstart {

struct StreamEntry {
  std::string id;
  StringPairs fields;
  bool is_deleted = false;  // pending for the consumer, but no more in the stream: no fields
  bool operator==(const StreamEntry&) const = default;
};

// What a read found in one of its streams.
struct StreamBatch {
  std::string key;
  std::vector<StreamEntry> entries;
  bool operator==(const StreamBatch&) const = default;
};

// What becomes of pending entries of consumer groups when their entry goes. Redis 8.2; not said when it is `keep`.
enum class StreamReferences : unsigned char {
  keep,
  erase,  // DELREF: they go too
  acked   // ACKED: an entry that a group has yet to read or acknowledge stays
};

// Which entries go to make room. Approximate (what is cheap to take out) unless `exactly`.
struct StreamTrimOptions {
  std::optional<int64_t> length_max = {};  // MAXLEN
  std::string_view id_min = {};            // MINID
  bool exactly = false;
  int64_t limit = 0;  // no more than these, when approximate; 0: the server's default
  StreamReferences references = StreamReferences::keep;
  WordList apply(WordList words) const;
};

struct StreamAddOptions {
  std::string_view id = "*";  // or "ms-seq", "ms-*"
  bool create = true;         // NOMKSTREAM when false
  StreamTrimOptions trim = {};
  WordList apply(WordList words) const;
};

struct StreamReadOptions {
  int64_t count = 0;                                      // entries of each stream; 0: all
  std::optional<std::chrono::milliseconds> block = {};  // waits for an entry; zero: for ever
  bool no_ack = false;                                    // groups: delivered is done with
  WordList apply(WordList words) const;
};

struct StreamPendingSummary {
  int64_t count = 0;
  std::string first_id, last_id;  // empty without any
  std::vector<std::pair<std::string, int64_t>> consumers;
};

struct StreamPendingEntry {
  std::string id;
  std::string consumer;
  std::chrono::milliseconds idle{0};
  int64_t deliveries = 0;
};

struct StreamPendingFilter {
  std::string_view first = "-", last = "+";
  int64_t count = 100;
  std::string_view consumer = {};  // empty: all
  std::chrono::milliseconds min_idle{0};
  WordList apply(WordList words) const;
};

struct StreamClaimedPage {
  std::string next_id;  // where to go on; "0-0": this was the last page
  std::vector<StreamEntry> entries;
  std::vector<std::string> deleted_ids;  // were pending, are no more in the stream
  bool last() const { return next_id == "0-0"; }
};

struct StreamInfo {
  int64_t length = 0;
  int64_t groups = 0;
  int64_t entries_added = 0;
  std::string last_id, max_deleted_id;
  std::optional<StreamEntry> first_entry, last_entry;
};

struct StreamGroupInfo {
  std::string name;
  int64_t consumers = 0;
  int64_t pending = 0;
  std::string last_id;
  std::optional<int64_t> entries_read, lag;  // when they can be told
};

struct StreamConsumerInfo {
  std::string name;
  int64_t pending = 0;
  std::chrono::milliseconds idle{0};
  std::optional<std::chrono::milliseconds> inactive;  // since it last got an entry, where the server tells
};

// What the replies mean; found by their argument.
result<StreamEntry> decode(Reply reply, StreamEntry*);
result<std::vector<StreamBatch>> decode(Reply reply, std::vector<StreamBatch>*);
result<StreamPendingSummary> decode(Reply reply, StreamPendingSummary*);
result<StreamPendingEntry> decode(Reply reply, StreamPendingEntry*);
result<StreamClaimedPage> decode(Reply reply, StreamClaimedPage*);
result<StreamInfo> decode(Reply reply, StreamInfo*);
result<StreamGroupInfo> decode(Reply reply, StreamGroupInfo*);
result<StreamConsumerInfo> decode(Reply reply, StreamConsumerInfo*);

namespace detail {

WordList add_references(WordList words, StreamReferences references);
WordList add_count(WordList words, int64_t count);

// STREAMS key ... id ...
template <class Pairs>
WordList add_streams(WordList words, const Pairs& keys_and_ids) {
  words.add("STREAMS");
  for (const auto& [key, id] : keys_and_ids) words.add(key);
  for (const auto& [key, id] : keys_and_ids) words.add(id);
  return words;
}
template <class Range>
WordList add_ids(WordList words, StreamReferences references, const Range& ids) {
  return add_references(std::move(words), references)
      .add("IDS")
      .add(static_cast<int64_t>(std::size(ids)))
      .add_all(ids);
}

}  // namespace detail

template <class Self>
class StreamMethods {
 public:
  // XADD of an entry with an id of the server's: the id. `fields` are pairs of name and value.
  template <class Pairs>
  auto xadd(std::string_view key, const Pairs& fields) {
    return self().run(detail::typed<std::string>(detail::add_pairs(WordList("XADD", key, "*"), fields)));
  }
  auto xadd(std::string_view key,
            std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    return self().run(detail::typed<std::string>(detail::add_pairs(WordList("XADD", key, "*"), fields)));
  }
  // XADD with options: the id, or nothing when there is no stream and none was to be made.
  template <class Pairs>
  auto xadd(std::string_view key, const Pairs& fields, const StreamAddOptions& options) {
    return self().run(detail::typed<std::optional<std::string>>(
        detail::add_pairs(options.apply(WordList("XADD", key)), fields)));
  }
  // XLEN.
  auto xlen(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("XLEN", key)));
  }
  // XRANGE between ids, both included ("(" before an id excludes it); count 0: all.
  auto xrange(std::string_view key, std::string_view first = "-", std::string_view last = "+",
              int64_t count = 0) {
    return self().run(detail::typed<std::vector<StreamEntry>>(
        detail::add_count(WordList("XRANGE", key, first, last), count)));
  }
  // XREVRANGE: the same from the last on.
  auto xrevrange(std::string_view key, std::string_view last = "+", std::string_view first = "-",
                 int64_t count = 0) {
    return self().run(detail::typed<std::vector<StreamEntry>>(
        detail::add_count(WordList("XREVRANGE", key, last, first), count)));
  }
  // XDEL: how many were there.
  template <class Range>
  auto xdel(std::string_view key, const Range& ids) {
    return self().run(detail::typed<int64_t>(WordList("XDEL", key).add_all(ids)));
  }
  // XDELEX (Redis 8.2): for each id 1 (gone), 2 (still referenced: it stays), or -1 (no such entry).
  template <class Range>
  auto xdelex(std::string_view key, const Range& ids, StreamReferences references) {
    return self().run(detail::typed<std::vector<int64_t>>(
        detail::add_ids(WordList("XDELEX", key), references, ids)));
  }
  // XTRIM: how many went.
  auto xtrim(std::string_view key, const StreamTrimOptions& options) {
    return self().run(detail::typed<int64_t>(options.apply(WordList("XTRIM", key))));
  }
  // XREAD: what stands behind an id in each stream; only streams that have something. `keys_and_ids` are pairs;
  // the id "$" waits for what is added from now on.
  template <class Pairs>
  auto xread(const Pairs& keys_and_ids, const StreamReadOptions& options = {}) {
    return self().run(detail::typed<std::vector<StreamBatch>>(
        detail::add_streams(options.apply(WordList("XREAD")), keys_and_ids)));
  }
  // XREADGROUP: the id ">" for entries that no consumer of the group was given yet, another for those that are
  // pending for this consumer behind it.
  template <class Pairs>
  auto xreadgroup(std::string_view group, std::string_view consumer, const Pairs& keys_and_ids,
                  const StreamReadOptions& options = {}) {
    return self().run(detail::typed<std::vector<StreamBatch>>(detail::add_streams(
        options.apply(WordList("XREADGROUP", "GROUP", group, consumer)), keys_and_ids)));
  }
  // XACK: how many were pending.
  template <class Range>
  auto xack(std::string_view key, std::string_view group, const Range& ids) {
    return self().run(detail::typed<int64_t>(WordList("XACK", key, group).add_all(ids)));
  }
  // XACKDEL (Redis 8.2): for each id 1 (acknowledged and gone), 2 (acknowledged, still referenced), -1 (not pending).
  template <class Range>
  auto xackdel(std::string_view key, std::string_view group, const Range& ids,
               StreamReferences references) {
    return self().run(detail::typed<std::vector<int64_t>>(
        detail::add_ids(WordList("XACKDEL", key, group), references, ids)));
  }
  // XPENDING: how many entries are pending, and for whom.
  auto xpending(std::string_view key, std::string_view group) {
    return self().run(detail::typed<StreamPendingSummary>(WordList("XPENDING", key, group)));
  }
  // XPENDING with a range.
  auto xpending(std::string_view key, std::string_view group, const StreamPendingFilter& filter) {
    return self().run(detail::typed<std::vector<StreamPendingEntry>>(
        filter.apply(WordList("XPENDING", key, group))));
  }
  // XCLAIM: those of the entries that have been idle for long enough, now this consumer's.
  template <class Range>
  auto xclaim(std::string_view key, std::string_view group, std::string_view consumer,
              std::chrono::milliseconds min_idle, const Range& ids) {
    return self().run(detail::typed<std::vector<StreamEntry>>(
        WordList("XCLAIM", key, group, consumer, static_cast<int64_t>(min_idle.count())).add_all(ids)));
  }
  // XCLAIM JUSTID: their ids; the deliveries are not counted.
  template <class Range>
  auto xclaim_ids(std::string_view key, std::string_view group, std::string_view consumer,
                  std::chrono::milliseconds min_idle, const Range& ids) {
    return self().run(detail::typed<std::vector<std::string>>(
        WordList("XCLAIM", key, group, consumer, static_cast<int64_t>(min_idle.count()))
            .add_all(ids)
            .add("JUSTID")));
  }
  // XAUTOCLAIM: one page of what has been idle for long enough; start with "0-0", go on with the page's next_id.
  auto xautoclaim(std::string_view key, std::string_view group, std::string_view consumer,
                  std::chrono::milliseconds min_idle, std::string_view start = "0-0", int64_t count = 100) {
    return self().run(detail::typed<StreamClaimedPage>(
        WordList("XAUTOCLAIM", key, group, consumer, static_cast<int64_t>(min_idle.count()), start, "COUNT",
                 count)));
  }
  // XGROUP CREATE; `id`: behind which the group reads, "$" is the present end. Error when the group exists.
  auto xgroup_create(std::string_view key, std::string_view group, std::string_view id = "$",
                     bool make_stream = false) {
    WordList words("XGROUP", "CREATE", key, group, id);
    if (make_stream) words.add("MKSTREAM");
    return self().run(detail::typed<Done>(std::move(words)));
  }
  // XGROUP SETID.
  auto xgroup_setid(std::string_view key, std::string_view group, std::string_view id) {
    return self().run(detail::typed<Done>(WordList("XGROUP", "SETID", key, group, id)));
  }
  // XGROUP DESTROY.
  auto xgroup_destroy(std::string_view key, std::string_view group) {
    return self().run(detail::typed<bool>(WordList("XGROUP", "DESTROY", key, group)));
  }
  // XGROUP CREATECONSUMER. False: there was one.
  auto xgroup_createconsumer(std::string_view key, std::string_view group, std::string_view consumer) {
    return self().run(detail::typed<bool>(WordList("XGROUP", "CREATECONSUMER", key, group, consumer)));
  }
  // XGROUP DELCONSUMER: how many entries were pending for it.
  auto xgroup_delconsumer(std::string_view key, std::string_view group, std::string_view consumer) {
    return self().run(detail::typed<int64_t>(WordList("XGROUP", "DELCONSUMER", key, group, consumer)));
  }
  // XINFO STREAM. Error when there is none.
  auto xinfo_stream(std::string_view key) {
    return self().run(detail::typed<StreamInfo>(WordList("XINFO", "STREAM", key)));
  }
  // XINFO GROUPS.
  auto xinfo_groups(std::string_view key) {
    return self().run(detail::typed<std::vector<StreamGroupInfo>>(WordList("XINFO", "GROUPS", key)));
  }
  // XINFO CONSUMERS.
  auto xinfo_consumers(std::string_view key, std::string_view group) {
    return self().run(
        detail::typed<std::vector<StreamConsumerInfo>>(WordList("XINFO", "CONSUMERS", key, group)));
  }

  // XSETID: the last id of the stream, which later ones must exceed.
  auto xsetid(std::string_view key, std::string_view last_id) {
    return self().run(detail::typed<Done>(WordList("XSETID", key, last_id)));
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
