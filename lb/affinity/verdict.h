// Verdict: what affinity did with a request, in one word: access log, metrics, explain. A value; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stickler::affinity {

enum class Verdict : std::uint8_t {
  none,          // No key: the pool has no affinity.
  fresh,         // "new": first choice of a session.
  bound,         // The key was honoured.
  expired,       // By idle or ttl; a new choice.
  forged,        // Bad tag, garbage or from the future; treated as none.
  unknown_node,  // The node is no longer in the pool; a new choice.
  detour,        // This request went elsewhere, the binding stays.
  failover,      // Moved to the named backup.
  moved,         // Moved to another node.
  drained,       // Moved because its node's drain came to an end.
  overflow,      // This request went elsewhere, because its node was full; the binding stays.
  refused,       // Its node is down or full, and no other may or can answer.
};
inline constexpr std::size_t verdict_count = 12;

inline constexpr std::array<std::string_view, verdict_count> verdict_words = {
    "none",   "new",      "bound", "expired", "forged",   "unknown_node",
    "detour", "failover", "moved", "drained", "overflow", "refused"};

constexpr std::string_view to_string(Verdict verdict) { return verdict_words[static_cast<std::size_t>(verdict)]; }

}  // namespace stickler::affinity
