// What affinity decides for a request whose session is known by something that the application made, a cookie or a
// header of its own, instead of a cookie of ours: before it is sent (`choose`) and when its answer begins (`settle`).
// The same rules as in choice.h, for a key that Stickler cannot rewrite. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lb/affinity/backup.h"
#include "lb/affinity/choice.h"
#include "lb/affinity/learned_table.h"
#include "lb/affinity/verdict.h"

namespace stickler::affinity {

struct AppKey {
  std::uint64_t session = 0;                // Hash of the session's value, the same on every balancer.
  std::optional<std::size_t> node{};        // The member that it is bound to; nullopt: none of the pool.
  std::optional<std::size_t> next{};        // The next one of its order, if that is not for next_in_order() to say.
  Verdict unbound = Verdict::unknown_node;  // What is found where there is no node.

  // Of a session that a LearnedTable knows.
  SessionDigest learned{};
  NodeId found = no_node;  // What the table said of it when the request came, ...
  NodeId bound = no_node;  // ... and what this request has made of that.
  Duration silent{};       // Since its last request; only asked for where a node drains at a rate.

  // Of one that other balancers are told of.
  std::string_view value{};  // Borrowed from the request's head.
  bool is_due = false;       // As LearnedTable::Use has it, ...
  bool is_untold = false;    // ... likewise.
};

// `key`: nullopt: the request is of no session. No room is in such a key for a backup's name, so `next` is worked out
// from the session for each request; Requires: `backup` is not `announced`.
Choice choose(const std::optional<AppKey>& key, const PoolView& pool, BackupRule backup);

// As leave() of choice.h. Requires: the key is learned, for no other can be bound anew.
std::optional<Choice> leave(const AppKey& key, const PoolView& pool, BackupRule backup);

struct AppExchange {
  std::optional<std::size_t> served{};  // Whose answer it is; nullopt: none, we answer ourselves.
  bool pinned_down = false;             // choice.pinned is confirmed down by now.
  bool overflows = false;               // As in Exchange.
  bool begins_session = false;          // The answer gives the client a key.
};

// What was done wins over what was found. `choice` is that of choose().
Verdict settle(const Choice& choice, const AppExchange& exchange);

}  // namespace stickler::affinity
