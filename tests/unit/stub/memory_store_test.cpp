#include "backend_stub/sessions/memory.h"

#include "tests/unit/stub/stores.h"

namespace stickler::stub::test {
namespace {

TEST_CASE("memory: when it is full no session is created, until one is gone or over") {
  const Rig rig = memory_rig(2);
  CHECK(create(rig, "1", session_of("a")).status == StoreStatus::ok);
  rig.pass(10min);
  CHECK(create(rig, "2", session_of("b")).status == StoreStatus::ok);
  CHECK(create(rig, "3", session_of("c")).status == StoreStatus::full);
  CHECK(load(rig, "1").status == StoreStatus::ok);  // Nobody was thrown out for it.
  CHECK(update(rig, "1", {.session = session_of("a", 1), .from_version = 1}).status == StoreStatus::ok);

  erase(rig, "2");
  CHECK(create(rig, "3", session_of("c")).status == StoreStatus::ok);
  CHECK(create(rig, "4", session_of("d")).status == StoreStatus::full);
  rig.pass(life);
  CHECK(create(rig, "4", session_of("d")).status == StoreStatus::ok);
}

TEST_CASE("memory: it counts what it holds, byte by byte") {
  const Rig rig = memory_rig(100);
  CHECK(rig.store->stats().sessions == 0);
  CHECK(rig.store->stats().bytes_held == 0);
  create(rig, "id1", session_of("eve"));
  create(rig, "id22", session_of("bob", 0, std::string(100, 'x')));
  CHECK(rig.store->stats().sessions == 2);
  CHECK(rig.store->stats().bytes_held == 3 + 3 + 4 + 3 + 100);
  update(rig, "id1", {.session = session_of("eve", 0, std::string(50, 'y')), .from_version = 1});
  CHECK(rig.store->stats().bytes_held == 3 + 3 + 50 + 4 + 3 + 100);
  erase(rig, "id22");
  CHECK(rig.store->stats().sessions == 1);
  CHECK(rig.store->stats().bytes_held == 3 + 3 + 50);
  rig.pass(life);
  rig.store->tidy();
  const StoreStats stats = rig.store->stats();
  CHECK(stats.sessions == 0);
  CHECK(stats.bytes_held == 0);
  CHECK(stats.created == 2);
  CHECK(stats.expired == 1);
  CHECK(stats.messages_in + stats.messages_out + stats.bytes_in + stats.bytes_out == 0);
}

TEST_CASE("memory: what is over is removed though nobody asks for it, the touched ones stay") {
  const Rig rig = memory_rig(1000);
  for (int i = 0; i < 500; ++i) create(rig, std::to_string(i), session_of("u"));
  rig.pass(life / 2);
  for (int i = 0; i < 500; i += 5) touch(rig, std::to_string(i));
  rig.pass(life / 2);
  rig.store->tidy();
  CHECK(rig.store->stats().sessions == 100);
  CHECK(rig.store->stats().expired == 400);
  for (int i = 0; i < 500; ++i) {
    CHECK((load(rig, std::to_string(i)).status == StoreStatus::ok) == (i % 5 == 0));
  }
}

TEST_CASE("memory: new sessions make room for themselves among those that are over") {
  const Rig rig = memory_rig(1000);
  for (int i = 0; i < 100; ++i) create(rig, "old" + std::to_string(i), session_of("u"));
  rig.pass(life);
  for (int i = 0; i < 100; ++i) create(rig, "new" + std::to_string(i), session_of("u"));
  CHECK(rig.store->stats().sessions == 100);
}

}  // namespace
}  // namespace stickler::stub::test
