// GEOSEARCH, GEORADIUS and their kind: members within a shape around a center.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"

namespace redstart {

// In what form a command says what is searched.
struct GeoSearchForm {
  enum class Center : uint8_t {
    position,  // GEORADIUS: words 2 and 3, and the radius behind them
    member,    // GEORADIUSBYMEMBER: word 2, and the radius behind it
    option,    // GEOSEARCH: FROMLONLAT and its kind, anywhere behind the key
  };
  Center center = Center::option;
  size_t source_index = 1;
  bool may_store = false;      // by STORE and STOREDIST with a key
  bool always_stores = false;  // under the first key: GEOSEARCHSTORE
};
void run_geo_search(CommandContext& c, const GeoSearchForm& form);

}  // namespace redstart
