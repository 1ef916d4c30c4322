#include "execution/commands/flush.h"

#include <utility>
#include <vector>

#include "execution/config.h"
#include "execution/executor.h"
#include "execution/store_state.h"
#include "execution/tracking.h"

namespace redstart {

bool parse_flush_mode(CommandContext& c, bool& lazily) {
  lazily = c.executor().config().value_of("lazyfree-lazy-user-flush") == "yes";
  if (c.arg_count() == 1) return true;
  lazily = c.arg_is(1, "ASYNC");
  if (c.arg_count() == 2 && (lazily || c.arg_is(1, "SYNC"))) return true;
  c.syntax_error();
  return false;
}

void flush_database(CommandContext& c, int db, bool lazily) {
  std::vector<EntryTable> tables;
  c.access().clear_database(db, tables);
  if (lazily) return c.executor().state().free_later(std::move(tables));
  for (EntryTable& table : tables) StoreState::free_table(c.access().keyspace(), table);
}

void flush_all(CommandContext& c, bool lazily) {
  for (int db = 0; db < c.access().keyspace().database_count(); ++db) flush_database(c, db, lazily);
  c.executor().tracking().flush(c.session());
}

}  // namespace redstart
