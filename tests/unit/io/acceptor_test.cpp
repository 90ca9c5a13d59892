#include "lb/io/acceptor.h"

#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "tests/unit/io/peers.h"

namespace stickler::io {
namespace {

// A listening socket and an acceptor that keeps what it takes.
struct World {
  explicit World(const Address& address = loopback()) : socket(listen_on(address)) {}

  void take(int fd, const Address& peer) {
    taken.emplace_back(fd);
    peers.push_back(peer);
    if (on_take) on_take();
  }
  void connect(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) clients.push_back(connect_to(socket.address()));
  }

  Loop loop;
  ListenSocket socket;
  std::vector<Descriptor> taken;
  std::vector<Address> peers;
  std::vector<Descriptor> clients;
  std::function<void()> on_take;
  int exhausted = 0;
  Acceptor acceptor{loop, socket, [this](int fd, const Address& peer) { take(fd, peer); }, [this] { ++exhausted; }};
};

// No descriptor can be opened while it lives.
struct NoDescriptors {
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before);
    const Descriptor lowest_free(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest_free.fd()), .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before); }
  rlimit before{};
};

TEST_CASE("an acceptor starts paused, and takes connections once it is resumed, with who connected") {
  World world;
  CHECK(world.acceptor.paused());
  world.connect(1);
  run_what_is_ready(world.loop);
  CHECK(world.taken.empty());

  world.acceptor.resume();
  CHECK_FALSE(world.acceptor.paused());
  run_until(world.loop, [&] { return world.taken.size() == 1; });
  sockaddr_storage own{};
  socklen_t size = sizeof(own);
  getsockname(world.clients[0].fd(), reinterpret_cast<sockaddr*>(&own), &size);
  CHECK(world.peers[0] == Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&own), size));
  CHECK((fcntl(world.taken[0].fd(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((fcntl(world.taken[0].fd(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("connections over a unix socket are taken as well") {
  const Directory directory;
  World world(directory.socket());
  world.acceptor.resume();
  world.connect(3);
  run_until(world.loop, [&] { return world.taken.size() == 3; });
  CHECK(world.peers[0].is_unix());
}

TEST_CASE("a crowd is taken in batches that grow, so that one iteration of the loop is no longer than 32 of them") {
  World world;
  world.connect(320);
  world.acceptor.resume();
  std::vector<std::size_t> batches;
  while (world.taken.size() < 320) {
    const std::size_t before = world.taken.size();
    uv_run(world.loop.uv(), UV_RUN_ONCE);
    batches.push_back(world.taken.size() - before);
  }
  std::vector<std::size_t> expected;
  for (const std::size_t size : {1, 2, 4, 8, 16}) expected.insert(expected.end(), 8, size);
  expected.insert(expected.end(), {32, 32, 8});
  CHECK(batches == expected);
}

TEST_CASE("who is paused in the middle of a batch takes no more, and goes on where it stopped") {
  World world;
  world.connect(10);
  world.on_take = [&] {
    if (world.taken.size() == 4) world.acceptor.pause();
  };
  world.acceptor.resume();
  run_until(world.loop, [&] { return world.acceptor.paused(); });
  run_what_is_ready(world.loop);
  CHECK(world.taken.size() == 4);
  world.acceptor.resume();
  run_until(world.loop, [&] { return world.taken.size() == 10; });
}

TEST_CASE("before a socket is given up all that waits is taken, also while paused") {
  World world;
  world.connect(100);
  world.acceptor.accept_waiting();
  CHECK(world.taken.size() == 100);
  CHECK(world.acceptor.paused());
}

TEST_CASE("clients that have hung up meanwhile do not hide those behind them") {
  World world;
  world.connect(10);
  for (std::size_t i = 0; i < 5; ++i) world.clients[i].reset();
  world.acceptor.accept_waiting();
  CHECK(std::ranges::count_if(world.taken, [](const Descriptor& fd) { return !fd.readable(); }) == 5);
}

TEST_CASE("without descriptors the acceptor pauses, leaves the clients in the queue, and tries again by itself") {
  World world;
  world.connect(3);
  world.acceptor.resume();
  {
    const NoDescriptors none;
    run_until(world.loop, [&] { return world.exhausted == 2; });
    CHECK(world.taken.empty());
    CHECK(world.acceptor.paused());
  }
  run_until(world.loop, [&] { return world.taken.size() == 3; });
  CHECK_FALSE(world.acceptor.paused());
  CHECK(world.exhausted == 2);
}

TEST_CASE("a pause that was ordered is not ended by the retry") {
  World world;
  world.connect(1);
  world.acceptor.resume();
  {
    const NoDescriptors none;
    run_until(world.loop, [&] { return world.exhausted == 1; });
  }
  world.acceptor.pause();
  bool later = false;
  Timer after(world.loop, [&] { later = true; });
  after.start(std::chrono::milliseconds(300));  // Three times the back-off.
  run_until(world.loop, [&] { return later; });
  CHECK(world.taken.empty());
  world.acceptor.resume();
  run_until(world.loop, [&] { return world.taken.size() == 1; });
}

TEST_CASE("taking what waits ends where descriptors do") {
  World world;
  world.connect(3);
  const NoDescriptors none;
  world.acceptor.accept_waiting();
  CHECK(world.taken.empty());
}

TEST_CASE("an acceptor that goes away leaves the socket, and another may take its place") {
  World world;
  world.acceptor.resume();
  {
    int taken = 0;
    Loop other_loop;
    Acceptor other(other_loop, world.socket, [&](int fd, const Address&) {
      const Descriptor closes(fd);
      ++taken;
    });
    world.acceptor.pause();
    other.resume();
    world.connect(1);
    run_until(other_loop, [&] { return taken == 1; });
  }
  world.acceptor.resume();
  world.connect(1);
  run_until(world.loop, [&] { return world.taken.size() == 1; });
}

}  // namespace
}  // namespace stickler::io
