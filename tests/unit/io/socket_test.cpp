// Connecting, sending, receiving and the ways in which a connection ends. Flow control: socket_flow_test.cpp.
#include "lb/io/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "tests/unit/io/peers.h"
#include "tests/unit/io/segments.h"

namespace stickler::io {
namespace {

TEST_CASE("bytes go both ways, over TCP and over a unix socket") {
  for (const bool is_unix : {false, true}) {
    Pair pair(is_unix);
    pair.peer.send("ping");
    run_until(pair.loop, [&] { return pair.events.data == "ping"; });
    pair.socket->write("pong");
    CHECK(pair.socket->unsent_bytes() == 0);  // Straight to the kernel.
    run_until(pair.loop, [&] { return pair.peer.readable(); });
    CHECK(pair.peer.receive_ready() == "pong");
    CHECK(pair.socket->fd() >= 0);
  }
}

// An accepted socket and its peer, before anybody listens to it.
struct Adopted {
  Adopted() {
    signal(SIGPIPE, SIG_IGN);
    const ListenSocket listening = listen_on(loopback());
    peer = connect_to(listening.address());
    descriptor = accept_from(listening, SOCK_NONBLOCK);
  }
  std::unique_ptr<Socket> adopt() { return Socket::adopt(loop, descriptor.give_up(), false); }
  std::unique_ptr<Socket> adopt_after(std::string_view first) {
    peer.send(first);
    descriptor.await_readable();
    return adopt();
  }
  std::size_t handles() {
    std::size_t count = 0;
    uv_walk(
        loop.uv(), [](uv_handle_t*, void* counter) { ++*static_cast<std::size_t*>(counter); }, &count);
    return count;
  }

  Loop loop;
  Recorder events;
  Descriptor peer;
  Descriptor descriptor;
};

TEST_CASE("what is there when a socket is adopted is told at once, and what comes later as it comes") {
  Adopted world;
  const auto socket = world.adopt_after("first");
  socket->set_events(world.events);
  CHECK(world.events.log == "data:first");
  world.peer.send("second");
  run_until(world.loop, [&] { return world.events.data == "firstsecond"; });
}

TEST_CASE("a socket that is answered and closed at once never becomes libuv's") {
  Adopted world;
  auto socket = world.adopt_after("question");
  const std::size_t handles = world.handles();
  world.events.in_data = [&] {
    socket->hold(Hold::pipelined);
    socket->write("answer");
  };
  socket->set_events(world.events);
  CHECK(world.events.log == "data:question");
  CHECK(world.handles() == handles);
  world.peer.send("unasked");  // Left unread it would turn the end into a reset, and the answer might be lost.
  pollfd unread{.fd = socket->fd(), .events = POLLIN, .revents = 0};
  REQUIRE(::poll(&unread, 1, 30'000) == 1);
  socket.reset();
  world.peer.await_readable();
  CHECK(world.peer.receive_ready() == "answer");
  world.peer.await_readable();
  CHECK(world.peer.at_end());
}

TEST_CASE("an adopted socket that waits for something else goes on reading when it is released") {
  Adopted world;
  const auto socket = world.adopt_after("question");
  world.events.in_data = [&] { socket->hold(Hold::pipelined); };
  socket->set_events(world.events);
  world.peer.send("more");
  run_what_is_ready(world.loop);
  CHECK(world.events.data == "question");
  socket->release(Hold::pipelined);
  run_until(world.loop, [&] { return world.events.data == "questionmore"; });
}

TEST_CASE("an adopted socket that breaks while nobody reads says so") {
  Adopted world;
  const auto socket = world.adopt_after("question");
  world.events.in_data = [&] { socket->hold(Hold::pipelined); };
  socket->set_events(world.events);
  world.peer.reset();
  socket->write("one");
  socket->write("two");
  run_until(world.loop, [&] { return world.events.broken != 0; });
}

TEST_CASE("an adopted socket whose peer takes nothing keeps what is left, and may be reset") {
  Adopted world;
  auto socket = world.adopt();
  socket->set_events(world.events);
  const std::string much(8 << 20, 'x');
  socket->write(much);
  CHECK(socket->unsent_bytes() > 0);
  socket->set_reset_on_close();
  socket.reset();
  run_what_is_ready(world.loop);
  while (!world.peer.receive_ready().empty()) continue;
  CHECK(errno == ECONNRESET);
}

TEST_CASE("pieces are sent as one, in order, however many and whichever are empty") {
  Pair pair;
  std::vector<std::string> texts;
  std::string whole;
  for (int i = 0; i < 20; ++i) {
    texts.push_back(i % 3 == 1 ? "" : "piece " + std::to_string(i) + ";");
    whole += texts.back();
  }
  const std::vector<std::string_view> pieces(texts.begin(), texts.end());
  pair.socket->write(pieces);
  pair.socket->write(std::vector<std::string_view>{"", ""});
  pair.socket->write("");
  std::string received;
  run_until(pair.loop, [&] { return (received += pair.peer.receive_ready()).size() >= whole.size(); });
  CHECK(received == whole);
}

TEST_CASE("a connection reports that it stands, never within the call, and what was written before is sent") {
  for (const bool is_unix : {false, true}) {
    const Directory directory;
    const ListenSocket listening = listen_on(is_unix ? directory.socket() : loopback());
    Loop loop;
    Recorder events;
    auto socket = Socket::connect(loop, listening.address(), events);
    CHECK(events.log.empty());
    socket->write("early ");
    socket->write("bird");
    CHECK(socket->unsent_bytes() == 10);
    run_until(loop, [&] { return !events.log.empty(); });
    CHECK(events.log == "connected");
    const Descriptor server = accept_from(listening);
    run_until(loop, [&] { return server.readable() && socket->unsent_bytes() == 0; });
    CHECK(server.receive_ready() == "early bird");
    if (!is_unix) {
      int no_delay = 0;
      socklen_t size = sizeof(no_delay);
      getsockopt(socket->fd(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
      CHECK(no_delay == 1);
    }
  }
}

TEST_CASE("a shutdown before the connection stands is passed on once it does, behind what was written") {
  for (const bool with_bytes : {false, true}) {
    const ListenSocket listening = listen_on(loopback());
    Loop loop;
    Recorder events;
    auto socket = Socket::connect(loop, listening.address(), events);
    if (with_bytes) socket->write("all");
    socket->shutdown();
    run_until(loop, [&] { return events.log == "connected"; });
    const Descriptor server = accept_from(listening);
    std::string received;
    run_until(loop, [&] {
      received += server.receive_ready();
      return server.at_end();
    });
    CHECK(received == (with_bytes ? "all" : ""));
  }
}

TEST_CASE("a connection that is refused says why, never within the call") {
  const Directory directory;
  const Address closed = listen_on(loopback()).address();
  struct Row {
    Address address;
    int code;
  };
  for (const Row& row : {Row{closed, ECONNREFUSED}, Row{directory.socket("none"), ENOENT}}) {
    Loop loop;
    Recorder events;
    auto socket = Socket::connect(loop, row.address, events);
    socket->write("lost");
    CHECK(events.log.empty());
    run_until(loop, [&] { return !events.log.empty(); });
    run_what_is_ready(loop);
    CHECK(events.log == "broken:" + std::to_string(row.code));
    socket->write("swallowed");
    socket->shutdown();
    run_what_is_ready(loop);
    CHECK(events.log == "broken:" + std::to_string(row.code));
  }
}

TEST_CASE("a connection for which there is no descriptor breaks, and not within the call") {
  const ListenSocket listening = listen_on(loopback());
  Loop loop;
  Recorder events;
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{.rlim_cur = 3, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  auto socket = Socket::connect(loop, listening.address(), events);
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK(events.log.empty());
  CHECK(socket->fd() == -1);
  run_until(loop, [&] { return !events.log.empty(); });
  CHECK(events.broken == EMFILE);
}

TEST_CASE("a peer that has said all is reported once, and can still be spoken to") {
  Pair pair;
  pair.peer.send("last words");
  ::shutdown(pair.peer.fd(), SHUT_WR);
  run_until(pair.loop, [&] { return pair.events.eof; });
  CHECK(pair.events.log == "data:last words eof");
  pair.socket->write("answer");
  pair.socket->shutdown();
  std::string received;
  run_until(pair.loop, [&] {
    received += pair.peer.receive_ready();
    return pair.peer.at_end();
  });
  CHECK(received == "answer");
  CHECK(pair.events.log == "data:last words eof");
}

TEST_CASE("who shuts down can still be spoken to") {
  Pair pair;
  pair.socket->shutdown();
  run_until(pair.loop, [&] { return pair.peer.readable(); });
  CHECK(pair.peer.at_end());
  pair.peer.send("go on");
  run_until(pair.loop, [&] { return pair.events.data == "go on"; });
}

TEST_CASE("the last words and the end leave in one segment") {
  Pair pair;
  const std::uint32_t before = segments_in(pair.peer.fd());
  const std::string_view words[] = {"last ", "words"};
  pair.socket->write_last(words);
  run_until(pair.loop, [&] { return pair.peer.readable(); });
  CHECK(pair.peer.receive_ready() == "last words");
  CHECK(pair.peer.at_end());
  CHECK(segments_in(pair.peer.fd()) == before + 1);
  pair.peer.send("go on");
  run_until(pair.loop, [&] { return pair.events.data == "go on"; });
}

TEST_CASE("last words that the kernel does not take at once come whole, before the end") {
  for (const bool is_unix : {false, true}) {
    Pair pair(is_unix);
    const std::string words(16 << 20, 'w');
    const std::string_view pieces[] = {words};
    pair.socket->write_last(pieces);
    CHECK(pair.socket->unsent_bytes() > 0);
    std::string received;
    run_until(pair.loop, [&] {
      received += pair.peer.receive_ready();
      return pair.peer.at_end();
    });
    CHECK(received == words);
  }
}

TEST_CASE("a reset is reported with its reason, once") {
  Pair pair;
  pair.peer.reset();
  run_until(pair.loop, [&] { return !pair.events.log.empty(); });
  run_what_is_ready(pair.loop);
  CHECK(pair.events.log == "broken:" + std::to_string(ECONNRESET));
}

TEST_CASE("a socket that is to be reset shows its peer a reset instead of an end") {
  for (const bool reset : {false, true}) {
    Pair pair;
    pair.socket->write("half of an answer");
    if (reset) pair.socket->set_reset_on_close();
    pair.socket->close();
    pair.socket.reset();
    run_until(pair.loop, [&] { return pair.peer.readable(); });
    pollfd poll{.fd = pair.peer.fd(), .events = POLLIN | POLLRDHUP, .revents = 0};
    run_until(pair.loop, [&] { return ::poll(&poll, 1, 0) == 1 && (poll.revents & POLLRDHUP) != 0; });
    CHECK(((poll.revents & POLLERR) != 0) == reset);
  }
}

TEST_CASE("after close nothing is reported, not even what the kernel holds already") {
  Pair pair;
  pair.peer.send("unheard");
  run_until(pair.loop, [&] {
    pollfd poll{.fd = pair.socket->fd(), .events = POLLIN, .revents = 0};
    return ::poll(&poll, 1, 0) == 1;
  });
  const std::string before = pair.events.log;
  pair.socket->close();
  pair.peer.reset();
  run_what_is_ready(pair.loop);
  CHECK(pair.events.log == before);
}

TEST_CASE("a socket may be closed and buried within its own events") {
  Pair pair;
  pair.events.in_data = [&] {
    pair.socket->close();
    pair.loop.bury(std::move(pair.socket));
  };
  pair.peer.send("the end");
  run_until(pair.loop, [&] { return pair.peer.readable(); });
  CHECK(pair.peer.at_end());
  CHECK(pair.events.log == "data:the end");
}

TEST_CASE("a socket may die while it connects, and with bytes on their way") {
  const Directory directory;
  const ListenSocket tcp = listen_on(loopback());
  const ListenSocket local = listen_on(directory.socket());
  for (const ListenSocket* listening : {&tcp, &local}) {
    Loop loop;
    Recorder events;
    auto connecting = Socket::connect(loop, listening->address(), events);
    connecting->write("never sent");
    connecting.reset();
    run_what_is_ready(loop);
    CHECK(events.log.empty());
  }
  Pair pair;
  pair.socket->write(std::string(32 << 20, 'x'));
  CHECK(pair.socket->unsent_bytes() > 0);
  pair.socket.reset();
  run_what_is_ready(pair.loop);
  CHECK(pair.events.log.empty());
}

TEST_CASE("an error that is told later is not told to a socket that has died meanwhile") {
  Pair pair(true);
  pair.peer.close();
  pair.socket->hold(Hold::pipelined);
  pair.socket->write("nobody reads this");  // The pipe is broken; that is told at the end of the phase.
  pair.socket.reset();
  run_what_is_ready(pair.loop);
  CHECK(pair.events.log.empty());
}

}  // namespace
}  // namespace stickler::io
