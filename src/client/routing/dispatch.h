// Dispatch: one batch on its way through the servers of a Router, until every command has its
// outcome.
//
//   round: pending parts --node_of--> one request per server --> replies --judge--> final, or
//   pending again
//
// Commands for one server keep their order. A part that was sent elsewhere (MOVED, ASK), put off
// (TRYAGAIN, LOADING, CLUSTERDOWN), or not done because its server was lost goes into the next
// round; what may have been executed is tried again only if it reads, or if the caller has declared
// it idempotent. It is not tried again behind a later command of the batch that has a key in common
// and was executed meanwhile: both would have changed places. Rounds end with the batch's deadline.
//
// Threads: rounds follow each other; within one, completions of several servers come on the I/O
// thread, one at a time. Ownership: keeps itself, its router and its batch alive until it is done.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "client/routing/router.h"

namespace redstart {

class Dispatch : public std::enable_shared_from_this<Dispatch> {
 public:
  // `first`: outcomes of a first try at `node`; those that are final stay.
  struct FirstTry {
    BatchResult outcome;
    Router::Node node;
    remote::SteadyClock::time_point began;  // the batch's time runs from then on
  };
  static void start(std::shared_ptr<Router> router, std::shared_ptr<const Batch> batch,
                    BatchDone done, std::optional<FirstTry> first = std::nullopt);
  // The same, waiting for the end. Errors, for all: invalid_argument on the client's own thread.
  static BatchResult run(std::shared_ptr<Router> router, std::shared_ptr<const Batch> batch,
                         std::optional<FirstTry> first = std::nullopt);
  // Whether an outcome of a first try calls for another, or for the router's attention.
  static bool needs_thought(const result<Reply>& outcome);

 private:
  using Node = Router::Node;
  enum class Verdict : unsigned char { is_final, again_now, again_later };
  struct Part {
    RoutePart route;
    size_t command;  // among the batch's
    bool reads = false;
    bool is_repeatable = false;
    bool is_pending = true;
    bool asks = false;
    bool may_be_done = false;
    uint8_t redirections = 0;
    Node sent_to = {}, redirected_to = {};
    result<Reply> outcome = {};
  };
  struct Group {
    Node node;
    bool asks;
    std::vector<size_t> parts;
  };
  struct Command {
    Route route;  // without its parts
    size_t first_part = 0, part_count = 0;
    result<Reply> refused = {};
  };

  Dispatch(std::shared_ptr<Router> router, std::shared_ptr<const Batch> batch, BatchDone done,
           remote::SteadyClock::time_point began);
  void plan();
  void plan_atomic();
  void plan_command(size_t command);
  void adopt(FirstTry first);
  void run_round();
  std::vector<Group> grouped();
  void send(const Group& group);
  void take(const Group& group, BatchResult outcome);
  void finish_one();
  void judge_round();
  Verdict judge(Part& part);
  Verdict judge_reply(Part& part, std::string_view text);
  Verdict judge_loss(Part& part);
  void keep_order();
  static bool may_have_run(const Part& part);
  std::vector<std::string_view> words_of(const Part& part) const;
  bool may_wait(std::chrono::milliseconds delay) const;
  void complete();
  bool repeats(size_t command) const;

  const std::shared_ptr<Router> router_;
  const std::shared_ptr<const Batch> batch_;
  BatchDone done_;
  remote::SteadyClock::time_point deadline_ = remote::kNever;
  std::vector<Command> commands_;
  std::vector<Part> parts_;
  BatchResult atomic_outcome_;
  size_t retries_ = 0;
  std::atomic<size_t> outstanding_{0};
};

}  // namespace redstart
