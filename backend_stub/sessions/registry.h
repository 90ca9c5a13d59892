// The strategies by name: adding one is a file and a line of the table in registry.cpp. Any thread.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "backend_stub/sessions/session_store.h"

namespace stickler::stub {

struct StoreContext {
  const Clock& clock;
  Duration life;  // Of a session that nobody touches.
  std::size_t sessions_max;
};

struct Strategy {
  std::string_view name;
  std::string_view where;                                              // Where the session lives, for --help.
  std::unique_ptr<SessionStore> (*make)(const StoreContext& context);  // Null: not available yet.
};

std::span<const Strategy> strategies();
const Strategy* find_strategy(std::string_view name);  // Null: there is none.

}  // namespace stickler::stub
