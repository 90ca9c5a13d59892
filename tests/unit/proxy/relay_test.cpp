#include "lb/proxy/relay.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/io/peers.h"

namespace stickler::proxy {
namespace {

struct Source final : io::Gate {
  void hold(io::Hold reason) override {
    REQUIRE(reason == io::Hold::peer_full);
    ++holds;
  }
  void release(io::Hold reason) override {
    REQUIRE(reason == io::Hold::peer_full);
    ++releases;
  }
  int holds = 0;
  int releases = 0;
};

struct Drain final : io::Sink {
  std::size_t unsent_bytes() const override { return bytes; }
  std::size_t bytes = 0;
};

TEST_CASE("the source is held above high water, once, and released when the sink has drained") {
  Source source;
  Drain sink;
  Relay relay;
  relay.join(source, sink);
  sink.bytes = io::Sink::high_water_bytes;
  relay.after_write();
  CHECK_FALSE(relay.holding());
  sink.bytes = io::Sink::high_water_bytes + 1;
  relay.after_write();
  relay.after_write();
  CHECK(relay.holding());
  CHECK(source.holds == 1);
  sink.bytes = io::Sink::low_water_bytes;
  relay.after_write();  // Falling is not enough: it has to be told.
  CHECK(source.releases == 0);
  relay.on_sink_drained();
  relay.on_sink_drained();
  CHECK_FALSE(relay.holding());
  CHECK(source.releases == 1);
  sink.bytes = io::Sink::high_water_bytes + 1;
  relay.after_write();
  CHECK(source.holds == 2);
}

TEST_CASE("who parts leaves the source as if there had been no relay") {
  Source source;
  Drain sink;
  Relay relay;
  relay.join(source, sink);
  relay.part();
  CHECK(source.releases == 0);
  relay.join(source, sink);
  sink.bytes = io::Sink::high_water_bytes + 1;
  relay.after_write();
  relay.part();
  CHECK(source.releases == 1);
  CHECK_FALSE(relay.holding());
}

TEST_CASE("without its two ends a relay does nothing") {
  Relay relay;
  relay.after_write();
  relay.on_sink_drained();
  relay.part();
  CHECK_FALSE(relay.holding());
}

TEST_CASE("between two sockets a slow reader slows the sender, and every byte arrives") {
  // client -> `from` | relay | `to` -> server, with the server not reading.
  io::Pair from;
  const io::ListenSocket listening = io::listen_on(io::loopback());
  const io::Descriptor server = io::connect_to(listening.address());
  io::Recorder events;
  const auto to = io::Socket::adopt(from.loop, io::accept_from(listening, SOCK_NONBLOCK).give_up(), false);

  struct Onward final : io::TransportEvents {
    void on_data(std::span<const char> bytes) override {
      sink.write(std::string_view(bytes.data(), bytes.size()));
      relay.after_write();
      most = std::max(most, sink.unsent_bytes());
    }
    void on_eof() override { sink.shutdown(); }
    void on_broken(const Error&) override {}
    explicit Onward(io::Socket& onward, Relay& one) : sink(onward), relay(one) {}
    io::Socket& sink;
    Relay& relay;
    std::size_t most = 0;
  };
  struct Drained final : io::TransportEvents {
    void on_data(std::span<const char>) override {}
    void on_eof() override {}
    void on_drained() override { relay.on_sink_drained(); }
    void on_broken(const Error&) override {}
    explicit Drained(Relay& one) : relay(one) {}
    Relay& relay;
  };
  Relay relay;
  Onward onward(*to, relay);
  Drained drained(relay);
  relay.join(*from.socket, *to);
  from.socket->set_events(onward);
  to->set_events(drained);

  constexpr std::size_t total = 64 << 20;
  const std::string block(1 << 20, 'x');
  std::size_t sent = 0;
  std::size_t received = 0;
  fcntl(from.peer.fd(), F_SETFL, O_NONBLOCK);
  const auto send = [&] {
    while (sent < total) {
      const ssize_t taken = ::send(from.peer.fd(), block.data(), std::min(block.size(), total - sent), MSG_NOSIGNAL);
      if (taken <= 0) return;
      sent += static_cast<std::size_t>(taken);
    }
  };
  // Until nothing moves any more: all buffers are full, and the rest waits at the client.
  io::run_until(from.loop, [&] {
    const std::size_t before = sent;
    send();
    return relay.holding() && sent == before;
  });
  CHECK(sent < total);
  io::run_until(from.loop, [&] {
    send();
    if (sent == total) ::shutdown(from.peer.fd(), SHUT_WR);
    received += server.receive_ready().size();
    return server.at_end();
  });
  CHECK(received == total);
  CHECK(onward.most <= io::Sink::high_water_bytes + io::Loop::scratch_bytes);
}

}  // namespace
}  // namespace stickler::proxy
