#include "lb/proxy/wait_queue.h"

#include <vector>

namespace stickler::proxy {

bool take_place(cluster::Backend& backend, std::uint32_t places) {
  std::atomic<std::uint32_t>& taken = backend.load.in_flight;
  std::uint32_t now = taken.load(std::memory_order_seq_cst);
  // Never above the limit, not even for a moment: another worker would take that for a full backend.
  while (now < places) {
    if (taken.compare_exchange_weak(now, now + 1, std::memory_order_seq_cst)) return true;
  }
  return false;
}

bool WaitQueues::join(cluster::Backend& backend, Stream& stream, std::uint32_t queue_max) {
  if (backend.load.waiting.fetch_add(1, std::memory_order_seq_cst) >= queue_max) {
    backend.load.waiting.fetch_sub(1, std::memory_order_seq_cst);
    return false;
  }
  queues_[&backend].push_back(stream);
  return true;
}

void WaitQueues::leave(cluster::Backend& backend, Stream& stream) {
  stream.unlink();
  backend.load.waiting.fetch_sub(1, std::memory_order_seq_cst);
}

// One that leaves may join another queue, and with its place, or by its end, others are served.
void WaitQueues::on_health_change() {
  std::vector<Stream*> waiting;
  for (auto& [backend, queue] : queues_) queue.for_each([&](Stream& stream) { waiting.push_back(&stream); });
  for (Stream* stream : waiting) stream->on_queue_health_change();
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
