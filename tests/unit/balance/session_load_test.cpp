#include "lb/balance/session_load.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

namespace stickler::balance {
namespace {

std::uint32_t recounted(SessionLoad& load, std::uint32_t count) {
  load.recount([count] { return count; });
  return load.now();
}

TEST_CASE("a session counts from the moment that it is sent there, and once") {
  SessionLoad load;
  CHECK(load.now() == 0);
  load.place();
  CHECK(load.now() == 1);
  load.begin();
  CHECK(load.now() == 1);
  CHECK(recounted(load, 1) == 1);
  CHECK(recounted(load, 1) == 1);
  CHECK(recounted(load, 0) == 0);
}

TEST_CASE("what is still on its way when sessions are counted goes on counting") {
  SessionLoad load;
  load.place();
  load.place();
  load.begin();
  CHECK(recounted(load, 1) == 2);
  load.begin();
  CHECK(load.now() == 2);
  CHECK(recounted(load, 2) == 2);
}

TEST_CASE("what comes to nothing counts no more") {
  SessionLoad load;
  CHECK(recounted(load, 7) == 7);
  load.place();
  CHECK(load.now() == 8);
  load.withdraw();
  CHECK(load.now() == 7);
  CHECK(recounted(load, 7) == 7);
}

TEST_CASE("a session that begins while they are counted is not missed") {
  SessionLoad load;
  load.place();
  load.recount([&] {
    load.begin();  // Too late for this count to have it.
    return 0U;
  });
  CHECK(load.now() == 1);
  CHECK(recounted(load, 1) == 1);
}

TEST_CASE("sessions that several threads begin while they are counted are all there in the end") {
  constexpr std::uint32_t each = 20'000;
  SessionLoad load;
  std::vector<std::thread> workers;
  for (int i = 0; i < 2; ++i) {
    workers.emplace_back([&load] {
      for (std::uint32_t session = 0; session < each; ++session) {
        load.place();
        session % 4 == 0 ? load.withdraw() : load.begin();
      }
    });
  }
  for (int i = 0; i < 1000; ++i) recounted(load, 0);
  for (std::thread& worker : workers) worker.join();
  CHECK(recounted(load, 1234) == 1234);
}

}  // namespace
}  // namespace stickler::balance
