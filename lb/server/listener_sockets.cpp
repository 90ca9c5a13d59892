#include "lb/server/listener_sockets.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace stickler::server {
namespace {

// By address, so that a listener may be renamed; port 0 is another port each time, so there the name has to do.
std::string key_of(const config::Listener& listener, const Address& address) {
  const bool any_port = !address.is_unix() && address.port() == 0;
  return any_port ? listener.name + " " + address.to_string() : address.to_string();
}

// Tells that the socket is closed: a weak pointer to it is empty earlier.
struct Close {
  std::shared_ptr<std::atomic<bool>> closed = std::make_shared<std::atomic<bool>>(false);

  void operator()(const io::ListenSocket* socket) const {
    std::default_delete<const io::ListenSocket>()(socket);
    closed->store(true);
    closed->notify_all();
  }
};

}  // namespace

ListenerSockets::Leaving::Leaving(const Socket& socket)
    : socket_(socket), closed_(std::get_deleter<Close>(socket)->closed) {}

ListenerSockets::Socket ListenerSockets::Leaving::take_back() const {
  Socket socket = socket_.lock();
  if (socket == nullptr) closed_->wait(false);
  return socket;
}

// Those of a departed group that a worker still holds, each at its place.
std::vector<ListenerSockets::Socket> ListenerSockets::take_back(const std::string& key, std::uint32_t workers) const {
  std::vector<Socket> sockets(workers);
  const auto departed = departed_.find(key);
  if (departed == departed_.end()) return sockets;
  for (std::uint32_t i = 0; i < workers; ++i) sockets[i] = departed->second[i].take_back();
  return sockets;
}

// Whether a socket of ours is bound to the port, be it on another address: one address can cover another.
bool ListenerSockets::has_port(const Address& address) const {
  const auto is_on_port = [&](const Socket& socket) {
    return socket != nullptr && !socket->address().is_unix() && socket->address().port() == address.port();
  };
  if (address.is_unix() || address.port() == 0) return false;
  const auto group_is = [&](const auto& group) { return std::ranges::any_of(group.second.sockets, is_on_port); };
  const auto departed_is = [&](const auto& group) {
    return std::ranges::any_of(group.second, [&](const auto& socket) { return is_on_port(socket.take_back()); });
  };
  return std::ranges::any_of(groups_, group_is) || std::ranges::any_of(departed_, departed_is);
}

Result<ListenerSockets::Group> ListenerSockets::bind_group(const config::Listener& listener, const Address& address,
                                                           std::uint32_t workers) const {
  const auto keepalive = std::chrono::duration_cast<std::chrono::seconds>(listener.timeouts.tcp_keepalive);
  // Who shares a port shares it with anybody who asks, and each gets a part of the clients: so nobody may be there, but
  // ourselves.
  io::ListenOptions options{.tcp_keepalive_seconds = static_cast<int>(keepalive.count()),
                            .reuse_port = true,
                            .exclusive = !has_port(address)};
  std::vector<Socket> group = take_back(key_of(listener, address), workers);
  if (address.is_unix() && group.front() == nullptr) group.assign(workers, nullptr);  // The first owns the file.
  // The first decides on the port.
  Address bound = address;
  for (Socket& place : group) {
    if (place == nullptr) {
      // A unix socket has one queue, which all share.
      const bool joins = address.is_unix() && group.front() != nullptr;
      auto socket = joins ? group.front()->duplicate() : io::ListenSocket::bind(bound, options);
      if (!socket) return fail("listeners." + listener.name + ": " + socket.error().message, socket.error().code);
      place = Socket(std::make_unique<io::ListenSocket>(*std::move(socket)).release(), Close{});
    }
    options.exclusive = false;
    bound = place->address();
  }
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
      auto group = previous.bind_group(listener, address, workers);
      if (!group) return tl::unexpected(group.error());
      sockets.groups_.emplace(key, *std::move(group));
    }
  }
  sockets.remember_departed(previous);
  return sockets;
}

void ListenerSockets::remember_departed(const ListenerSockets& previous) {
  const auto remember = [this](const std::string& key, const Departed& sockets) {
    const bool lives = std::ranges::any_of(sockets, [](const auto& socket) { return socket.take_back() != nullptr; });
    if (lives && !groups_.contains(key)) departed_.emplace(key, sockets);
  };
  for (const auto& [key, group] : previous.groups_) {
    remember(key, Departed(group.sockets.begin(), group.sockets.end()));
  }
  for (const auto& [key, departed] : previous.departed_) remember(key, departed);
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
