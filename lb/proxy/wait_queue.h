// WaitQueues: the streams of one worker that wait for a backend at its `max_per_backend`, first come first served.
// The worker's thread; what they wait on, the places taken, is counted over all workers (BackendLoad::in_flight).
//
// Who joins looks for a place once more, and who leaves a place looks for who waits: with both figures in one order of
// all threads (seq_cst, which costs these operations nothing on x86) one of the two sees the other.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "lb/base/intrusive_list.h"
#include "lb/cluster/backend.h"
#include "lb/proxy/stream.h"

namespace stickler::proxy {

// Takes one of the backend's places; false: all are taken.
bool take_place(cluster::Backend& backend, std::uint32_t places);

// The places of backends and the turns of their trials, as streams take them. Explain has others, which take nothing.
struct PlacesInForce {
  std::uint32_t each_max;

  bool take(cluster::Backend& backend) const { return take_place(backend, each_max); }
  static bool take_trial(cluster::Backend& backend) { return backend.trial.take(); }
  static void leave_trial(cluster::Backend& backend) { backend.trial.leave(); }
};

class WaitQueues {
 public:
  // False: `queue_max` wait already, over all workers.
  bool join(cluster::Backend& backend, Stream& stream, std::uint32_t queue_max);
  void leave(cluster::Backend& backend, Stream& stream);

  void on_health_change();  // For streams that wait for a backend which is now confirmed down.

  // Gives free places to those who wait longest.
  void serve(cluster::Backend& backend, std::uint32_t places);

 private:
  std::unordered_map<const cluster::Backend*, IntrusiveList<Stream>> queues_;
};

}  // namespace stickler::proxy
