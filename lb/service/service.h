// HttpService: a small HTTP/1.1 server for handlers that answer from memory: the admin API and the log-in stub. One
// loop's thread; owned by whoever listens.
//
// It shares the strict scan of lb/http with the proxy. Bodies are collected whole, up to a limit, before the handler
// is called; pipelined requests are answered in order. What a connection may hold is bounded: one request, 64 KiB of
// what follows it, and unsent answers up to high water, above which no further request is begun.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/base/address.h"
#include "lb/base/error.h"
#include "lb/http/message.h"
#include "lb/io/listen_socket.h"
#include "lb/io/loop.h"

namespace stickler::service {

// Borrowed for the call of the handler: what is needed later has to be copied. Never a CONNECT.
struct Request {
  const http::RequestHead& head;
  std::string_view body;
  const Address& peer;
};

// Name and value; both are the handler's own words, and nothing escapes them.
using Fields = std::vector<std::pair<std::string, std::string>>;

struct Answer {
  std::uint16_t status = 200;
  std::string content_type = "text/plain; charset=utf-8";  // "": no such field.
  Fields fields;
  std::string body;  // Not sent to HEAD, nor with 204 and 304.

  // What a faulty server does instead: sends the head and half of the body, and then only closes.
  bool cut_body = false;
};

class Connection;

// How a Responder finds its connection: cleared when the connection ends, and counted on when a request is begun or
// answered. So a handle that came too late, or was used twice, reaches nobody instead of another request.
struct Lifeline {
  Connection* connection = nullptr;
  std::uint64_t turn = 0;
};

// The right to answer one request, once, now or later, on the loop's thread. Movable and copyable (a handle); it may
// outlive the connection and the service. If the client has left meanwhile, answering does nothing.
class Responder {
 public:
  explicit Responder(std::shared_ptr<const Lifeline> lifeline)
      : lifeline_(std::move(lifeline)), turn_(lifeline_->turn) {}

  void send(const Answer& answer) const;
  void reset() const;  // No answer: the connection is reset.

  // An answer without end, e.g. server-sent events: the head now, pieces until the client leaves.
  void begin_stream(const Answer& head) const;
  bool send_piece(std::string_view bytes) const;         // False: the client has left, or does not read; stop.
  bool gone() const { return connection() == nullptr; }  // Nobody waits for this answer any more.

 private:
  Connection* connection() const { return lifeline_->turn == turn_ ? lifeline_->connection : nullptr; }

  std::shared_ptr<const Lifeline> lifeline_;
  std::uint64_t turn_;
};

// May answer before it returns. Must not destroy the service.
using Handler = std::function<void(const Request& request, Responder responder)>;

struct ServiceOptions {
  Address listen;
  std::size_t body_bytes_max = 1024 * 1024;             // More is answered 413.
  std::size_t connections_max = 4096;                   // More wait in the listening queue.
  Duration idle_timeout = std::chrono::seconds(60);     // Also for a client that does not read its answer.
  Duration request_timeout = std::chrono::seconds(10);  // From a request's first byte to its last; 408.
  Fields fields{};                                      // On every answer, also on those the service makes itself.
};

class HttpService {
 public:
  // Listens and serves at once, on `socket` where there is one already. Requires: `loop` outlives it.
  static Result<std::unique_ptr<HttpService>> start(io::Loop& loop, const ServiceOptions& options, Handler handler,
                                                    std::optional<io::ListenSocket> socket = std::nullopt);
  ~HttpService();  // Open connections are closed, answered or not.

  const Address& address() const;  // With the port that was given for port 0.
  std::size_t connection_count() const;
  io::ListenSocket* socket();  // nullptr: it drains.

  // No new connections; idle ones and endless answers end, the others after their answer. `on_idle` once none is left,
  // never within the call.
  void drain(std::function<void()> on_idle);

 private:
  class Impl;
  explicit HttpService(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace stickler::service
