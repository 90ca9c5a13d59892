// Origin: an HTTP server that does nothing but answer, so that what is measured in front of it is not it. One loop's
// thread; owned by whoever runs the loop.
//
// GET /bytes/N is answered with N bytes, everything else with 64. Bodies of requests are read and thrown away.
#pragma once

#include <memory>
#include <string>

#include "lb/base/address.h"
#include "lb/base/error.h"
#include "lb/base/intrusive_list.h"
#include "lb/http/h1_parser.h"
#include "lb/io/acceptor.h"
#include "lb/io/listen_socket.h"
#include "lb/io/loop.h"
#include "lb/io/transport.h"

namespace stickler::bench {

class Origin {
 public:
  static constexpr std::uint64_t body_bytes_max = 1 << 30;

  static Result<std::unique_ptr<Origin>> start(io::Loop& loop, const Address& address);
  ~Origin();

  const Address& address() const { return socket_.address(); }  // With the port that was given for port 0.

 private:
  class Connection;

  Origin(io::Loop& loop, io::ListenSocket socket);
  void accept(int fd);
  void end(Connection& connection);
  const std::string& answer_to(std::string_view path);

  io::Loop& loop_;
  io::ListenSocket socket_;
  io::Acceptor acceptor_;
  const http::HeadLimits limits_;
  http::RequestHead head_;
  IntrusiveList<Connection> connections_;
  const std::string small_answer_;
  std::uint64_t sized_answer_bytes_ = 0;
  std::string sized_answer_;  // The last one made: a run asks for one size.
};

}  // namespace stickler::bench
