// What in a store's settings endangers what a pattern keeps there: the text of a pattern's check().
//
// Threads: thread-safe.
#pragma once

#include <string>

#include "patterns/info_text.h"
#include "redstart/client.h"

namespace redstart {

enum class StoreNeeds : unsigned char {
  no_eviction,
  no_eviction_and_a_log,
};

// An empty text, or what is wrong, a sentence or two. `kept`: what is kept there, for example "the queue 'mail'".
inline result<std::string> dangers_for(const std::string& kept, StoreNeeds needs, Client client) {
  const auto memory = client.info("memory");
  if (!memory) return std::unexpected(memory.error());
  const InfoText of_memory(*memory);
  const std::string policy(of_memory.text("maxmemory_policy"));
  std::string dangers;
  if (policy.starts_with("allkeys") && of_memory.number("maxmemory") != 0) {
    dangers = "the store evicts any key under " + policy + ": " + kept +
              " may go; keep it where maxmemory-policy is noeviction or volatile";
  }
  if (needs == StoreNeeds::no_eviction) return dangers;
  const auto persistence = client.info("persistence");
  if (!persistence) return std::unexpected(persistence.error());
  if (InfoText(*persistence).flag("aof_enabled")) return dangers;
  if (!dangers.empty()) dangers += ". ";
  return dangers + "the store keeps no log: what was accepted since its last snapshot is lost from " + kept +
         " when it ends; set appendonly to yes";
}

}  // namespace redstart
