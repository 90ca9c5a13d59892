// SessionCounts: of every backend with affinity how many log-in sessions each worker has seen, over all reloads. Owned
// by the server; control thread. What it hands out is written by the worker it is handed to.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/affinity/learned_table.h"
#include "lb/affinity/session_count.h"
#include "lb/server/handover.h"

namespace stickler::server {

class SessionCounts {
 public:
  // The same object for the same arguments, until `idle` is another: what was counted by one cannot be told by another.
  std::shared_ptr<affinity::SessionCount> of(std::uint32_t worker, const std::string& pool, const std::string& backend,
                                             Duration idle);

  // Of those that have left it at a rate, for total() to leave out.
  std::shared_ptr<affinity::SessionCount> left_of(std::uint32_t worker, const std::string& pool,
                                                  const std::string& backend, Duration idle);

  // What was counted, and its return, before any of it is handed out: by the first worker, since only their union is
  // asked for.
  std::vector<CountMemory> memories(TimePoint now) const;
  void recall(const std::vector<CountMemory>& memories);

  // Its sessions have moved: who still comes to it is counted anew, with what of() hands out from now on.
  void forget(const std::string& pool, const std::string& backend) { counts_.erase({pool, backend}); }

  // Of a node in a table of learned sessions. Counted once for all nodes that are asked for at one moment.
  struct Learned {
    const affinity::LearnedTable& table;
    TimePoint now;
    Duration idle;
  };
  std::uint64_t learned(const Learned& learned, affinity::NodeId node) const;

  // Distinct over all workers, without those that have left; 0 for a backend that was never counted.
  std::uint64_t total(const std::string& pool, const std::string& backend, TimePoint now) const;

 private:
  struct Memo {
    const affinity::LearnedTable* table = nullptr;
    TimePoint now{};
    affinity::LearnedTable::Counts counts{};
  };
  using OfWorkers = std::vector<std::shared_ptr<affinity::SessionCount>>;
  struct OfBackend {
    OfWorkers seen;
    OfWorkers left;
  };
  static std::shared_ptr<affinity::SessionCount> of(std::uint32_t worker, OfWorkers& counts, Duration idle);
  static affinity::SessionTally tally(const OfWorkers& counts, TimePoint now);

  mutable Memo memo_;
  std::map<std::pair<std::string, std::string>, OfBackend> counts_;
};

}  // namespace stickler::server
