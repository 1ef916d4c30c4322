#include "tests/linearizability/checker.h"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <unordered_set>

namespace redstart::linearizability {
namespace {

class Search {
 public:
  Search(const std::vector<ClientHistory>& clients, size_t configurations_max)
      : clients_(clients), configurations_max_(configurations_max) {
    for (const ClientHistory& client : clients) operation_count_ += client.size();
  }

  Verdict run() {
    std::vector<Configuration> stack;
    stack.push_back({std::vector<size_t>(clients_.size(), 0), Model{}});
    while (!stack.empty()) {
      Configuration configuration = std::move(stack.back());
      stack.pop_back();
      note_progress(configuration.next);
      if (verdict_.ordered_max == operation_count_) return verdict_;
      if (visited_.size() >= configurations_max_) {
        verdict_.kind = Verdict::Kind::undecided;
        return verdict_;
      }
      expand(configuration, stack);
    }
    verdict_.kind = Verdict::Kind::violation;
    return verdict_;
  }

 private:
  struct Configuration {
    std::vector<size_t> next;  // per client: its first operation that has no place yet
    Model model;
  };

  void expand(const Configuration& configuration, std::vector<Configuration>& stack) {
    int64_t first_return_ns = INT64_MAX;
    for (size_t client = 0; client < clients_.size(); ++client) {
      const size_t at = configuration.next[client];
      if (at == clients_[client].size()) continue;
      first_return_ns = std::min(first_return_ns, clients_[client][at].returned_ns);
    }
    for (size_t client = 0; client < clients_.size(); ++client) {
      const size_t at = configuration.next[client];
      if (at == clients_[client].size()) continue;
      const Operation& operation = clients_[client][at];
      if (operation.invoked_ns > first_return_ns) continue;
      Configuration following = configuration;
      if (following.model.apply(operation) != operation.result) continue;
      ++following.next[client];
      if (visited_.insert(fingerprint(following)).second) stack.push_back(std::move(following));
    }
  }

  static std::string fingerprint(const Configuration& configuration) {
    std::string text;
    for (const size_t next : configuration.next) text += std::to_string(next) + ",";
    return text + configuration.model.fingerprint();
  }

  void note_progress(const std::vector<size_t>& next) {
    const size_t ordered = std::accumulate(next.begin(), next.end(), size_t{0});
    if (ordered < verdict_.ordered_max || !(ordered > 0 || verdict_.progress.empty())) return;
    verdict_.ordered_max = ordered;
    verdict_.progress = next;
  }

  const std::vector<ClientHistory>& clients_;
  size_t configurations_max_;
  size_t operation_count_ = 0;
  std::unordered_set<std::string> visited_;
  Verdict verdict_;
};

std::string describe_operation(const Operation& operation, int64_t start_ns, bool is_placed) {
  std::string commands;
  for (const Argv& argv : operation.commands) {
    commands += (commands.empty() ? "" : " ; ") + oracle::to_command_line(argv);
  }
  if (operation.atomic) commands = "MULTI ; " + commands + " ; EXEC";
  char times[96];
  std::snprintf(times, sizeof times, "%c client %zu [%9.1f, %9.1f] us  ", is_placed ? ' ' : '?',
                operation.client, static_cast<double>(operation.invoked_ns - start_ns) / 1000,
                static_cast<double>(operation.returned_ns - start_ns) / 1000);
  return times + commands + "  ->  " + operation.result + "\n";
}

}  // namespace

Verdict check(const std::vector<ClientHistory>& clients, size_t configurations_max) {
  return Search(clients, configurations_max).run();
}

std::string describe(const std::vector<ClientHistory>& clients, const Verdict& verdict) {
  std::vector<std::pair<const Operation*, bool>> operations;
  for (size_t client = 0; client < clients.size(); ++client) {
    for (size_t i = 0; i < clients[client].size(); ++i) {
      const bool is_placed = client < verdict.progress.size() && i < verdict.progress[client];
      operations.emplace_back(&clients[client][i], is_placed);
    }
  }
  std::stable_sort(operations.begin(), operations.end(), [](const auto& a, const auto& b) {
    return a.first->invoked_ns < b.first->invoked_ns;
  });
  std::string text;
  for (const auto& [operation, is_placed] : operations) {
    text += describe_operation(*operation, operations.front().first->invoked_ns, is_placed);
  }
  return text;
}

}  // namespace redstart::linearizability
