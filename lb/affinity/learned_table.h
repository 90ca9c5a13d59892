// LearnedTable: which node each session of one pool is bound to, where the application's key says nothing of it. Fixed
// in size; who was used longest ago goes first. Any thread; shared by a process's workers and by snapshots, so that it
// outlives reloads.
//
// 44 bytes an entry, 40 in the entry and 4 in the index, set aside at the start and touched by use. A session is known
// by a keyed 128-bit hash of its value (SipHash-2-4-128): it takes no more room for a long value, nobody can choose
// values that meet in one place, and a value that a log-in depends on is not kept.
//
// The mutexes: a session that one worker binds must be found by any other with its next request, which may come at once
// and over another connection. A table for each worker with messages between them would come too late for that. So
// there is one, in shards with a mutex each, held for one look-up, a few cache lines long; that two of a few workers
// want the same of 64 shards at the same time is rare. No lock is held over anything that can wait. Only a table that
// is watched, because another one takes its place, takes a second one.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lb/affinity/keys.h"
#include "lb/base/clock.h"

namespace stickler::affinity {

using SessionDigest = std::array<std::uint64_t, 2>;
inline constexpr NodeId no_node = 0;

struct SharedTimes {
  Duration idle;
  Duration period;  // Requires: at least a second.
};

class LearnedTable {
 public:
  static constexpr std::size_t bytes_per_entry = 44;

  using TagKey = std::array<std::uint8_t, 16>;

  // Requires: entries > 0. `key`: of the digests; another table's, to go on with what that has learned.
  explicit LearnedTable(std::uint32_t entries);
  LearnedTable(std::uint32_t entries, const TagKey& key);
  // With the key and the newest entries of another, as far as there is room. What is bound or forgotten there from now
  // on, by requests that began before a reload, is so here, too.
  static std::shared_ptr<LearnedTable> resized(std::uint32_t entries, LearnedTable& from);
  LearnedTable(const LearnedTable&) = delete;
  LearnedTable& operator=(const LearnedTable&) = delete;
  ~LearnedTable();

  SessionDigest digest(std::string_view value) const;

  // The session's node; no_node: not bound, or not used for longer than `idle`. Counts as use.
  NodeId find(const SessionDigest& session, TimePoint now, Duration idle);
  NodeId look_up(const SessionDigest& session, TimePoint now, Duration idle) const;  // The same, but no use.

  // Since its last use, to the second; 0: not bound. No use.
  Duration silence(const SessionDigest& session, TimePoint now) const;
  // For a table that others are told of (shared_table.h).
  struct Use {
    NodeId node = no_node;
    bool is_due = false;     // The session's first use in a period; each session has periods of its own.
    bool is_untold = false;  // As mark() has it.
  };
  Use use(const SessionDigest& session, TimePoint now, const SharedTimes& times);
  enum class Told : std::uint8_t { no, yes };
  void mark(const SessionDigest& session, Told told);  // Whether the others know to which node it is bound.

  struct Bound {
    bool done = true;
    bool evicted = false;  // There was no room but that of a session in use within `idle`.
    bool anew = false;     // It was not bound, or to another node.
  };
  // Anew, or to another node. Counts as use.
  Bound bind(const SessionDigest& session, NodeId node, TimePoint now, Duration idle);

  // Only if it is still as find() would have it, else it is not done: of several requests at once the first decides.
  struct Change {
    NodeId from = no_node;
    NodeId to = no_node;
  };
  Bound rebind(const SessionDigest& session, Change change, TimePoint now, Duration idle);

  void forget(const SessionDigest& session);

  // What is known of a session, for another table of the same key to go on with.
  struct Memory {
    SessionDigest session{};
    NodeId node = no_node;       // no_node: it was forgotten.
    std::uint32_t last_use = 0;  // Seconds of the machine's monotonic clock.
    bool is_untold = false;      // As mark() has it.

    friend bool operator==(const Memory&, const Memory&) = default;
  };
  std::vector<Memory> memories() const;  // Who was used longest ago comes first.
  void recall(const Memory& memory);     // Unless something as new is known.
  void follow(const Memory& change);     // Of another table, whatever is known here.

  // Called with each change from now on, by the thread that makes it; nullptr: no more. A call that has begun may end
  // later.
  using OnChange = std::function<void(const Memory&)>;
  void watch(OnChange on_change);

  const TagKey& key() const { return key_; }
  std::uint32_t entries_max() const { return entries_max_; }
  // How many sessions each node has that were used within `idle`. Looks at every entry, at some nanoseconds each.
  using Counts = std::unordered_map<NodeId, std::uint64_t>;
  Counts count(TimePoint now, Duration idle) const;
  std::size_t size() const;  // Sessions that are bound, idle ones included.

 private:
  class Shard;

  Shard& shard_of(const SessionDigest& session) const;
  void tell(const SessionDigest& changed) const;

  TagKey key_;
  std::uint32_t entries_max_;
  std::vector<std::unique_ptr<Shard>> shards_;
  mutable std::mutex watch_mutex_;
  std::shared_ptr<const OnChange> on_change_;
  std::atomic<bool> is_watched_{false};  // Set by control, read by workers: but for it the mutex stays alone.
};

}  // namespace stickler::affinity
