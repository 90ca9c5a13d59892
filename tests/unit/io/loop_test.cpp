#include "lb/io/loop.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "lb/io/library.h"
#include "tests/unit/io/peers.h"

namespace stickler::io {
namespace {

// Notes its name when it dies.
struct Mortal {
  Mortal(std::string& deaths, std::string name) : log(deaths), own(std::move(name)) {}
  ~Mortal() {
    log += own;
    if (last_will) last_will();
  }
  std::string& log;
  std::string own;
  std::function<void()> last_will;
};

TEST_CASE("letters run in their order, on the loop's thread") {
  Loop loop;
  std::string order;
  for (const char* name : {"a", "b", "c"}) loop.post([&order, name] { order += name; });
  CHECK(order.empty());
  loop.post([&] { loop.stop(); });
  loop.run();
  CHECK(order == "abc");
}

TEST_CASE("a letter that is posted from a letter is delivered too, behind what was there") {
  Loop loop;
  std::string order;
  loop.post([&] {
    order += "1";
    loop.post([&] {
      order += "3";
      loop.stop();
    });
  });
  loop.post([&] { order += "2"; });
  loop.run();
  CHECK(order == "123");
}

TEST_CASE("letters of several threads all arrive, each sender's in order") {
  constexpr int senders = 4, letters = 2000;
  Loop loop;
  std::vector<std::vector<int>> received(senders);
  int total = 0;
  std::vector<std::thread> threads;
  threads.reserve(senders);
  for (int sender = 0; sender < senders; ++sender) {
    threads.emplace_back([&, sender] {
      for (int i = 0; i < letters; ++i) {
        loop.post([&, sender, i] {
          received[static_cast<std::size_t>(sender)].push_back(i);
          if (++total == senders * letters) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (auto& thread : threads) thread.join();
  for (const auto& row : received) {
    REQUIRE(row.size() == letters);
    CHECK(std::ranges::is_sorted(row));
  }
}

TEST_CASE("a loop that was stopped before it ran does not run, once") {
  Loop loop;
  bool ran = false;
  loop.stop();
  loop.run();
  loop.post([&] {
    ran = true;
    loop.stop();
  });
  loop.run();
  CHECK(ran);
}

TEST_CASE("deferred tasks run outside of the callback, before the loop waits again, also those they defer") {
  Loop loop;
  std::string order;
  loop.post([&] {
    loop.defer([&] {
      order += "b";
      loop.defer([&] {
        order += "d";
        loop.stop();
      });
    });
    loop.defer([&] { order += "c"; });
    order += "a";
  });
  loop.run();
  CHECK(order == "abcd");
}

TEST_CASE("the buried die in their order, outside of the callback, and may bury and defer with their last breath") {
  Loop loop;
  std::string deaths;
  auto heir = std::make_unique<Mortal>(deaths, "3");
  loop.post([&] {
    auto first = std::make_unique<Mortal>(deaths, "1");
    first->last_will = [&] {
      loop.bury(std::move(heir));
      loop.defer([&] { loop.stop(); });
    };
    loop.bury(std::move(first));
    loop.bury(std::make_unique<Mortal>(deaths, "2"));
    CHECK(deaths.empty());
  });
  loop.run();
  CHECK(deaths == "123");
}

TEST_CASE("what was deferred runs before the buried die: it may still speak of them") {
  Loop loop;
  std::string order;
  loop.post([&] {
    loop.bury(std::make_unique<Mortal>(order, "dead"));
    loop.defer([&] { order += "told "; });
    loop.stop();
  });
  loop.run();
  run_what_is_ready(loop);
  CHECK(order == "told dead");
}

TEST_CASE("a loop that is destroyed serves what was deferred and buries the dead, but drops the mail") {
  std::string order;
  bool delivered = false;
  {
    Loop loop;
    loop.post([&, letter = std::make_shared<Mortal>(order, "mail ")] { delivered = true; });
    loop.bury(std::make_unique<Mortal>(order, "dead"));
    loop.defer([&] { order += "deferred "; });
  }
  CHECK_FALSE(delivered);
  CHECK(order == "mail deferred dead");
}

TEST_CASE("mail that owns a connection is dropped while the loop can still close it") {
  const ListenSocket listening = listen_on(loopback());
  const Descriptor client = connect_to(listening.address());
  {
    Loop loop;
    std::shared_ptr<Socket> socket = Socket::adopt(loop, accept_from(listening, SOCK_NONBLOCK).give_up(), false);
    loop.post([socket = std::move(socket)] {});
  }
  client.await_readable();
  CHECK(client.at_end());
}

TEST_CASE("callers in one batch see one time, which does not go back") {
  Loop loop;
  std::vector<TimePoint> seen;
  const auto look = [&] {
    const TimePoint first = loop.now();
    while (std::chrono::steady_clock::now() - first < std::chrono::milliseconds(2)) {
    }
    CHECK(loop.now() == first);
    CHECK(loop.wall() == loop.wall());
    seen.push_back(first);
  };
  for (int i = 0; i < 3; ++i) {
    loop.post([&] {
      look();
      loop.stop();
    });
    loop.run();
  }
  CHECK(seen[1] >= seen[0] + std::chrono::milliseconds(2));
  CHECK(seen[2] >= seen[1] + std::chrono::milliseconds(2));
}

TEST_CASE("spare buffers keep their capacity, come back empty, and are bounded in size and number") {
  Loop loop;
  CHECK(loop.take_buffer().capacity() == 0);
  loop.give_back_buffer(std::vector<char>(1000, 'x'));
  const std::vector<char> again = loop.take_buffer();
  CHECK(again.empty());
  CHECK(again.capacity() >= 1000);
  loop.give_back_buffer({});
  CHECK(loop.take_buffer().capacity() == 0);
  loop.give_back_buffer(std::vector<char>(1 << 20));  // Too large to keep.
  CHECK(loop.take_buffer().capacity() == 0);
  for (int i = 0; i < 200; ++i) loop.give_back_buffer(std::vector<char>(10));
  std::size_t kept = 0;
  while (loop.take_buffer().capacity() > 0) ++kept;
  CHECK(kept == 64);
}

TEST_CASE("reads land in one scratch buffer of 64 KiB") {
  Loop loop;
  CHECK(loop.scratch().size() == Loop::scratch_bytes);
  CHECK(loop.scratch().data() == loop.scratch().data());
}

// What a read may fill once `filled` sockets have filled theirs in one batch of events.
std::size_t share_after(Loop& loop, int filled) {
  loop.post([&] {
    for (int i = 0; i < filled; ++i) loop.filled_share();
    loop.stop();
  });
  loop.run();
  return loop.share().size();
}

TEST_CASE("the more sockets have much to give, the less of it one read takes, within bounds") {
  Loop loop;
  CHECK(loop.share().size() == Loop::scratch_bytes);
  CHECK(share_after(loop, 1) == Loop::scratch_bytes);
  CHECK(share_after(loop, 16) == Loop::scratch_bytes);
  CHECK(share_after(loop, 32) == Loop::scratch_bytes / 2);
  CHECK(share_after(loop, 100'000) == Loop::share_bytes_min);
  CHECK(share_after(loop, 0) == Loop::scratch_bytes);
  CHECK(loop.share().data() == loop.scratch().data());
}

TEST_CASE("the library that this runs on has a name and a version") {
  CHECK(library_version().starts_with("libuv 1."));
}

}  // namespace
}  // namespace stickler::io
