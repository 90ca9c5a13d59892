// Relay: bytes between each client and a connection of its own to the origin, without HTTP, balancing or accounts. What
// it costs on a machine is the floor there for any proxy over the same transport: two reads and two writes a request.
// One thread; owned by the program.
#pragma once

#include <memory>

#include "lb/base/intrusive_list.h"
#include "lb/io/acceptor.h"
#include "lb/io/listen_socket.h"
#include "lb/io/loop.h"

namespace stickler::bench {

class Relay {
 public:
  // The error is that of the address that it is to listen on.
  static Result<std::unique_ptr<Relay>> start(io::Loop& loop, const Address& listen, const Address& origin);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  const Address& address() const { return socket_.address(); }

 private:
  class Pair;

  Relay(io::Loop& loop, io::ListenSocket socket, const Address& origin);
  void accept(int fd);
  void end(Pair& pair);

  io::Loop& loop_;
  io::ListenSocket socket_;
  Address origin_;
  io::Acceptor acceptor_;
  IntrusiveList<Pair> pairs_;
};

}  // namespace stickler::bench
