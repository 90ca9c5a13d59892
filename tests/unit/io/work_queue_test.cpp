#include "lb/io/work_queue.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "lb/io/timer.h"

namespace stickler::io {
namespace {

using namespace std::chrono_literals;

template <class Condition>
void run_until(Loop& loop, Condition condition) {
  bool late = false;
  Timer limit(loop, [&late] { late = true; });
  limit.start(20s);
  while (!condition() && !late) uv_run(loop.uv(), UV_RUN_ONCE);
  if (late) FAIL("what the test waits for has not happened");
}

// Holds workers until the test opens it, and counts how many are inside.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    most_inside_ = std::max(most_inside_, ++inside_);
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --inside_;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void await_inside(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ >= count; });
  }
  int most_inside() {
    const std::lock_guard lock(mutex_);
    return most_inside_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int inside_ = 0;
  int most_inside_ = 0;
};

TEST_CASE("work runs on another thread, and its end is told on the loop's") {
  Loop loop;
  WorkQueue queue(loop, {});
  std::thread::id worker;
  std::thread::id teller;
  bool done = false;
  CHECK(queue.submit({.work = [&] { worker = std::this_thread::get_id(); },
                      .done =
                          [&] {
                            teller = std::this_thread::get_id();
                            done = true;
                          }}));
  CHECK(queue.running() == 1);
  CHECK_FALSE(done);
  run_until(loop, [&] { return done; });
  CHECK(worker != std::this_thread::get_id());
  CHECK(teller == std::this_thread::get_id());
  CHECK(queue.running() == 0);
}

TEST_CASE("as many run at once as may, the next wait, and one too many is refused") {
  Loop loop;
  WorkQueue queue(loop, {.running_max = 2, .waiting_max = 3});
  Gate gate;
  std::vector<int> done;
  const auto work = [&](int number) {
    return Work{.work = [&gate] { gate.pass(); }, .done = [&done, number] { done.push_back(number); }};
  };
  for (int i = 0; i < 5; ++i) CHECK(queue.submit(work(i)));
  CHECK_FALSE(queue.submit(work(5)));
  CHECK(queue.running() == 2);
  CHECK(queue.waiting() == 3);
  gate.await_inside(2);
  gate.open();
  run_until(loop, [&] { return done.size() == 5; });
  CHECK(gate.most_inside() == 2);
  CHECK(queue.submit(work(6)));
  run_until(loop, [&] { return done.size() == 6; });
}

TEST_CASE("what waits has its turn in the order it came") {
  Loop loop;
  WorkQueue queue(loop, {.running_max = 1, .waiting_max = 10});
  std::vector<int> done;
  for (int i = 0; i < 8; ++i) CHECK(queue.submit({.work = [] {}, .done = [&done, i] { done.push_back(i); }}));
  run_until(loop, [&] { return done.size() == 8; });
  CHECK(done == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("what is done may submit more, and may end the queue") {
  Loop loop;
  auto queue = std::make_unique<WorkQueue>(loop, WorkLimits{.running_max = 1, .waiting_max = 0});
  bool done = false;
  const Work last{.work = [] {},
                  .done =
                      [&] {
                        queue.reset();
                        done = true;
                      }};
  CHECK(queue->submit({.work = [] {}, .done = [&] { CHECK(queue->submit(last)); }}));
  run_until(loop, [&] { return done; });
}

TEST_CASE("a queue that ends drops what waits, and nobody is told of what still runs") {
  Gate gate;
  std::atomic<int> ran{0};
  int told = 0;
  {
    Loop loop;
    {
      WorkQueue queue(loop, {.running_max = 1, .waiting_max = 1});
      const Work work{.work =
                          [&] {
                            gate.pass();
                            ++ran;
                          },
                      .done = [&] { ++told; }};
      CHECK(queue.submit(work));
      CHECK(queue.submit(work));
      gate.await_inside(1);
    }
    gate.open();
  }  // The loop waits for it.
  CHECK(ran == 1);
  CHECK(told == 0);
}

}  // namespace
}  // namespace stickler::io
