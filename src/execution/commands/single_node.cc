#include "execution/commands/single_node.h"

#include "base/numbers.h"

namespace redstart {

void reply_no_cluster(CommandContext& c) {
  c.error("ERR This instance has cluster support disabled");
}

void reply_no_replicas(CommandContext& c) {
  c.error("ERR This server takes no replicas: it has no stream of changes to send them");
}

void follow_or_lead(CommandContext& c) {
  if (c.arg_is(1, "NO") && c.arg_is(2, "ONE")) return c.reply().ok();
  const auto port = parse_int64(c.arg(2));
  if (!port || *port < 0 || *port > 65535) return c.error("ERR Invalid master port");
  c.error("ERR This server follows no master: replication is not supported");
}

}  // namespace redstart
