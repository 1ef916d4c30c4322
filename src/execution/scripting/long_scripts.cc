#include "execution/scripting/long_scripts.h"

#include "base/cycle_clock.h"
#include "execution/client_registry.h"

namespace redstart {
namespace {

std::string busy_text_of(bool function) {
  return std::string("BUSY Redis is busy running a script. You can only call ") +
         (function ? "FUNCTION KILL" : "SCRIPT KILL") + " or SHUTDOWN NOSAVE.";
}

}  // namespace

void LongScripts::add(LongScript& script) {
  const std::lock_guard lock(mutex_);
  scripts_.push_back(&script);
  note_busy();
}

void LongScripts::remove(LongScript& script) {
  const std::lock_guard lock(mutex_);
  scripts_.remove(&script);
  note_busy();
}

void LongScripts::count_wait(int difference) {
  const std::lock_guard lock(mutex_);
  waits_ += difference;
  note_busy();
}

void LongScripts::note_busy() { clients_.set_busy(!scripts_.empty() || waits_ > 0); }

std::string LongScripts::busy_text() const {
  const std::lock_guard lock(mutex_);
  return busy_text_of(!scripts_.empty() && scripts_.front()->is_function);
}

std::optional<std::string> LongScripts::kill(bool functions) {
  const std::lock_guard lock(mutex_);
  if (scripts_.empty()) return "NOTBUSY No scripts in execution right now.";
  bool is_any_of_kind = false, is_any_killed = false;
  for (LongScript* script : scripts_) {
    if (script->is_function != functions) continue;
    is_any_of_kind = true;
    if (script->has_written) continue;
    script->killed = true;
    is_any_killed = true;
  }
  if (is_any_killed) return std::nullopt;
  if (!is_any_of_kind && !scripts_.front()->has_written) return busy_text_of(!functions);
  return "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either "
         "wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.";
}

void LongScripts::kill_all() {
  const std::lock_guard lock(mutex_);
  for (LongScript* script : scripts_) script->killed = true;
}

void LongScripts::kill_of(const Session& session) {
  const std::lock_guard lock(mutex_);
  for (LongScript* script : scripts_) script->killed = script->killed || script->session == &session;
}

std::optional<LongScripts::Shown> LongScripts::running_function() const {
  const std::lock_guard lock(mutex_);
  for (const LongScript* script : scripts_) {
    if (!script->is_function) continue;
    const uint64_t ns = CycleClock::to_ns(CycleClock::now() - script->started_cycles);
    return Shown{script->name, script->command, ns / 1'000'000};
  }
  return std::nullopt;
}

}  // namespace redstart
