// Client: raw bytes to and from a server that runs on the same loop, so that a test sees both ends and no time passes
// that it does not ask for.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/bytes.h"
#include "lb/io/loop.h"
#include "lb/io/socket.h"
#include "lb/io/timer.h"

namespace stickler::service::test {

using namespace std::chrono_literals;

// Turns the loop until the condition holds. What never happens fails the test instead of hanging it.
template <class Condition>
void run_until(io::Loop& loop, Condition condition) {
  bool late = false;
  io::Timer limit(loop, [&late] { late = true; });
  limit.start(20s);
  while (!condition() && !late) uv_run(loop.uv(), UV_RUN_ONCE);
  if (late) FAIL("what the test waits for has not happened");
}

struct Answered {
  int status = 0;
  std::string head;  // Status line and fields, with their CRLFs.
  std::string body;

  // "" if there is none; several are joined by a line feed.
  std::string field(std::string_view name) const {
    std::string found;
    std::string_view rest = head;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find("\r\n"));
      rest.remove_prefix(line.size() + 2);
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos || !equals_ignore_case(line.substr(0, colon), name)) continue;
      if (!found.empty()) found += '\n';
      found.append(trim_blanks(line.substr(colon + 1)));
    }
    return found;
  }
};

class Client final : public io::TransportEvents {
 public:
  Client(io::Loop& loop, const Address& to) : loop_(loop), socket_(io::Socket::connect(loop, to, *this)) {}
  ~Client() { leave(); }

  void send(std::string_view bytes) { socket_->write(bytes); }
  void half_close() { socket_->shutdown(); }
  void pause() { socket_->hold(io::Hold::peer_full); }
  void read_on() { socket_->release(io::Hold::peer_full); }
  std::size_t unsent_bytes() const { return socket_->unsent_bytes(); }
  void leave() { socket_.reset(); }

  // The next answer, taken from the front of what has come.
  Answered answer(bool to_head_request = false) {
    Answered answer;
    run_until(loop_, [&] { return ended() || received.find("\r\n\r\n") != std::string::npos; });
    const std::size_t end = received.find("\r\n\r\n");
    INFO("received: " << received.substr(0, 2000) << (ended() ? " (ended)" : ""));
    REQUIRE(end != std::string::npos);
    answer.head = received.substr(0, end + 2);
    REQUIRE(answer.head.starts_with("HTTP/1.1 "));
    answer.status = std::stoi(answer.head.substr(9, 3));
    const auto length = parse_decimal(answer.field("content-length"));
    const std::size_t size = to_head_request ? 0 : static_cast<std::size_t>(length.value_or(0));
    run_until(loop_, [&] { return ended() || received.size() >= end + 4 + size; });
    answer.body = received.substr(end + 4, size);
    received.erase(0, end + 4 + size);
    return answer;
  }

  Answered call(std::string_view request) {
    send(request);
    return answer(request.starts_with("HEAD "));
  }

  // The rest, up to the end of the connection.
  std::string rest() {
    run_until(loop_, [this] { return ended(); });
    return received;
  }

  bool ended() const { return eof || broken; }

  std::string received;
  bool connected = false;
  bool eof = false;
  bool broken = false;
  int error = 0;

 private:
  void on_connected() override { connected = true; }
  void on_data(std::span<const char> bytes) override { received.append(bytes.data(), bytes.size()); }
  void on_eof() override { eof = true; }
  void on_broken(const Error& reason) override {
    broken = true;
    error = reason.code;
  }

  io::Loop& loop_;
  std::unique_ptr<io::Socket> socket_;
};

}  // namespace stickler::service::test
