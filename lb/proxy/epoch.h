// Epoch: what a stream starts with and keeps to its end: one snapshot, and the members of every pool as they stood.
//
// Built on the control thread, one for each worker, and posted to it; from then on its count is touched by that
// worker alone. The last stream of an old epoch frees it; the snapshot in it goes back to control to be freed there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "lb/affinity/node_table.h"
#include "lb/affinity/session_count.h"
#include "lb/cluster/backend_set.h"
#include "lb/io/listen_socket.h"
#include "lb/metrics/counters.h"
#include "lb/proxy/snapshot.h"

namespace stickler::proxy {

struct PoolRuntime;

struct EpochPool {
  const PoolSettings* settings = nullptr;
  std::shared_ptr<const cluster::BackendSet> set;
  std::shared_ptr<const affinity::NodeTable> nodes;  // Of set->names(); only for a pool with affinity.
  metrics::PoolCounters* counters = nullptr;         // This worker's, as are the following.
  std::vector<metrics::BackendCounters*> backend_counters;
  std::vector<std::shared_ptr<affinity::SessionCount>> session_counts;  // Only where no table knows them.
  std::vector<std::shared_ptr<affinity::SessionCount>> left_counts;  // Of sessions that leave at a rate; else nullptr.
  bool panics = false;                                               // Health is ignored in it.
  PoolRuntime* runtime = nullptr;                                    // Found by the worker when the epoch arrives.
};

struct EpochListener {
  const ListenerSettings* settings = nullptr;
  metrics::ListenerCounters* counters = nullptr;

  // Taken out by the worker: an old epoch whose streams live long must not keep a socket open that nobody serves.
  std::vector<std::shared_ptr<const io::ListenSocket>> sockets;
};

struct Epoch {
  using Retire = std::function<void(std::shared_ptr<const Snapshot>)>;

  Epoch() = default;
  Epoch(const Epoch&) = delete;
  Epoch& operator=(const Epoch&) = delete;
  ~Epoch() {
    if (retire) retire(std::move(snapshot));
  }

  std::shared_ptr<const Snapshot> snapshot;
  std::vector<EpochPool> pools;          // PoolIndex
  std::vector<EpochListener> listeners;  // ListenerIndex
  Retire retire;                         // Any thread.
  std::uint32_t era = 0;                 // Of its names in the worker's DecisionRing; set by the worker.
};

}  // namespace stickler::proxy
