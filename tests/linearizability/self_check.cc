#include "tests/linearizability/self_check.h"

#include <cstdio>

#include "tests/linearizability/checker.h"

namespace redstart::linearizability {
namespace {

Operation single(size_t client, int64_t invoked_ns, int64_t returned_ns, Argv argv,
                 std::string result) {
  return {client, {std::move(argv)}, false, invoked_ns, returned_ns, std::move(result)};
}

Operation transaction(size_t client, int64_t invoked_ns, int64_t returned_ns,
                      std::vector<Argv> commands, std::string result) {
  return {client, std::move(commands), true, invoked_ns, returned_ns, std::move(result)};
}

struct Case {
  const char* name;
  std::vector<ClientHistory> clients;
  bool is_linearizable;
};

std::vector<Case> cases() {
  const Argv set_1 = {"SET", "x", "1"}, get_x = {"GET", "x"}, incr = {"INCR", "x"};
  return {
      {"a read that overlaps a write may see it",
       {{single(0, 0, 10, set_1, "OK")}, {single(1, 5, 6, get_x, "1")}},
       true},
      {"a read that overlaps a write may miss it",
       {{single(0, 0, 10, set_1, "OK")}, {single(1, 5, 6, get_x, "(nil)")}},
       true},
      {"a read after a write must see it",
       {{single(0, 0, 10, set_1, "OK")}, {single(1, 11, 12, get_x, "(nil)")}},
       false},
      {"a value that was seen cannot vanish",
       {{single(0, 0, 100, set_1, "OK")},
        {single(1, 10, 20, get_x, "1"), single(1, 30, 40, get_x, "(nil)")}},
       false},
      {"two increments cannot both be the first",
       {{single(0, 0, 10, incr, "(integer) 1")}, {single(1, 0, 10, incr, "(integer) 1")}},
       false},
      {"increments in either order",
       {{single(0, 0, 10, incr, "(integer) 2")}, {single(1, 0, 10, incr, "(integer) 1")}},
       true},
      {"MGET sees all of an MSET or nothing",
       {{single(0, 0, 100, {"MSET", "x", "1", "y", "1"}, "OK")},
        {single(1, 10, 20, {"MGET", "x", "y"}, "*[1, (nil)]")}},
       false},
      {"nobody sees a transaction half done",
       {{transaction(0, 0, 100, {{"SET", "x", "1"}, {"SET", "y", "1"}}, "*[OK, OK]")},
        {single(1, 10, 20, {"GET", "y"}, "1"), single(1, 30, 40, get_x, "(nil)")}},
       false},
      {"a watched key that changed refuses the transaction",
       {{single(0, 0, 1, {"WATCH", "x"}, "OK"), transaction(0, 20, 30, {set_1}, "*[OK]")},
        {single(1, 5, 6, {"SET", "x", "2"}, "OK")}},
       false},
      {"a watched key that did not change does not refuse it",
       {{single(0, 0, 1, {"WATCH", "x"}, "OK"), transaction(0, 20, 30, {set_1}, "(nil)")},
        {single(1, 5, 6, get_x, "(nil)")}},
       false},
      {"an element is popped once",
       {{single(0, 0, 1, {"LPUSH", "l", "a"}, "(integer) 1"), single(0, 2, 10, {"LPOP", "l"}, "a")},
        {single(1, 2, 10, {"LPOP", "l"}, "a")}},
       false},
      {"a pipeline keeps its order",
       {{single(0, 0, 10, set_1, "OK"), single(0, 0, 10, get_x, "(nil)")}},
       false},
  };
}

}  // namespace

bool run_self_test() {
  size_t failures = 0;
  const std::vector<Case> all = cases();
  for (const Case& test : all) {
    const bool accepted = check(test.clients).kind == Verdict::Kind::linearizable;
    if (accepted == test.is_linearizable) continue;
    ++failures;
    std::printf("self-test: %s: was %s\n", test.name, accepted ? "accepted" : "refused");
  }
  std::printf("self-test: %zu histories, %zu wrong verdicts\n", all.size(), failures);
  return failures == 0;
}

}  // namespace redstart::linearizability
