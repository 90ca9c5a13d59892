// What the tests of the connection to Redis share: a loop whose time is moved by hand, and the other end of the
// connection, which says what the test tells it to. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lb/io/deadlines.h"
#include "lb/redis/client.h"
#include "tests/unit/io/peers.h"

namespace stickler::redis {

using namespace std::chrono_literals;

struct World {
  World() { signal(SIGPIPE, SIG_IGN); }

  Client::Place place() { return {.loop = loop, .deadlines = deadlines, .clock = clock}; }
  StoreUrl url() const { return {.address = listening.address()}; }

  void run_until(const std::function<bool()>& done) { io::run_until(loop, done); }
  void settle() { io::run_what_is_ready(loop); }

  // Lets `by` pass and the wheel turn.
  void pass(Duration by) {
    bool turned = false;
    io::Deadline sentinel(
        deadlines, [](void* flag) { *static_cast<bool*>(flag) = true; }, &turned);
    sentinel.arm(0s);
    clock.advance(by);
    run_until([&] { return turned; });
  }

  // Takes the connection that is made next.
  void accept() { peer = io::accept_from(listening); }
  // What has come since, once it ends like this.
  std::string await(std::string_view end) {
    std::string received;
    run_until([&] {
      received += peer.receive_ready();
      return received.ends_with(end);
    });
    return received;
  }
  // And answers the PING of a new connection.
  void greet() {
    accept();
    await("PING\r\n");
    peer.send("+PONG\r\n");
  }
  bool closed_by_us() {
    run_until([&] {
      peer.receive_ready();
      return peer.at_end();
    });
    return true;
  }
  bool is_called() const {
    pollfd poll{.fd = listening.fd(), .events = POLLIN, .revents = 0};
    return ::poll(&poll, 1, 0) == 1;
  }

  io::ListenSocket listening = io::listen_on(io::loopback());
  io::Loop loop;
  ManualClock clock;
  io::Deadlines deadlines{loop, clock};
  io::Descriptor peer;
};

// As the protocol has it.
inline std::string command(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return text;
}

}  // namespace stickler::redis
