// The typed methods of scripts and functions.
#include "tests/differential/typed/methods.h"

namespace redstart::oracle {
namespace {

// A script's words: its text, fingerprint or function, keys and arguments.
struct ScriptCall {
  Draws::Word what;
  Draws::Words keys, arguments;
};
template <class What, class Call>
auto of_script(What what, Call call) {
  return [=](Draws& d) {
    ScriptCall drawn{what(d), d.some([&] { return d.any_key(); }), d.values()};
    return [=](Client& c) { return call(c, drawn); };
  };
}

const auto kText = [](Draws& d) { return d.script(); };
const auto kFingerprint = [](Draws& d) { return d.fingerprint(); };
const auto kFunction = [](Draws& d) { return d.function(); };

// Libraries stand in the order of a hash.
std::vector<std::string> sorted_elements(const Reply& list) {
  std::vector<std::string> texts;
  for (const Reply& element : list.elements()) texts.push_back(to_string(element));
  std::ranges::sort(texts);
  return texts;
}

// All libraries go and come back.
Outcome dumped_and_restored(Client& c, bool is_flushed) {
  const auto payload = c.function_dump();
  if (!payload) return payload;
  if (is_flushed) static_cast<void>(c.function_flush());
  const auto restored = c.function_restore(*payload);
  if (!restored) {
    // Which library is named as the one in the way is up to their order.
    constexpr size_t kBeforeName = std::string_view("ERR Library ").size();
    return result<Done>(std::unexpected(
        Error{restored.error().code, restored.error().outcome, restored.error().message.substr(0, kBeforeName)}));
  }
  return told(c.function_list(), sorted_elements);
}

}  // namespace

void add_script_methods(Methods& methods) {
  methods.add("eval", of_script(kText, [](Client& c, const auto& s) {
    return c.eval(s.what, s.keys, s.arguments);
  })).weight = 5;
  methods.add("eval_ro", of_script(kText, [](Client& c, const auto& s) {
    return c.eval_ro<std::optional<std::string>>(s.what, s.keys, s.arguments);
  }));
  methods.add("evalsha", of_script(kFingerprint, [](Client& c, const auto& s) {
    return c.evalsha<int64_t>(s.what, s.keys, s.arguments);
  }));
  methods.add("evalsha_ro", of_script(kFingerprint, [](Client& c, const auto& s) {
    return c.evalsha_ro(s.what, s.keys, s.arguments);
  }));
  methods.add("fcall", of_script(kFunction, [](Client& c, const auto& s) {
    return c.fcall(s.what, s.keys, s.arguments);
  })).weight = 2;
  methods.add("fcall_ro", of_script(kFunction, [](Client& c, const auto& s) {
    return c.fcall_ro(s.what, s.keys, s.arguments);
  })).weight = 3;
  methods.add("script_load", [](Draws& d) {
    return [script = d.chance(0.3) ? "return 1" : d.script()](Client& c) { return c.script_load(script); };
  });
  methods.add("script_exists", [](Draws& d) {
    return [sha1s = d.some([&] { return d.fingerprint(); })](Client& c) { return c.script_exists(sha1s); };
  });
  methods.add("script_flush", of_nothing([](Client& c) { return c.script_flush(); })).weight = 0.1;
  methods.add("script_kill", of_nothing([](Client& c) { return c.script_kill(); })).is_ever_refused = true;
  methods.add("function_load", [](Draws& d) {
    return [library = d.library()](Client& c) { return c.function_load(library); };
  }).weight = 5;
  methods.add("function_delete", [](Draws& d) {
    return [library = d.word_of({"lib_a", "lib_b", "lib_c", "none"})](Client& c) { return c.function_delete(library); };
  }).weight = 0.3;
  methods.add("function_flush", of_nothing([](Client& c) { return c.function_flush(); })).weight = 0.1;
  methods.add("function_kill", of_nothing([](Client& c) { return c.function_kill(); })).is_ever_refused = true;
  methods.add("function_dump", of_nothing([](Client& c) { return own(c.function_dump()); }));
  methods.add("function_restore", [](Draws& d) {
    return [is_damaged = d.chance(0.2), is_flushed = d.flip()](Client& c) {
      return is_damaged ? Outcome(c.function_restore("no payload")) : dumped_and_restored(c, is_flushed);
    };
  });
  methods.add("function_list", of_nothing([](Client& c) { return told(c.function_list(), sorted_elements); }));
  methods.add("function_stats", of_nothing([](Client& c) { return c.function_stats(); }));
}

}  // namespace redstart::oracle
