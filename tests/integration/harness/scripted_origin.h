// A backend inside the test process whose every byte the test decides. Each connection runs the script on a thread of
// its own; what arrived is recorded, so that tests can assert what the balancer let through.
// The test's thread owns it. Scripts run on other threads: they must not use Catch's macros, and what they share with
// the test they guard themselves (std::atomic, mutex).
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/harness/wire.h"

namespace stickler::integration {

// An answer with a Content-Length. `fields` are whole lines, each with its CRLF.
std::string reply(std::string_view body, std::string_view fields = "", std::string_view status = "200 OK");

class ScriptedOrigin;

class OriginConnection {
 public:
  OriginConnection(ScriptedOrigin& origin, Fd fd) : wire(std::move(fd)), origin_(origin) {}

  // A whole request, recorded with the origin when its head has arrived. nullopt: the connection ended first.
  std::optional<Message> read_request();
  std::optional<Message> read_request_head();

  void hang() { wire.read_to_end(Deadline(10min)); }  // until the balancer gives up or the origin stops
  void close();
  void reset();

  Wire wire;  // close and reset it only by the functions above: the origin may be stopping

 private:
  std::optional<Message> recorded(std::optional<Message> request);

  ScriptedOrigin& origin_;
};

using Script = std::function<void(OriginConnection&)>;
using Answer = std::function<std::string(const Message&)>;

// Keep-alive: answers every request until the connection ends or a request is malformed.
Script answering(Answer answer);

class ScriptedOrigin {
 public:
  explicit ScriptedOrigin(Script script, std::uint16_t port = 0);
  ~ScriptedOrigin() { stop(); }

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  void stop();   // the port refuses; open connections end
  void start();  // on the same port

  std::size_t connections() const { return connections_; }
  std::size_t open_connections() const;
  std::size_t requests() const;                           // heads that arrived
  std::vector<Message> seen(std::size_t from = 0) const;  // those heads, in order
  Message last() const;                                   // an empty one if there was none
  std::size_t seen_target(std::string_view text) const;   // how many had this target
  std::vector<std::string> flaws() const;                 // what RFC 9112 does not allow in what the balancer sent

 private:
  friend class OriginConnection;

  void accept_loop();
  void serve(OriginConnection& connection);

  Script script_;
  std::uint16_t port_ = 0;
  Fd listener_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> connections_{0};
  std::thread acceptor_;
  mutable std::mutex mutex_;  // connection threads record here, the test reads
  std::list<OriginConnection> open_;
  std::list<std::thread> threads_;
  std::vector<Message> seen_;
  std::vector<std::string> flaws_;
};

}  // namespace stickler::integration
