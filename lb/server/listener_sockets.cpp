#include "lb/server/listener_sockets.h"

#include <chrono>
#include <utility>

namespace stickler::server {
namespace {

// By address, so that a listener may be renamed; port 0 is another port each time, so there the name has to do.
std::string key_of(const config::Listener& listener, const Address& address) {
  const bool any_port = !address.is_unix() && address.port() == 0;
  return any_port ? listener.name + " " + address.to_string() : address.to_string();
}

// Sockets that share a port by SO_REUSEPORT let a second balancer share it too, without a word: each would get half of
// the clients. Who can have the port for itself alone has nobody beside it.
Result<void> check_free(const config::Listener& listener, const Address& address) {
  const auto socket = io::ListenSocket::bind(address, {});
  if (!socket) return fail("listeners." + listener.name + ": " + socket.error().message, socket.error().code);
  return {};
}

}  // namespace

Result<ListenerSockets::Group> ListenerSockets::bind_group(const config::Listener& listener, const Address& address,
                                                           std::uint32_t workers) {
  const auto keepalive = std::chrono::duration_cast<std::chrono::seconds>(listener.timeouts.tcp_keepalive);
  io::ListenOptions options{.tcp_keepalive_seconds = static_cast<int>(keepalive.count()),
                            .reuse_port = workers > 1,
                            .exclusive = true};  // Another process on the port is an error, not half of the clients.
  std::vector<Socket> group;
  for (std::uint32_t i = 0; i < workers; ++i) {
    // The first decides on the port; a unix socket has one queue, which all share.
    auto socket = group.empty()       ? io::ListenSocket::bind(address, options)
                  : address.is_unix() ? group.front()->duplicate()
                                      : io::ListenSocket::bind(group.front()->address(), options);
    if (!socket) return fail("listeners." + listener.name + ": " + socket.error().message, socket.error().code);
    options.exclusive = false;
    group.push_back(std::make_shared<const io::ListenSocket>(*std::move(socket)));
  }
  const Address bound = group.front()->address();
  return Group{.address = bound, .sockets = std::move(group)};
}

Result<ListenerSockets> ListenerSockets::bind(const config::Config& config, std::uint32_t workers,
                                              const ListenerSockets& previous) {
  ListenerSockets sockets;
  for (const config::Listener& listener : config.listeners) {
    for (const Address& address : listener.listen) {
      const std::string key = key_of(listener, address);
      if (const auto known = previous.groups_.find(key); known != previous.groups_.end()) {
        sockets.groups_.insert(*known);
        continue;
      }
      // On a reload our own sockets may be beside it: one address can cover another.
      const bool shares_port = workers > 1 && !address.is_unix() && address.port() != 0 && previous.groups_.empty();
      if (shares_port) {
        if (auto free = check_free(listener, address); !free) return tl::unexpected(free.error());
      }
      auto group = bind_group(listener, address, workers);
      if (!group) return tl::unexpected(group.error());
      sockets.groups_.emplace(key, *std::move(group));
    }
  }
  return sockets;
}

void ListenerSockets::give_up() {
  for (auto& [key, group] : groups_) group.sockets.clear();
}

std::vector<ListenerSockets::Socket> ListenerSockets::of(const config::Listener& listener, std::uint32_t worker) const {
  std::vector<Socket> sockets;
  for (const Address& address : listener.listen) {
    const Group& group = groups_.at(key_of(listener, address));
    if (!group.sockets.empty()) sockets.push_back(group.sockets[worker]);
  }
  return sockets;
}

std::vector<Address> ListenerSockets::addresses(const config::Listener& listener) const {
  std::vector<Address> addresses;
  for (const Address& address : listener.listen) addresses.push_back(groups_.at(key_of(listener, address)).address);
  return addresses;
}

}  // namespace stickler::server
