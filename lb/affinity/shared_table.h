// SharedTable: what several balancers have learned of a pool's sessions, in a store outside of them. One for each
// worker and pool; the worker's thread.
//
// It stands behind the LearnedTable, which decides. What it finds is put there, and what is told it is there already:
// a store that is slow, dead or lies takes nothing away from what this balancer knows.
//
// Of two balancers that bind one session to different nodes the last one is right: it has overwritten the store. The
// other finds that out with its first use of the session in a period of shared_period(), or sooner when the node that
// it knows is down: it asks before it moves a session.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lb/affinity/keys.h"
#include "lb/affinity/learned_table.h"
#include "lb/base/clock.h"
#include "lb/base/counter.h"
#include "lb/base/intrusive_list.h"
#include "lb/base/store_url.h"

namespace stickler::affinity {

// What became of a question or of what was told.
enum class SharedCall : std::uint8_t {
  found,    // Another balancer knows the session.
  unknown,  // None does.
  stored,   // What was told is in the store.
  foreign,  // The entry is none of ours, or broken; it counts for unknown.
  refused,  // The store answered with an error.
  timeout,  // It did not answer in time.
  lost,     // The connection broke.
  down,     // There was none.
  full,     // Too many were on their way already.
};
inline constexpr std::size_t shared_call_count = 9;
inline constexpr std::array<std::string_view, shared_call_count> shared_call_words = {
    "found", "unknown", "stored", "foreign", "refused", "timeout", "lost", "down", "full"};

// How often a session in use is looked at and kept in the store. An entry lives for `idle` and this, so that one that
// was used less than `idle` ago is there.
constexpr Duration shared_period(Duration idle) {
  return std::clamp<Duration>(idle / 4, std::chrono::seconds(1), std::chrono::minutes(1));
}

// As configured and compiled; immutable.
struct SharedTableSettings {
  StoreUrl store;
  Duration timeout{};  // Of every call.
  std::vector<std::string> keys;
  std::string pool;
  Duration idle{};
  std::shared_ptr<LearnedTable> table;
  CookieKey node_key{};  // Of the node ids in `table`.

  friend bool operator==(const SharedTableSettings&, const SharedTableSettings&) = default;
};

// What a worker counts of it. All outlive the table.
struct SharedTableCounters {
  std::array<Counter, shared_call_count>& calls;
  Counter& opened;   // Times that the store could be asked from now on, ...
  Counter& closed;   // ... and that this came to an end.
  Counter& evicted;  // Sessions in use that the LearnedTable forgot to have room for what was found.
};

struct SharedSession {
  SessionDigest digest;    // In the LearnedTable.
  std::string_view value;  // Borrowed for the call.
  NodeId known = no_node;  // As that table has it.
};

class SharedTable {
 public:
  // Somebody who waits for an answer; unlinked, he waits no more.
  class Waiter : public ListNode<Waiter> {
   public:
    using OnAnswer = void (*)(void* owner);
    Waiter(OnAnswer on_answer, void* owner) : on_answer_(on_answer), owner_(owner) {}
    void answer() { on_answer_(owner_); }  // May destroy *this.

   private:
    OnAnswer on_answer_;
    void* owner_;
  };

  virtual ~SharedTable() = default;  // Answers who waits.

  // Whether another balancer knows the session, or knows better. The answer, if there is one in time, is in the
  // LearnedTable when the waiter is called, which is never within this call. False: it is not asked, because it cannot
  // be, or because it has just said what it knows.
  virtual bool ask(const SharedSession& session, Waiter& waiter) = 0;

  // The session is bound to the node of this name from now on, says this balancer.
  virtual void tell(const SharedSession& session, std::string_view node) = 0;

  // The session is in use, and was bound to this node before.
  virtual void keep(const SharedSession& session, std::string_view node) = 0;

  virtual void forget(std::string_view value) = 0;
};

}  // namespace stickler::affinity
