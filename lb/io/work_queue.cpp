#include "lb/io/work_queue.h"

#include <memory>
#include <utility>

namespace stickler::io {

struct WorkQueue::Running : ListNode<Running> {
  uv_work_t request{};
  WorkQueue* queue = nullptr;
  Work work;
};

WorkQueue::~WorkQueue() {
  running_.for_each([](Running& running) { running.queue = nullptr; });
}

bool WorkQueue::submit(Work work) {
  if (running_.count() < limits_.running_max) return start(std::move(work)), true;
  if (waiting_.size() >= limits_.waiting_max) return false;
  waiting_.push_back(std::move(work));
  return true;
}

void WorkQueue::start(Work work) {
  auto running = std::make_unique<Running>();
  running->queue = this;
  running->work = std::move(work);
  running->request.data = running.get();
  running_.push_back(*running);
  const auto run = [](uv_work_t* request) { static_cast<Running*>(request->data)->work.work(); };
  const auto after = [](uv_work_t* request, int) {
    const std::unique_ptr<Running> owned(static_cast<Running*>(request->data));
    if (owned->queue == nullptr) return;
    owned->unlink();
    owned->queue->finished(owned->work);
  };
  // It fails only without a function to run.
  uv_queue_work(loop_.uv(), &running.release()->request, run, after);
}

void WorkQueue::finished(const Work& work) {
  if (!waiting_.empty()) {
    Work next = std::move(waiting_.front());
    waiting_.pop_front();
    start(std::move(next));
  }
  work.done();
}

}  // namespace stickler::io
