// Handover: what a process leaves to the one that takes over from it, and its form on the way. Pure; any thread.
//
// The two may be different releases, so the form is JSON, which ignores what it does not know. A state of a later
// version, or one that makes no sense, is not taken, and that is all: a process that starts without it starts as any
// other does. Only the sockets are needed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/affinity/learned_table.h"
#include "lb/affinity/session_count.h"
#include "lb/base/error.h"
#include "lb/cluster/backend_registry.h"
#include "lb/proxy/worker.h"
#include "lb/server/members.h"

namespace stickler::server {

// What a pool has learned of its sessions.
struct LearnedMemory {
  affinity::LearnedTable::TagKey key{};
  std::vector<affinity::LearnedTable::Memory> sessions{};
};

// Of one worker, at one backend.
struct CountMemory {
  std::string pool;
  std::string backend;
  bool have_left = false;  // Those that have left it at a rate.
  affinity::SessionCount::Memory count{};
};

struct LiveState {
  std::map<std::string, std::string> cookie_keys;  // By pool: those that were made up because none is configured.
  std::map<std::string, LearnedMemory> learned;    // By pool.
  std::vector<CountMemory> counts;
  std::vector<cluster::BackendMemory> backends;
  std::vector<Override> overrides;
  std::vector<proxy::PoolTurns> turns;  // By worker.
};

struct Handover {
  std::vector<std::pair<std::string, int>> listeners;  // ListenerSockets::descriptors()
  std::optional<std::pair<std::string, int>> admin;    // admin.listen
  LiveState state;
  std::string not_taken;  // By decode(): why the state is empty; "": it is not.
};

std::string encode(const Handover& handover);  // One line.
Result<Handover> decode(std::string_view text);

// What a pool has learned since.
struct News {
  std::string pool;
  affinity::LearnedTable::Memory change{};
};

std::string encode(const News& news);  // Likewise.
Result<News> decode_news(std::string_view line);

}  // namespace stickler::server
