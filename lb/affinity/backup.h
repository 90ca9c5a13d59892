// Which node a session's cookie names as its backup: where its requests go when its own node is down. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "lb/affinity/node_table.h"
#include "lb/balance/standing.h"

namespace stickler::affinity {

enum class BackupRule : std::uint8_t {
  none,       // Nobody.
  next,       // The next node in the session's own order, the same on every balancer.
  announced,  // The one that the node itself names in its answers: it knows where the replica is.
};

// The session's order of the pool's nodes is by rendezvous (Thaler and Ravishankar 1998): each session has another, so
// that the sessions of a node that dies are spread over all others. Of those that may take new sessions the first but
// `primary`, and a standby where there is no such node; nullopt: there is neither.
std::optional<std::size_t> next_in_order(std::uint64_t nonce, const NodeTable& nodes,
                                         std::span<const balance::Standing> standings, std::size_t primary);

}  // namespace stickler::affinity
