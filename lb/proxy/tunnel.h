// Tunnel: two connections joined blindly, each direction a Relay, half-closes passed on: what an upgraded exchange
// becomes. The worker's thread; owned by the stream that was upgraded.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "lb/io/deadlines.h"
#include "lb/io/loop.h"
#include "lb/io/transport.h"
#include "lb/proxy/relay.h"

namespace stickler::proxy {

class Tunnel {
 public:
  enum class End : std::uint8_t { closed, client_broke, upstream_broke, idle };

  struct Ends {
    std::unique_ptr<io::Transport> client;
    std::unique_ptr<io::Transport> upstream;
  };

  // `on_end` is called once, when both directions have ended or either side broke; it may bury *this.
  Tunnel(io::Loop& loop, io::Deadlines& deadlines, Duration idle_timeout, std::function<void(End)> on_end);
  ~Tunnel();

  // `from_client` and `from_upstream`: bytes that arrived before the tunnel stood.
  void start(Ends ends, std::string_view from_client, std::string_view from_upstream);

  void close() { finish(End::closed); }

  std::uint64_t bytes_from_client() const { return client_.bytes; }
  std::uint64_t bytes_from_upstream() const { return upstream_.bytes; }

 private:
  class Side final : public io::TransportEvents {
   public:
    Side(Tunnel& tunnel, End broke) : tunnel_(tunnel), broke_(broke) {}
    void on_data(std::span<const char> bytes) override;
    void on_eof() override;
    void on_drained() override;
    void on_broken(const Error& error) override;

    std::unique_ptr<io::Transport> transport;
    Side* other = nullptr;
    Relay relay;  // From this side to the other.
    std::uint64_t bytes = 0;
    bool ended = false;

   private:
    Tunnel& tunnel_;
    End broke_;
  };

  void finish(End end);
  void finish_when_sent();

  io::Loop& loop_;
  Duration idle_timeout_;
  std::function<void(End)> on_end_;
  Side client_;
  Side upstream_;
  io::Deadline idle_;
  bool finished_ = false;
};

}  // namespace stickler::proxy
