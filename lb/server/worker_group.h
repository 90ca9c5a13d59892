// WorkerGroup: the workers and their threads. Owned by the server; control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "lb/proxy/worker.h"

namespace stickler::server {

class WorkerGroup {
 public:
  using MakeEpoch = std::function<std::shared_ptr<proxy::Epoch>(std::uint32_t worker)>;

  // Makes the workers; their threads start with start().
  explicit WorkerGroup(std::vector<proxy::WorkerOptions> options);
  ~WorkerGroup();  // stop()

  void start();
  void publish(const MakeEpoch& make_epoch);
  void drain();
  void cut_exchanges();
  void cut_tunnels();

  // Runs `visitor` on every worker's thread, after what was sent there before; then `done` on `control`.
  void visit(io::Loop& control, const std::function<void(proxy::Worker&)>& visitor, std::function<void()> done);
  void resume_accepting(const proxy::ListenerLoad* load);
  void serve_waiting(const std::shared_ptr<cluster::Backend>& backend);
  void stop();  // Cuts what is open and joins the threads.

  proxy::Worker& operator[](std::uint32_t index) { return *workers_[index]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(workers_.size()); }

 private:
  std::vector<std::unique_ptr<proxy::Worker>> workers_;
  std::vector<std::thread> threads_;
};

}  // namespace stickler::server
