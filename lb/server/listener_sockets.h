// ListenerSockets: every listening socket of a configuration, one a worker and address. Control thread.
//
// A socket whose address is still configured is the same socket in the next configuration: it is never closed, so
// nothing that waits in its queue is lost.
#pragma once

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

  // The sockets of one worker for the listener, in the order of its addresses.
  std::vector<Socket> of(const config::Listener& listener, std::uint32_t worker) const;

  // Where the listener really listens, port 0 resolved.
  std::vector<Address> addresses(const config::Listener& listener) const;

 private:
  // One socket a worker.
  using Group = std::vector<Socket>;

  std::map<std::string, Group> groups_;
};

}  // namespace stickler::server
