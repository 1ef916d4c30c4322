#include "tests/differential/dataset.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "tests/differential/stream_info.h"

namespace redstart::oracle {
namespace {

constexpr int kDatabases = 16;
constexpr int64_t kDeadlineToleranceMs = 5000;

std::vector<RawReply> call_all(Wire& server, const std::vector<Argv>& commands) {
  // In slices, so that neither side has to buffer everything.
  constexpr size_t kSlice = 128;
  std::vector<RawReply> replies;
  for (size_t at = 0; at < commands.size(); at += kSlice) {
    const size_t end = std::min(at + kSlice, commands.size());
    server.send(
        {commands.begin() + static_cast<long>(at), commands.begin() + static_cast<long>(end)});
    for (size_t i = at; i < end; ++i) replies.push_back(parse_reply(server.receive()));
  }
  return replies;
}

Argv command_that_reads(const std::string& type, const std::string& key) {
  if (type == "string") return {"GET", key};
  if (type == "list") return {"LRANGE", key, "0", "-1"};
  if (type == "hash") return {"HGETALL", key};
  if (type == "set") return {"SMEMBERS", key};
  if (type == "zset") return {"ZRANGE", key, "0", "-1", "WITHSCORES"};
  if (type == "stream") return {"XINFO", "STREAM", key, "FULL", "COUNT", "0"};
  return {"TYPE", key};
}

std::string canonical_value(const std::string& type, const RawReply& reply) {
  if (type == "stream") return to_text(comparable_stream_info(reply));
  if (type != "hash" && type != "set") return to_text(reply);
  const size_t group_size = type == "hash" ? 2 : 1;
  std::vector<std::string> parts;
  for (size_t i = 0; i + group_size <= reply.elements.size(); i += group_size) {
    std::string part = to_text(reply.elements[i]);
    if (group_size == 2) part += " -> " + to_text(reply.elements[i + 1]);
    parts.push_back(std::move(part));
  }
  std::sort(parts.begin(), parts.end());
  std::string text;
  for (const std::string& part : parts) text += part + ", ";
  return text;
}

void read_database(Wire& server, int database, Dataset& dataset) {
  server.call({"SELECT", std::to_string(database)});
  const RawReply keys = server.call({"KEYS", "*"});
  std::vector<Argv> questions;
  for (const RawReply& key : keys.elements) {
    questions.push_back({"TYPE", key.text});
    questions.push_back({"OBJECT", "ENCODING", key.text});
    questions.push_back({"PEXPIRETIME", key.text});
  }
  const std::vector<RawReply> answers = call_all(server, questions);
  std::vector<Argv> reads;
  for (size_t i = 0; i < keys.elements.size(); ++i) {
    reads.push_back(command_that_reads(answers[3 * i].text, keys.elements[i].text));
  }
  const std::vector<RawReply> values = call_all(server, reads);
  for (size_t i = 0; i < keys.elements.size(); ++i) {
    StoredValue& stored = dataset[{database, keys.elements[i].text}];
    stored.type = answers[3 * i].text;
    stored.encoding = answers[3 * i + 1].text;
    stored.deadline_ms = std::strtoll(answers[3 * i + 2].text.c_str(), nullptr, 10);
    stored.value = canonical_value(stored.type, values[i]);
  }
}

bool same_deadline(int64_t a, int64_t b, bool clock_is_shared) {
  if (a < 0 || b < 0 || clock_is_shared) return a == b;
  return (a > b ? a - b : b - a) <= kDeadlineToleranceMs;
}

}  // namespace

Dataset read_dataset(Wire& server) {
  Dataset dataset;
  for (int database = 0; database < kDatabases; ++database)
    read_database(server, database, dataset);
  server.call({"SELECT", "0"});
  return dataset;
}

std::optional<DatasetDifference> first_difference(const Dataset& oracle, const Dataset& subject,
                                                  bool clock_is_shared) {
  for (const auto& [place, expected] : oracle) {
    const auto difference = [&](const char* what, const std::string& a, const std::string& b) {
      return DatasetDifference{place.first, place.second, what, a, b};
    };
    const auto found = subject.find(place);
    if (found == subject.end()) return difference("presence", expected.value, "(absent)");
    const StoredValue& actual = found->second;
    if (expected.type != actual.type) return difference("type", expected.type, actual.type);
    if (expected.value != actual.value) return difference("value", expected.value, actual.value);
    if (expected.encoding != actual.encoding) {
      return difference("encoding", expected.encoding, actual.encoding);
    }
    if (!same_deadline(expected.deadline_ms, actual.deadline_ms, clock_is_shared)) {
      return difference("deadline", std::to_string(expected.deadline_ms),
                        std::to_string(actual.deadline_ms));
    }
  }
  for (const auto& [place, actual] : subject) {
    if (oracle.contains(place)) continue;
    return DatasetDifference{place.first, place.second, "presence", "(absent)", actual.value};
  }
  return std::nullopt;
}

}  // namespace redstart::oracle
