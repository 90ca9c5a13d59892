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
// want the same of 64 shards at the same time is rare. No lock is held over anything that can wait.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "lb/affinity/keys.h"
#include "lb/base/clock.h"

namespace stickler::affinity {

using SessionDigest = std::array<std::uint64_t, 2>;

class LearnedTable {
 public:
  static constexpr std::size_t bytes_per_entry = 44;

  // Requires: entries > 0.
  explicit LearnedTable(std::uint32_t entries);
  // With the key and the newest entries of another, as far as there is room. What others bind there meanwhile may be
  // missing here.
  LearnedTable(std::uint32_t entries, LearnedTable& from);
  LearnedTable(const LearnedTable&) = delete;
  LearnedTable& operator=(const LearnedTable&) = delete;
  ~LearnedTable();

  SessionDigest digest(std::string_view value) const;

  // The session's node; nullopt: not bound, or not used for longer than `idle`. Counts as use.
  std::optional<NodeId> find(const SessionDigest& session, TimePoint now, Duration idle);

  // Anew, or to another node. Counts as use.
  void bind(const SessionDigest& session, NodeId node, TimePoint now);

  std::uint32_t entries_max() const { return entries_max_; }
  std::size_t size() const;  // Sessions that are bound, idle ones included.

 private:
  class Shard;
  using TagKey = std::array<std::uint8_t, 16>;

  LearnedTable(std::uint32_t entries, const TagKey& key);
  Shard& shard_of(const SessionDigest& session) const;

  TagKey key_;
  std::uint32_t entries_max_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace stickler::affinity
