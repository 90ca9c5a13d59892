#include "lb/server/worker_group.h"

#include <atomic>
#include <csignal>
#include <utility>

namespace stickler::server {
namespace {

// Signals are the main thread's: a worker that took SIGTERM would keep the control loop from hearing it.
class BlockSignals {
 public:
  BlockSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~BlockSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockSignals(const BlockSignals&) = delete;
  BlockSignals& operator=(const BlockSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

WorkerGroup::WorkerGroup(std::vector<proxy::WorkerOptions> options) {
  for (auto& worker : options) workers_.push_back(std::make_unique<proxy::Worker>(std::move(worker)));
}

WorkerGroup::~WorkerGroup() { stop(); }

void WorkerGroup::start() {
  const BlockSignals block;
  for (const auto& worker : workers_) threads_.emplace_back([&worker = *worker] { worker.run(); });
}

void WorkerGroup::publish(const MakeEpoch& make_epoch) {
  for (std::uint32_t i = 0; i < size(); ++i) workers_[i]->publish(make_epoch(i));
}

void WorkerGroup::drain() {
  for (const auto& worker : workers_) worker->drain();
}

void WorkerGroup::cut_exchanges() {
  for (const auto& worker : workers_) worker->cut_exchanges();
}

void WorkerGroup::cut_tunnels() {
  for (const auto& worker : workers_) worker->cut_tunnels();
}

void WorkerGroup::visit(io::Loop& control, const std::function<void(proxy::Worker&)>& visitor,
                        std::function<void()> done) {
  // Every worker takes one off; who takes the last tells.
  auto left = std::make_shared<std::atomic<std::uint32_t>>(size());
  for (const auto& worker : workers_) {
    worker->visit([&control, visitor, done, left](proxy::Worker& visited) {
      visitor(visited);
      if (left->fetch_sub(1) == 1) control.post(done);
    });
  }
}

void WorkerGroup::resume_accepting(const proxy::ListenerLoad* load) {
  for (const auto& worker : workers_) worker->resume_accepting(load);
}

void WorkerGroup::serve_waiting(const std::shared_ptr<cluster::Backend>& backend) {
  for (const auto& worker : workers_) worker->serve_waiting(backend);
}

void WorkerGroup::stop() {
  for (const auto& worker : workers_) worker->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace stickler::server
