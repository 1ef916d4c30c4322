// CommandMethods: the commands as methods with typed replies, for Client (which returns result<T>)
// and Pipeline (which returns Pending<T>) alike. Included by client.h.
//
// Each method is one command of the same name; the comment names the Redis command, whose
// documentation gives its cost and details. Errors of all: the server's (see ErrorCode), the
// transport's (timed_out, connection_lost, ...), and unexpected_reply. `Range` is any range of
// strings or string views, `Pairs` any range of pairs of them (a std::map, a vector of pairs).
//
// Threads: as the class that inherits it.
#pragma once

#include "redstart/commands/bitmap.h"
#include "redstart/commands/connection.h"
#include "redstart/commands/geo.h"
#include "redstart/commands/hash.h"
#include "redstart/commands/hyperloglog.h"
#include "redstart/commands/key.h"
#include "redstart/commands/list.h"
#include "redstart/commands/script.h"
#include "redstart/commands/server.h"
#include "redstart/commands/set.h"
#include "redstart/commands/sorted_set.h"
#include "redstart/commands/stream.h"
#include "redstart/commands/string.h"

namespace redstart {

// All groups. A group stands in a file of its own in commands/.
template <class Self>
class CommandMethods : public StringMethods<Self>,
                       public BitmapMethods<Self>,
                       public HyperLogLogMethods<Self>,
                       public GeoMethods<Self>,
                       public KeyMethods<Self>,
                       public ListMethods<Self>,
                       public HashMethods<Self>,
                       public SetMethods<Self>,
                       public SortedSetMethods<Self>,
                       public StreamMethods<Self>,
                       public ConnectionMethods<Self>,
                       public ScriptMethods<Self>,
                       public ServerMethods<Self> {};

}  // namespace redstart
