// What COMMAND says of commands, from their specifications.
//
// Threads: thread-safe.
#pragma once

#include "command/spec.h"
#include "command/table.h"
#include "resp/reply_sink.h"

namespace redstart {

// An element of COMMAND and COMMAND INFO: name, arity, flags, key positions, categories, tips, key
// specifications, subcommands.
void reply_command_info(ReplySink& reply, const CommandTable& table, const CommandSpec& spec);
// A pair of COMMAND DOCS: the name and a map of what the command is for.
void reply_command_docs(ReplySink& reply, const CommandTable& table, const CommandSpec& spec);

}  // namespace redstart
