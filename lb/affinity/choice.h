// What affinity decides for a request, before it is sent (`choose`) and when its answer begins (`settle`).
// Pure; any thread. The table "What happens when" of docs/affinity.md, row by row, is its test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "lb/affinity/backup.h"
#include "lb/affinity/cookie.h"
#include "lb/affinity/node_table.h"
#include "lb/affinity/verdict.h"
#include "lb/balance/standing.h"

namespace stickler::affinity {

enum class WhenUnavailable : std::uint8_t { redispatch, backup_only, fail };

// What becomes of a request that has waited for its session's node, which is full, for as long as it may. The session
// stays where it is.
enum class OverloadThen : std::uint8_t { backup, redispatch, reject };

// When a session goes back to the node that it left by a failover: once that is well again, and steady, and has been
// named as the session's backup since, for any other node may hold a copy from long ago. when_idle: and after a
// silence.
enum class FailbackRule : std::uint8_t { never, when_idle, immediate };

struct Failback {
  FailbackRule rule = FailbackRule::never;
  std::span<const TimePoint> steady_since{};  // Of the members, in their order: or balance::not_steady.
  TimePoint now{};                            // By the same clock, ...
  WallTime wall{};                            // ... and by that of the cookies.
};

// A pool as a request finds it. `nodes` and `standings` are of the same members, in the same order.
struct PoolView {
  const NodeTable& nodes;
  std::span<const balance::Standing> standings;
  WhenUnavailable when_unavailable = WhenUnavailable::redispatch;
  std::uint32_t primary_generation = 0;  // Of primary_of() the cookie, as it is now; 0: not known.
  Failback failback{};
  Duration idle{};  // CookieRules::idle, for FailbackRule::when_idle.
};

// Whether the sessions that are bound to a node may stay there. A drain that has come to an end is no reason to lose a
// session to nobody: the node is well.
bool may_stay(std::size_t node, std::span<const balance::Standing> standings);

// Whether the policy may have a session that has to leave a node which is not eligible itself.
bool has_room_elsewhere(const PoolView& pool);

// The node that a cookie is bound to, whatever its health; nullopt: none of the pool, or the cookie does not count.
std::optional<std::size_t> primary_of(const std::optional<Opened>& cookie, const NodeTable& nodes);

// Where the session was before it failed over; nullopt: it did not, or that has left the pool, or it is not to go back.
std::optional<std::size_t> home_of(const Opened& cookie, const NodeTable& nodes);

struct Choice {
  Verdict verdict = Verdict::none;      // What was found; final only after settle().
  std::optional<std::size_t> pinned{};  // Send it there; nullopt: the policy picks, unless refused.
  std::optional<std::size_t> backup{};  // Where to detour first when `pinned` cannot be connected to.
  bool refused = false;                 // Answer 503.
  bool returns = false;                 // `pinned` is its home; its node, which is well, is `backup`.
};

// `cookie`: what open() made of the request's cookie; nullopt: it had none.
Choice choose(const std::optional<Opened>& cookie, const PoolView& pool);

// Where a session goes that leaves its node though it is well, because that drains: to its backup, which goes back to
// the node once if that fails; without one by the policy, if it may and there is somebody. nullopt: it stays. Requires:
// choose() has found it bound.
std::optional<Choice> leave(const Opened& cookie, const PoolView& pool);

struct Exchange {
  std::optional<std::size_t> served{};  // Whose answer it is; nullopt: none, we answer ourselves.
  bool pinned_down = false;             // choice.pinned is confirmed down by now, e.g. while the request waited on it.
  bool overflows = false;               // Its node was full for as long as it may wait, so that others were asked.
  std::uint32_t generation = 0;         // That the answer names, as generation_of() has it; 0: none.
  bool announces = false;               // The answer names a backup, for BackupRule::announced, ...
  std::optional<std::size_t> announced{};  // ... which is this member; nullopt: none of the pool.
};

struct Settlement {
  Verdict verdict = Verdict::none;
  std::optional<Binding> set_cookie{};  // To be sealed and sent; nullopt: no Set-Cookie.
};

struct SettleContext {
  const NodeTable& nodes;
  const CookieRules& rules;
  WallTime now;
  std::uint64_t nonce = 0;  // For a session that has none yet: CookieKeys::nonce().
  BackupRule backup = BackupRule::none;
  std::span<const balance::Standing> standings;  // As in PoolView.
  Failback failback{};                           // Likewise.
};

// What was done wins over what was found. `cookie` and `choice` are those of choose().
Settlement settle(const std::optional<Opened>& cookie, const Choice& choice, const Exchange& exchange,
                  const SettleContext& context);

}  // namespace stickler::affinity
