// Port: where other nodes connect to ask this one. The loop's thread; owned by Peers.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "backend_stub/peers/channel.h"
#include "backend_stub/peers/traffic.h"
#include "lb/io/acceptor.h"
#include "lb/io/deadlines.h"
#include "lb/io/socket.h"

namespace stickler::stub {

// Who has asked, and where the answer goes. A value; it may outlive the connection.
struct Asker {
  std::string name;
  std::uint64_t connection = 0;
  std::uint64_t question = 0;
};

class PortEvents {
 public:
  virtual void on_greeted(const std::string& peer) = 0;
  virtual void on_question(const Asker& asker, Message& question) = 0;

 protected:
  ~PortEvents() = default;
};

class Port {
 public:
  struct Context {
    io::Loop& loop;
    const Channel::Identity& identity;
    Traffic& traffic;
    PortEvents& events;
  };

  Port(const Context& context, io::ListenSocket socket);
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  void answer(const Asker& asker, Message message);  // Nothing if its connection has ended.
  const Address& address() const { return socket_.address(); }

 private:
  class Inbound;

  void accept(int fd);
  void end_older(const std::string& peer, std::uint64_t than);
  void forget(std::uint64_t connection);

  const Context context_;
  const io::ListenSocket socket_;
  io::Deadlines deadlines_;
  std::map<std::uint64_t, std::unique_ptr<Inbound>> open_;
  std::uint64_t last_connection_ = 0;
  bool stranger_seen_ = false;
  io::Acceptor acceptor_;
};

}  // namespace stickler::stub
