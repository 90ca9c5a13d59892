#include "lb/proxy/wait_queue.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "lb/proxy/worker.h"

namespace stickler::proxy {
namespace {

// Streams of one worker that have asked for nothing yet.
struct World {
  Worker worker{WorkerOptions{}};
  cluster::Backend backend{"login", "a"};
  cluster::Backend other{"login", "b"};
  WaitQueues queues;
};

TEST_CASE("a backend has as many places as it has, and who is refused leaves none taken") {
  cluster::Backend backend("login", "a");
  CHECK(take_place(backend, 2));
  CHECK(take_place(backend, 2));
  CHECK_FALSE(take_place(backend, 2));
  CHECK(backend.load.in_flight == 2);
  CHECK(take_place(backend, 3));
  CHECK_FALSE(take_place(backend, 0));
}

TEST_CASE("workers that take places at the same time never take one too many") {
  constexpr std::uint32_t places = 10;
  cluster::Backend backend("login", "a");
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        if (!take_place(backend, places)) continue;
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        --inside;
        backend.load.in_flight.fetch_sub(1, std::memory_order_relaxed);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(most <= static_cast<int>(places));
  CHECK(backend.load.in_flight == 0);
}

TEST_CASE("as many may wait for a backend as the limit says, each backend's by itself") {
  World world;
  Stream one(world.worker), two(world.worker), three(world.worker);
  CHECK(world.queues.join(world.backend, one, 2));
  CHECK(world.queues.join(world.backend, two, 2));
  CHECK_FALSE(world.queues.join(world.backend, three, 2));
  CHECK_FALSE(three.linked());
  CHECK(world.backend.load.waiting == 2);
  CHECK(world.queues.join(world.other, three, 2));
  CHECK(world.other.load.waiting == 1);
}

TEST_CASE("who leaves makes room in the queue") {
  World world;
  Stream one(world.worker), two(world.worker);
  REQUIRE(world.queues.join(world.backend, one, 1));
  CHECK_FALSE(world.queues.join(world.backend, two, 1));
  world.queues.leave(world.backend, one);
  CHECK_FALSE(one.linked());
  CHECK(world.backend.load.waiting == 0);
  CHECK(world.queues.join(world.backend, two, 1));
}

TEST_CASE("nobody is served where no place is free or nobody waits") {
  World world;
  Stream one(world.worker);
  world.queues.serve(world.backend, 5);
  CHECK(world.backend.load.in_flight == 0);
  REQUIRE(world.queues.join(world.backend, one, 1));
  REQUIRE(take_place(world.backend, 1));
  world.queues.serve(world.backend, 1);
  CHECK(one.linked());
  CHECK(world.backend.load.in_flight == 1);
  world.queues.leave(world.backend, one);
}

}  // namespace
}  // namespace stickler::proxy
