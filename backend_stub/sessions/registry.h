// The strategies by name: adding one is a file and a line of the table in registry.cpp. Any thread.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "backend_stub/sessions/replicated.h"

namespace stickler::stub {

// What a store needs that replicates its sessions.
struct Membership {
  io::Loop& loop;
  const Clock& real;  // See pulse.h.
  PeersSettings peers;
  bool sync = true;
};

struct StoreContext {
  const Clock& clock;
  Duration life;  // Of a session that nobody touches.
  std::size_t sessions_max;
  std::unique_ptr<Membership> membership{};  // For strategies that replicate.
};

struct Strategy {
  std::string_view name;
  std::string_view where;                                       // Where the session lives, for --help.
  std::unique_ptr<SessionStore> (*make)(StoreContext context);  // Null: not available yet.
  bool replicates = false;
};

std::span<const Strategy> strategies();
const Strategy* find_strategy(std::string_view name);  // Null: there is none.

}  // namespace stickler::stub
