#include "client/cluster/plan.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <random>

#include "base/text.h"
#include "client/command_lookup.h"

namespace redstart {
namespace {

// Commands of many keys that mean the same when each key is a command of its own, MSET apart: over
// several slots it is not atomic any more.
constexpr std::string_view kSplit[] = {"del", "exists", "mget", "mset", "touch", "unlink"};

// Commands without keys that concern every server, though no tip of theirs says so.
constexpr std::pair<std::string_view, std::string_view> kEverywhere[] = {
    {"acl", "setuser"}, {"acl", "deluser"},    {"acl", "load"},
    {"acl", "save"},    {"config", "rewrite"}, {"config", "resetstat"},
};

bool is_split(const CommandSpec& spec) {
  return std::ranges::find(kSplit, spec.name) != std::end(kSplit);
}

enum class Everywhere : unsigned char { no, shards, nodes };

Everywhere everywhere(const CommandSpec& spec, WordSpan words) {
  const std::string_view policy = tip_of(spec, "request_policy"),
                         replies = tip_of(spec, "response_policy");
  for (const auto& [container, name] : kEverywhere) {
    if (words.size() > 1 && equal_ignoring_case(words[0], container) &&
        equal_ignoring_case(words[1], name)) {
      return Everywhere::nodes;
    }
  }
  // One server's report is as good as another's, and PING asks whether the store is there.
  if (spec.name == "ping" || (replies == "special" && spec.name != "randomkey"))
    return Everywhere::no;
  if (policy == "all_shards") return Everywhere::shards;
  return policy == "all_nodes" ? Everywhere::nodes : Everywhere::no;
}

Gather gather_of(const CommandSpec& spec) {
  if (spec.name == "randomkey") return Gather::any_found;
  const std::string_view policy = tip_of(spec, "response_policy");
  if (policy == "agg_sum") return Gather::sum;
  if (policy == "agg_min") return Gather::minimum;
  if (policy == "agg_logical_and") return Gather::all_true;
  if (policy == "one_succeeded") return Gather::one_succeeds;
  if (policy.empty() && spec.name != "setuser" && spec.name != "deluser") {
    return tip_of(spec, "request_policy").empty() ? Gather::first : Gather::concatenate;
  }
  return Gather::first;
}

// Any node delivers a message to all; those of one channel go by one node, and so stay in order.
bool is_publish(const CommandSpec* spec, WordSpan words) {
  return spec && spec->name == "publish" && words.size() > 1;
}

Error cross_slot_error(WordSpan words, std::string_view first, std::string_view second) {
  return {ErrorCode::cross_slot, Outcome::not_done,
          "CROSSSLOT the keys '" + std::string(first) + "' and '" + std::string(second) + "' of " +
              std::string(words[0]) +
              " are in different slots of the cluster; keys with the same {tag} in their names are "
              "in the same slot"};
}

Route one_part(int slot) {
  Route route;
  route.parts.push_back({.words = {}, .slot = slot});
  return route;
}

Route on_every(const CommandSpec& spec, const Topology& topology, Everywhere where) {
  Route route;
  route.gather = gather_of(spec);
  for (const ClusterShard& shard : topology.shards) {
    route.parts.push_back({.words = {}, .slot = shard.lowest_slot, .needs_master = true});
    if (where != Everywhere::nodes) continue;
    for (const ClusterNode& replica : shard.replicas) {
      route.parts.push_back({.words = {}, .slot = shard.lowest_slot, .node = replica.backend});
    }
  }
  if (spec.name == "randomkey")
    std::ranges::shuffle(route.parts, std::minstd_rand(std::random_device{}()));
  return route;
}

// A part for each slot: a server takes no command with keys of several, even if it has all of them.
Route split(const CommandSpec& spec, WordSpan words, const std::vector<KeyPosition>& keys) {
  Route route;
  route.gather = spec.name == "mget" ? Gather::by_key : gather_of(spec);
  std::map<int, size_t> parts;
  for (size_t i = 0; i < keys.size(); ++i) {
    const size_t begin = keys[i].index,
                 end = i + 1 < keys.size() ? keys[i + 1].index : words.size();
    const int slot = slot_of(words[begin]);
    const auto [place, is_new] = parts.try_emplace(slot, route.parts.size());
    if (is_new) route.parts.push_back({.words = {std::string(words[0])}, .slot = slot});
    RoutePart& part = route.parts[place->second];
    part.words.insert(part.words.end(), words.begin() + static_cast<ptrdiff_t>(begin),
                      words.begin() + static_cast<ptrdiff_t>(end));
    part.key_numbers.push_back(static_cast<uint32_t>(i));
  }
  return route;
}

// --- SCAN walks over the masters by their lowest slots. Its cursor is "slot-node-cursor": the
// node's own cursor, and whose it is. When the slot has a new master meanwhile, whose cursors mean
// something else, that one is walked from its start.

struct ScanPlace {
  int slot = 0;
  std::string_view node, cursor;
};

std::optional<ScanPlace> scan_place(std::string_view text) {
  ScanPlace place;
  const size_t first = text.find('-'), last = text.rfind('-');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + first, place.slot);
  if (error != std::errc() || end != text.data() + first || place.slot < 0 || place.slot >= kSlots)
    return std::nullopt;
  place.node = text.substr(first + 1, last - first - 1);
  place.cursor = text.substr(last + 1);
  return place;
}

std::string scan_cursor(const ClusterShard& shard, std::string_view cursor) {
  return std::to_string(shard.lowest_slot) + "-" + shard.master.id + "-" + std::string(cursor);
}

result<Route> plan_scan(WordSpan words, const Topology& topology) {
  if (words.size() < 2 || topology.shards.empty()) return one_part(RoutePart::kAnySlot);
  const ClusterShard* shard = &topology.shards.front();
  std::string_view cursor = "0";
  if (words[1] != "0") {
    const auto place = scan_place(words[1]);
    if (!place) {
      return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done,
                                   "'" + std::string(words[1]) + "' is no cursor of a cluster"});
    }
    if (const ClusterShard* const owner = topology.shard_of(place->slot)) shard = owner;
    if (shard->master.id == place->node) cursor = place->cursor;
  }
  Route route;
  RoutePart& part = route.parts.emplace_back();
  part.words.assign(words.begin(), words.end());
  part.words[1] = cursor;
  part.slot = shard->lowest_slot;
  part.needs_master = true;
  const auto next = std::ranges::find_if(topology.shards, [&](const ClusterShard& one) {
    return one.lowest_slot > shard->lowest_slot;
  });
  const std::string after = next == topology.shards.end() ? "0" : scan_cursor(*next, "0");
  route.finish = [here = *shard, after](result<Reply> reply) {
    if (!reply->is_aggregate() || reply->size() != 2) return reply;
    const std::string& said = (*reply)[0].text();
    reply->elements()[0] = Reply::bulk(said == "0" ? after : scan_cursor(here, said));
    return reply;
  };
  return route;
}

}  // namespace

std::optional<int> simple_slot(WordSpan words) {
  const CommandSpec* const spec = spec_of(words);
  if (spec && spec->name == "scan") return std::nullopt;
  if (is_publish(spec, words)) return slot_of(words[1]);
  const auto keys = keys_of(spec, words);
  if (keys.empty()) {
    if (spec && everywhere(*spec, words) != Everywhere::no) return std::nullopt;
    return RoutePart::kAnySlot;
  }
  const int slot = slot_of(words[keys.front().index]);
  for (const auto& key : keys) {
    if (slot_of(words[key.index]) != slot) return std::nullopt;
  }
  return slot;
}

result<Route> plan(WordSpan words, const Topology& topology) {
  const CommandSpec* const spec = spec_of(words);
  if (spec && spec->name == "scan") return plan_scan(words, topology);
  if (is_publish(spec, words)) return one_part(slot_of(words[1]));
  const auto keys = keys_of(spec, words);
  if (keys.empty()) {
    const Everywhere where = spec ? everywhere(*spec, words) : Everywhere::no;
    return where == Everywhere::no ? one_part(RoutePart::kAnySlot)
                                   : on_every(*spec, topology, where);
  }
  const std::string_view first = words[keys.front().index];
  const int slot = slot_of(first);
  const auto other = std::ranges::find_if(
      keys, [&](const auto& key) { return slot_of(words[key.index]) != slot; });
  if (other == keys.end()) return one_part(slot);
  if (is_split(*spec)) return split(*spec, words, keys);
  return std::unexpected(cross_slot_error(words, first, words[other->index]));
}

result<int> common_slot_of(WordSpan words) {
  const auto keys = keys_of(spec_of(words), words);
  int slot = RoutePart::kAnySlot;
  for (const auto& key : keys) {
    const int own = slot_of(words[key.index]);
    if (slot != RoutePart::kAnySlot && own != slot) {
      return std::unexpected(cross_slot_error(words, words[keys.front().index], words[key.index]));
    }
    slot = own;
  }
  return slot;
}

result<int> common_slot_of(const std::vector<std::vector<std::string>>& commands) {
  int slot = RoutePart::kAnySlot;
  for (const auto& command : commands) {
    const std::vector<std::string_view> words(command.begin(), command.end());
    const auto own = common_slot_of(words);
    if (!own) return own;
    if (*own == RoutePart::kAnySlot) continue;
    if (slot != RoutePart::kAnySlot && *own != slot) {
      return std::unexpected(Error{
          ErrorCode::cross_slot, Outcome::not_done,
          "CROSSSLOT the keys of a transaction must be in one slot of the cluster, and those of " +
              command[0] +
              " are in another than those before; keys with the same {tag} in "
              "their names are in the same slot"});
    }
    slot = *own;
  }
  return slot;
}

}  // namespace redstart
