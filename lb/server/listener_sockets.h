// ListenerSockets: every listening socket of a configuration, one a worker and address. Control thread.
//
// A socket whose address is still configured is the same socket in the next configuration: it is never closed, so
// nothing that waits in its queue is lost. So is one whose address comes back before the workers have let go of it:
// they follow a reload when they get to it, and until then the address is taken, by ourselves.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lb/config/schema.h"
#include "lb/io/listen_socket.h"

namespace stickler::server {

class ListenerSockets {
 public:
  using Socket = std::shared_ptr<const io::ListenSocket>;

  // Binds what `config` names and `previous` does not have. On an error nothing has changed: what was bound anew is
  // closed again, and `previous` goes on.
  static Result<ListenerSockets> bind(const config::Config& config, std::uint32_t workers,
                                      const ListenerSockets& previous);

  // They close once the workers have let go of them too; where they were is still known.
  void give_up();

  // The sockets of one worker for the listener, in the order of its addresses. None after give_up().
  std::vector<Socket> of(const config::Listener& listener, std::uint32_t worker) const;

  // Where the listener really listens, port 0 resolved.
  std::vector<Address> addresses(const config::Listener& listener) const;

 private:
  struct Group {
    Address address;
    std::vector<Socket> sockets;  // One a worker.
  };

  // A socket that is configured no more: the last worker that lets go of it closes it.
  class Leaving {
   public:
    explicit Leaving(const Socket& socket);

    // nullptr: it is closed. Where a worker is closing it at this moment the call waits for that, without which its
    // address would be neither ours nor free.
    Socket take_back() const;

   private:
    std::weak_ptr<const io::ListenSocket> socket_;
    std::shared_ptr<const std::atomic<bool>> closed_;
  };
  using Departed = std::vector<Leaving>;  // Like Group::sockets.

  Result<Group> bind_group(const config::Listener& listener, const Address& address, std::uint32_t workers) const;
  std::vector<Socket> take_back(const std::string& key, std::uint32_t workers) const;
  bool has_port(const Address& address) const;
  void remember_departed(const ListenerSockets& previous);

  std::map<std::string, Group> groups_;
  std::map<std::string, Departed> departed_;  // Of addresses that are configured no more.
};

}  // namespace stickler::server
