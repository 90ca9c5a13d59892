// WorkQueue: slow calculations away from the loop, on libuv's pool of threads: a few at once, a bounded number waiting,
// the rest refused, so that a flood of them costs neither memory nor the loop's time. The loop's thread.
#pragma once

#include <uv.h>

#include <cstddef>
#include <deque>
#include <functional>

#include "lb/base/intrusive_list.h"
#include "lb/io/loop.h"

namespace stickler::io {

struct WorkLimits {
  std::size_t running_max = 2;  // libuv's pool has four threads unless UV_THREADPOOL_SIZE says otherwise.
  std::size_t waiting_max = 64;
};

// `work` runs on a thread of the pool and may touch only what it owns; then `done` runs on the loop's. What both need
// they share by owning it together.
struct Work {
  std::function<void()> work;
  std::function<void()> done;
};

class WorkQueue {
 public:
  WorkQueue(Loop& loop, const WorkLimits& limits) : loop_(loop), limits_(limits) {}
  // What waits is dropped. What runs cannot be stopped: it ends before the loop does, and its `done` is not called.
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  // False: too many wait already, and neither function will be called. `done` never runs within the call.
  bool submit(Work work);

  std::size_t running() const { return running_.count(); }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Running;

  void start(Work work);
  void finished(const Work& work);

  Loop& loop_;
  const WorkLimits limits_;
  IntrusiveList<Running> running_;  // Owned by libuv until their callback.
  std::deque<Work> waiting_;
};

}  // namespace stickler::io
