// Flow control of a Socket: high and low water, reasons to hold, and both where the connection breaks.
#include <algorithm>
#include <catch2/catch.hpp>

#include "lb/base/hash.h"
#include "lb/io/socket.h"
#include "tests/unit/io/peers.h"

namespace stickler::io {
namespace {

// Not periodic in any block size, so that a lost or repeated block shows.
std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(mix64(i / 8) >> (i % 8 * 8));
  return bytes;
}

bool is_reset_or_broken(int code) { return code == ECONNRESET || code == EPIPE; }

// The peer's reset has come in: it is told to whoever asks next.
void await_reset(Pair& pair) {
  run_until(pair.loop, [&] {
    pollfd poll{.fd = pair.socket->fd(), .events = POLLIN, .revents = 0};
    return ::poll(&poll, 1, 0) == 1 && (poll.revents & (POLLERR | POLLHUP)) != 0;
  });
}

TEST_CASE("what the kernel does not take is kept, sent in order, and told when it has fallen to low water") {
  for (const bool is_unix : {false, true}) {
    Pair pair(is_unix);
    const std::string bytes = noise(16 << 20);
    std::string_view rest = bytes;
    while (!rest.empty()) {  // In pieces of all sizes, behind each other.
      const std::size_t size = std::min<std::size_t>(rest.size(), 1 + hash_bytes(rest.substr(0, 8)) % 300'000);
      pair.socket->write(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    CHECK(pair.socket->above_high_water());
    CHECK(pair.events.drained == 0);
    pair.socket->shutdown();

    std::string received;
    std::size_t unsent = pair.socket->unsent_bytes();
    run_until(pair.loop, [&] {
      received += pair.peer.receive_ready();
      REQUIRE(pair.socket->unsent_bytes() <= unsent);  // It falls as the peer reads, not by whole writes.
      unsent = pair.socket->unsent_bytes();
      return pair.peer.at_end();
    });
    CHECK(received == bytes);
    CHECK(unsent == 0);
    CHECK(pair.events.drained >= 1);
  }
}

TEST_CASE("a peer that fills every read is read little at a time, so that others have their turn") {
  Pair pair(true);
  const int room = 1 << 20;
  setsockopt(pair.peer.fd(), SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
  const std::string bytes = noise(240'000);  // Fits into what the kernel makes of it.
  constexpr std::size_t turn_max = Loop::reads_in_a_row_max * Loop::scratch_bytes;
  REQUIRE(bytes.size() > turn_max + Loop::scratch_bytes);
  pair.peer.send(bytes);
  uv_run(pair.loop.uv(), UV_RUN_NOWAIT);
  CHECK(pair.events.data.size() == turn_max);
  run_until(pair.loop, [&] { return pair.events.data.size() >= bytes.size(); });
  CHECK(pair.events.data == bytes);
  CHECK(pair.events.broken == 0);
}

TEST_CASE("the sender is not told of low water before it is reached") {
  Pair pair;
  pair.socket->write(noise(16 << 20));
  run_until(pair.loop, [&] {
    pair.peer.receive_ready();
    if (pair.events.drained == 0) return false;
    CHECK(pair.socket->unsent_bytes() <= Sink::low_water_bytes);
    return true;
  });
}

TEST_CASE("reading goes on when no reason to hold is left") {
  Pair pair;
  pair.socket->hold(Hold::peer_full);
  pair.socket->hold(Hold::pipelined);
  pair.socket->hold(Hold::pipelined);  // Twice is once.
  pair.peer.send("waiting");
  run_what_is_ready(pair.loop);
  pair.socket->release(Hold::peer_full);
  run_what_is_ready(pair.loop);
  pair.socket->release(Hold::connecting);  // Was never held.
  run_what_is_ready(pair.loop);
  CHECK(pair.events.log.empty());
  pair.socket->release(Hold::pipelined);
  run_until(pair.loop, [&] { return pair.events.data == "waiting"; });
}

TEST_CASE("a hold within on_data stops at that read, whatever more there is") {
  Pair pair;
  pair.events.in_data = [&] { pair.socket->hold(Hold::peer_full); };
  pair.peer.send(std::string(300'000, 'x'));
  run_until(pair.loop, [&] { return !pair.events.data.empty(); });
  run_what_is_ready(pair.loop);
  CHECK(pair.events.data.size() <= Loop::scratch_bytes);
  while (pair.events.data.size() < 300'000) {
    const std::size_t before = pair.events.data.size();
    pair.socket->release(Hold::peer_full);
    run_until(pair.loop, [&] { return pair.events.data.size() > before; });
    CHECK(pair.events.data.size() <= before + Loop::scratch_bytes);
  }
}

TEST_CASE("a socket held before it has events or a connection reads nothing until it is released") {
  const ListenSocket listening = listen_on(loopback());
  Loop loop;
  Recorder events;
  auto socket = Socket::connect(loop, listening.address(), events);
  socket->hold(Hold::shedding);
  const Descriptor server = accept_from(listening);
  server.send("hello");
  run_until(loop, [&] { return events.log == "connected"; });
  run_what_is_ready(loop);
  CHECK(events.data.empty());
  socket->release(Hold::shedding);
  run_until(loop, [&] { return events.data == "hello"; });
}

TEST_CASE("an end that comes while reading is held is told when it is released, behind the bytes before it") {
  Pair pair;
  pair.socket->hold(Hold::peer_full);
  pair.peer.send("rest");
  pair.peer.close();
  run_what_is_ready(pair.loop);
  CHECK(pair.events.log.empty());
  pair.socket->release(Hold::peer_full);
  run_until(pair.loop, [&] { return pair.events.eof; });
  CHECK(pair.events.log == "data:rest eof");
}

TEST_CASE("a peer that answered and reset the connection is heard before the break is told") {
  Pair pair;
  pair.socket->hold(Hold::peer_full);
  pair.socket->write("a body that nobody will read");
  run_until(pair.loop, [&] { return pair.peer.readable(); });
  pair.peer.send("413");
  pair.peer.close();  // With unread bytes: a reset.
  await_reset(pair);
  pair.socket->write("more of it");
  pair.socket->release(Hold::peer_full);
  run_until(pair.loop, [&] { return pair.events.broken != 0; });
  CHECK(pair.events.data == "413");
  CHECK(is_reset_or_broken(pair.events.broken));
  CHECK_FALSE(pair.events.eof);  // The end of a connection that broke is no peer that has said all.
}

TEST_CASE("after a write failed a reader that is full is not flooded, and hears the rest when it has room") {
  Pair pair(true);
  ::shutdown(pair.peer.fd(), SHUT_RD);  // It reads no more, but goes on sending.
  pair.socket->hold(Hold::peer_full);
  pair.socket->write("fails");
  pair.peer.send(std::string(50'000, 'x'));
  run_what_is_ready(pair.loop);
  CHECK(pair.events.log.empty());
  CHECK(pair.events.data.empty());

  pair.events.in_data = [&] { pair.socket->hold(Hold::peer_full); };
  pair.socket->release(Hold::peer_full);
  run_until(pair.loop, [&] { return !pair.events.data.empty(); });
  const std::size_t first = pair.events.data.size();
  pair.peer.send(std::string(50'000, 'y'));
  run_what_is_ready(pair.loop);
  CHECK(pair.events.data.size() == first);

  pair.events.in_data = {};
  pair.peer.close();
  pair.socket->release(Hold::peer_full);
  run_until(pair.loop, [&] { return pair.events.broken != 0; });
  CHECK(pair.events.data.size() == 100'000);
  CHECK(pair.events.broken == EPIPE);
  CHECK_FALSE(pair.events.eof);
}

TEST_CASE("a break is told at once to who waits for something else than room") {
  for (const Hold reason : {Hold::pipelined, Hold::connecting, Hold::shedding}) {
    Pair pair(true);
    ::shutdown(pair.peer.fd(), SHUT_RD);
    pair.peer.send("the next request");
    pair.socket->hold(reason);
    pair.socket->write("an answer");
    CHECK(pair.events.log.empty());  // Never within the call.
    run_until(pair.loop, [&] { return !pair.events.log.empty(); });
    pair.socket->release(reason);
    pair.socket->hold(reason);
    run_what_is_ready(pair.loop);
    CHECK(pair.events.log == "broken:" + std::to_string(EPIPE));
  }
}

TEST_CASE("so is it to who begins to wait for something else after the break") {
  Pair pair(true);
  ::shutdown(pair.peer.fd(), SHUT_RD);
  pair.socket->hold(Hold::peer_full);
  pair.socket->write("an answer");
  run_what_is_ready(pair.loop);
  CHECK(pair.events.log.empty());
  pair.socket->hold(Hold::pipelined);
  run_until(pair.loop, [&] { return !pair.events.log.empty(); });
  run_what_is_ready(pair.loop);
  CHECK(pair.events.log == "broken:" + std::to_string(EPIPE));
}

TEST_CASE("a peer that had said all and then broke the connection is told as broken") {
  Pair pair(true);
  ::shutdown(pair.peer.fd(), SHUT_WR);
  run_until(pair.loop, [&] { return pair.events.eof; });
  pair.peer.close();
  pair.socket->write("too late");
  run_until(pair.loop, [&] { return pair.events.broken != 0; });
  CHECK(pair.events.log == "eof broken:" + std::to_string(EPIPE));
}

TEST_CASE("a break frees those who wait for low water: what they send is swallowed from now on") {
  Pair pair;
  pair.socket->write(noise(32 << 20));
  REQUIRE(pair.socket->above_high_water());
  pair.socket->hold(Hold::peer_full);  // So that the break is not met by reading first.
  pair.peer.reset();
  run_until(pair.loop, [&] { return pair.events.drained > 0; });
  CHECK(pair.socket->unsent_bytes() == 0);
  pair.socket->write("swallowed");
  CHECK(pair.socket->unsent_bytes() == 0);
  pair.socket->release(Hold::peer_full);
  run_until(pair.loop, [&] { return pair.events.broken != 0; });
  CHECK(is_reset_or_broken(pair.events.broken));
}

TEST_CASE("a connection that was reset while it had bytes to send reports nothing after the break") {
  Pair pair;
  pair.socket->write(noise(32 << 20));
  pair.peer.reset();
  run_until(pair.loop, [&] { return pair.events.broken != 0; });
  const int drained = pair.events.drained;
  run_what_is_ready(pair.loop);
  CHECK(pair.events.drained == drained);
  CHECK(pair.events.log == "broken:" + std::to_string(pair.events.broken));
}

}  // namespace
}  // namespace stickler::io
