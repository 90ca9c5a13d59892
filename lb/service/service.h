// HttpService: a small HTTP/1.1 server for handlers that answer from memory: the admin API and the log-in stub. One
// loop's thread; owned by whoever listens.
//
// It shares the strict scan of lb/http with the proxy. Bodies are collected whole, up to a limit, before the handler
// is called; pipelined requests are answered in order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/base/address.h"
#include "lb/base/error.h"
#include "lb/http/message.h"
#include "lb/io/loop.h"

namespace stickler::service {

// Borrowed for the call of the handler: what is needed later has to be copied.
struct Request {
  const http::RequestHead& head;
  std::string_view body;
  const Address& peer;
};

struct Answer {
  std::uint16_t status = 200;
  std::string content_type = "text/plain; charset=utf-8";  // "": no such field.
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;

  // What a faulty server does instead: sends the head and half of the body, and then only closes.
  bool cut_body = false;
};

class Connection;

// The right to answer one request, once, now or later, on the loop's thread. Movable and copyable (a handle). If the
// client has left meanwhile, answering does nothing.
class Responder {
 public:
  explicit Responder(std::weak_ptr<Connection> connection) : connection_(std::move(connection)) {}

  void send(Answer answer) const;
  void reset() const;  // No answer: the connection is reset.

  // An answer without end, e.g. server-sent events: the head now, pieces until the client leaves.
  void begin_stream(Answer head) const;
  bool send_piece(std::string_view bytes) const;  // False: the client has left, or does not read; stop.
  bool gone() const { return connection_.expired(); }

 private:
  std::weak_ptr<Connection> connection_;
};

using Handler = std::function<void(const Request& request, Responder responder)>;

struct ServiceOptions {
  Address listen;
  std::size_t body_bytes_max = 1024 * 1024;  // More is answered 413.
  std::size_t connections_max = 4096;        // More wait in the listening queue.
  Duration idle_timeout = std::chrono::seconds(60);
  Duration request_timeout = std::chrono::seconds(10);  // From a request's first byte to its last.
};

class HttpService {
 public:
  // Listens and serves at once. Requires: `loop` outlives it.
  static Result<std::unique_ptr<HttpService>> start(io::Loop& loop, const ServiceOptions& options, Handler handler);
  ~HttpService();

  const Address& address() const;  // With the port that was given for port 0.
  std::size_t connection_count() const;

  // No new connections; idle ones close, the others after their answer. `on_idle` once none is left.
  void drain(std::function<void()> on_idle);

 private:
  class Impl;
  explicit HttpService(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace stickler::service
