#include "execution/scripting/script.h"

#include "base/quoted_words.h"
#include "base/sha1.h"

namespace redstart {
namespace {

struct FlagName {
  std::string_view name;
  uint32_t flag;
};
constexpr FlagName kFlagNames[] = {
    {"no-writes", kScriptNoWrites},
    {"allow-oom", kScriptAllowOom},
    {"allow-stale", kScriptAllowStale},
    {"no-cluster", kScriptNoCluster},
    {"allow-cross-slot-keys", kScriptAllowCrossSlot},
};

// Adds the flags of a list like "no-writes,allow-oom"; the error, or nothing.
std::string add_flags(std::string_view list, uint32_t& flags) {
  if (list.empty()) return {};
  while (true) {
    const size_t comma = list.find(',');
    const std::string_view name = list.substr(0, comma);
    const uint32_t flag = script_flag_named(name);
    if (flag == 0) return "ERR Unexpected flag in script shebang: " + std::string(name);
    flags |= flag;
    if (comma == std::string_view::npos) return {};
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

uint32_t script_flag_named(std::string_view name) {
  for (const FlagName& entry : kFlagNames) {
    if (entry.name == name) return entry.flag;
  }
  return 0;
}

std::vector<std::string_view> script_flag_names(uint32_t flags) {
  std::vector<std::string_view> names;
  for (const FlagName& entry : kFlagNames) {
    if (flags & entry.flag) names.push_back(entry.name);
  }
  return names;
}

std::expected<Script, std::string> make_script(std::string_view text) {
  constexpr std::string_view kFlagsOption = "flags=";
  Script script;
  script.text = text;
  script.sha = hex_of(sha1(text));
  if (!text.starts_with("#!")) return script;
  script.flags = 0;
  const size_t line_end = text.find('\n');
  if (line_end == std::string_view::npos) return std::unexpected("ERR Invalid script shebang");
  const auto words = split_quoted_words(text.substr(0, line_end));
  if (!words || words->empty()) return std::unexpected("ERR Invalid engine in script shebang");
  if (words->front() != "#!lua") {
    return std::unexpected("ERR Unexpected engine in script shebang: " + words->front());
  }
  for (size_t i = 1; i < words->size(); ++i) {
    const std::string_view word = (*words)[i];
    if (!word.starts_with(kFlagsOption)) {
      return std::unexpected("ERR Unknown lua shebang option: " + std::string(word));
    }
    std::string error = add_flags(word.substr(kFlagsOption.size()), script.flags);
    if (!error.empty()) return std::unexpected(std::move(error));
  }
  script.shebang_bytes = line_end;  // the line's end stays, so that lines are counted from the shebang
  return script;
}

}  // namespace redstart
