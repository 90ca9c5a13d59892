#include "lb/proxy/wait_queue.h"

namespace stickler::proxy {

bool take_place(cluster::Backend& backend, std::uint32_t places) {
  if (backend.load.in_flight.fetch_add(1, std::memory_order_relaxed) < places) return true;
  backend.load.in_flight.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

bool WaitQueues::join(cluster::Backend& backend, Stream& stream, std::uint32_t queue_max) {
  if (backend.load.waiting.fetch_add(1, std::memory_order_relaxed) >= queue_max) {
    backend.load.waiting.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  queues_[&backend].push_back(stream);
  return true;
}

void WaitQueues::leave(cluster::Backend& backend, Stream& stream) {
  stream.unlink();
  backend.load.waiting.fetch_sub(1, std::memory_order_relaxed);
}

void WaitQueues::serve(cluster::Backend& backend, std::uint32_t places) {
  const auto found = queues_.find(&backend);
  if (found == queues_.end()) return;
  while (!found->second.empty() && take_place(backend, places)) {
    Stream& stream = *found->second.front();
    leave(backend, stream);
    stream.on_room();
  }
}

}  // namespace stickler::proxy
