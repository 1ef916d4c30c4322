#include "engine/commands/removal.h"

#include <vector>

#include "execution/executor.h"
#include "execution/store_state.h"

namespace redstart {
namespace {

constexpr size_t kFreedAtOnceMax = 64;  // elements that cost less to free than to put off

bool is_big(const Entry& entry) {
  return !entry.is_string() && element_count(entry.object()) > kFreedAtOnceMax;
}

void free_later(CommandContext& c, Entry* entry) {
  std::vector<EntryTable> tables(1);
  tables.front().insert(EntryPolicy::hash(entry), entry);
  c.executor().state().free_later(std::move(tables));
}

}  // namespace

void remove_keys(CommandContext& c, bool later) {
  int64_t removed = 0;
  for (const std::string_view key : c.args().subspan(1)) {
    Edit edit = c.edit(key, Type::none);
    if (!edit.exists()) continue;
    later&& is_big(*edit.entry()) ? free_later(c, edit.take_entry()) : edit.remove();
    edit.event("del");
    ++removed;
  }
  c.reply().integer(removed);
}

}  // namespace redstart
