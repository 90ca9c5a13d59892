// Client: one connection of a load run: sends a request when it is told to, reads the answer strictly, and reports how
// it went. The loop's thread; owned by the Driver.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "bench/load/cookie_jar.h"
#include "bench/load/result.h"
#include "bench/load/settings.h"
#include "lb/http/h1_parser.h"
#include "lb/io/deadlines.h"
#include "lb/io/socket.h"

namespace stickler::bench {

class Client;

struct Finished {
  Ending ending = Ending::answered;
  std::uint16_t status = 0;
  std::uint64_t body_bytes = 0;
  TimePoint due{};  // When the request should have been sent.
};

// What the clients of a run share. All of it outlives them.
struct ClientShared {
  io::Loop& loop;
  io::Deadlines& deadlines;
  const LoadSettings& settings;
  const std::string& head_start;  // The request's head up to where cookies and the empty line go.
  const std::string& body;
  http::ResponseHead& head;
  std::function<void(Client&, const Finished&)> on_finished;  // May send the next.
  std::uint64_t connects = 0;
};

class Client final : private io::TransportEvents {
 public:
  explicit Client(ClientShared& shared);
  ~Client();

  // Requires: not busy().
  void send(TimePoint due);
  bool busy() const { return busy_; }

 private:
  void on_connected() override;
  void on_data(std::span<const char> bytes) override;
  void on_eof() override;
  void on_broken(const Error& error) override;

  void write_request();
  void finish(Ending ending);
  void disconnect();

  ClientShared& shared_;
  std::unique_ptr<io::Socket> socket_;  // nullptr: not connected.
  http::ResponseParser parser_;
  io::Deadline deadline_;
  CookieJar cookies_;
  std::string request_head_;
  Finished current_;
  bool connected_ = false;
  bool busy_ = false;
  bool keep_ = false;  // The answer lets the connection go on.
};

}  // namespace stickler::bench
