// ListenerSockets: every listening socket of a configuration, one a worker and address. Control thread.
//
// A socket whose address is still configured is the same socket in the next configuration: it is never closed, so
// nothing that waits in its queue is lost. So is one whose address comes back before the workers have let go of it:
// they follow a reload when they get to it, and until then the address is taken, by ourselves.
//
// A process that takes over from another inherits its sockets, all of them: the kernel spreads new connections over
// every socket that listens, and resets what waits at one that closes. Where there are more than workers they are
// divided among these, for as long as the address is configured, and through further upgrades.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
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

  // For a process that takes over: what is to be inherited, each socket with the key of its address. The second makes
  // of them what bind() takes for `previous`.
  std::vector<std::pair<std::string, int>> descriptors() const;
  static ListenerSockets inherited(std::vector<std::pair<std::string, io::ListenSocket>> sockets);

  // Where fewer sockets were inherited than there are workers: binds further ones, beside those that serve already. To
  // be called when nothing can fail any more: what comes to a new socket is lost with it. Where none may be bound, e.g.
  // on a port below 1024 by who is not root any more, the workers share what there is.
  void add_missing(const config::Config& config);

  void give_to(uid_t user) const;  // See ListenSocket.
  void own_files();
  void leave_files();

  // They close once the workers have let go of them too; where they were is still known.
  void give_up();

  // The sockets of one worker for the listener, in the order of its addresses. None after give_up(). Some may be
  // another worker's as well.
  std::vector<Socket> of(const config::Listener& listener, std::uint32_t worker) const;

  // Where the listener really listens, port 0 resolved.
  std::vector<Address> addresses(const config::Listener& listener) const;

 private:
  using Owned = std::shared_ptr<io::ListenSocket>;

  struct Group {
    Address address;
    std::vector<Owned> sockets;  // One a worker, unless they were inherited.
  };

  // A socket that is configured no more: the last worker that lets go of it closes it.
  class Leaving {
   public:
    explicit Leaving(const Owned& socket);

    // nullptr: it is closed. Where a worker is closing it at this moment the call waits for that, without which its
    // address would be neither ours nor free.
    Owned take_back() const;

   private:
    std::weak_ptr<io::ListenSocket> socket_;
    std::shared_ptr<const std::atomic<bool>> closed_;
  };
  using Departed = std::vector<Leaving>;  // Like Group::sockets.

  static Owned own(io::ListenSocket socket);
  Result<Group> bind_group(const config::Listener& listener, const Address& address, std::uint32_t workers) const;
  std::vector<Owned> take_back(const std::string& key, std::uint32_t workers) const;
  bool has_port(const Address& address) const;
  void remember_departed(const ListenerSockets& previous);

  std::uint32_t workers_ = 1;
  std::map<std::string, Group> groups_;
  std::map<std::string, Departed> departed_;  // Of addresses that are configured no more.
};

}  // namespace stickler::server
