#include "lb/server/listener_sockets.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lb/base/log.h"

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

io::ListenOptions options_of(const config::Listener& listener) {
  const auto keepalive = std::chrono::duration_cast<std::chrono::seconds>(listener.timeouts.tcp_keepalive);
  return {.tcp_keepalive_seconds = static_cast<int>(keepalive.count()), .reuse_port = true};
}

}  // namespace

ListenerSockets::Leaving::Leaving(const Owned& socket)
    : socket_(socket), closed_(std::get_deleter<Close>(socket)->closed) {}

ListenerSockets::Owned ListenerSockets::own(io::ListenSocket socket) {
  return Owned(std::make_unique<io::ListenSocket>(std::move(socket)).release(), Close{});
}

ListenerSockets::Owned ListenerSockets::Leaving::take_back() const {
  Owned socket = socket_.lock();
  if (socket == nullptr) closed_->wait(false);
  return socket;
}

// Those of a departed group that a worker still holds, each at its place.
std::vector<ListenerSockets::Owned> ListenerSockets::take_back(const std::string& key, std::uint32_t workers) const {
  std::vector<Owned> sockets;
  if (const auto departed = departed_.find(key); departed != departed_.end()) {
    for (const Leaving& leaving : departed->second) sockets.push_back(leaving.take_back());
  }
  if (sockets.size() < workers) sockets.resize(workers);
  return sockets;
}

// Whether a socket of ours is bound to the port, be it on another address: one address can cover another.
bool ListenerSockets::has_port(const Address& address) const {
  const auto is_on_port = [&](const Owned& socket) {
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
  // Who shares a port shares it with anybody who asks, and each gets a part of the clients: so nobody may be there, but
  // ourselves.
  io::ListenOptions options = options_of(listener);
  options.exclusive = !has_port(address);
  std::vector<Owned> group = take_back(key_of(listener, address), workers);
  if (address.is_unix() && group.front() == nullptr) group.assign(workers, nullptr);  // The first owns the file.
  // The first decides on the port.
  Address bound = address;
  for (Owned& place : group) {
    if (place == nullptr) {
      // A unix socket has one queue, which all share.
      const bool joins = address.is_unix() && group.front() != nullptr;
      auto socket = joins ? group.front()->duplicate() : io::ListenSocket::bind(bound, options);
      if (!socket) return fail("listeners." + listener.name + ": " + socket.error().message, socket.error().code);
      place = own(*std::move(socket));
    }
    options.exclusive = false;
    bound = place->address();
  }
  return Group{.address = bound, .sockets = std::move(group)};
}

Result<ListenerSockets> ListenerSockets::bind(const config::Config& config, std::uint32_t workers,
                                              const ListenerSockets& previous) {
  ListenerSockets sockets;
  sockets.workers_ = workers;
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

std::vector<std::pair<std::string, int>> ListenerSockets::descriptors() const {
  std::vector<std::pair<std::string, int>> all;
  for (const auto& [key, group] : groups_) {
    for (const Owned& socket : group.sockets) {
      all.emplace_back(key, socket->fd());
      if (group.address.is_unix()) break;  // The others have the same queue.
    }
  }
  return all;
}

ListenerSockets ListenerSockets::inherited(std::vector<std::pair<std::string, io::ListenSocket>> sockets) {
  ListenerSockets inherited;
  for (auto& [key, socket] : sockets) {
    Group& group = inherited.groups_[key];
    group.address = socket.address();
    group.sockets.push_back(own(std::move(socket)));
  }
  return inherited;
}

void ListenerSockets::add_missing(const config::Config& config) {
  for (const config::Listener& listener : config.listeners) {
    for (const Address& address : listener.listen) {
      Group& group = groups_.at(key_of(listener, address));
      while (group.sockets.size() < workers_) {
        auto socket = address.is_unix() ? group.sockets.front()->duplicate()
                                        : io::ListenSocket::bind(group.address, options_of(listener));
        if (!socket) {
          log_warn("listeners.{}: the workers share its sockets, there are fewer: {}", listener.name,
                   socket.error().message);
          break;
        }
        group.sockets.push_back(own(*std::move(socket)));
      }
    }
  }
}

void ListenerSockets::give_to(uid_t user) const {
  for (const auto& [key, group] : groups_) {
    for (const Owned& socket : group.sockets) socket->give_to(user);
  }
}

void ListenerSockets::own_files() {
  for (const auto& [key, group] : groups_) {
    if (!group.sockets.empty()) group.sockets.front()->own_file();
  }
}

void ListenerSockets::leave_files() {
  for (const auto& [key, group] : groups_) {
    if (!group.sockets.empty()) group.sockets.front()->leave_file();
  }
}

void ListenerSockets::give_up() {
  for (auto& [key, group] : groups_) group.sockets.clear();
}

std::vector<ListenerSockets::Socket> ListenerSockets::of(const config::Listener& listener, std::uint32_t worker) const {
  std::vector<Socket> sockets;
  for (const Address& address : listener.listen) {
    const Group& group = groups_.at(key_of(listener, address));
    // As many for each worker. What is left over all of them look after, or some would have twice the others' clients.
    const std::size_t shared_from = group.sockets.size() - group.sockets.size() % workers_;
    for (std::size_t i = 0; i < group.sockets.size(); ++i) {
      if (i >= shared_from || i % workers_ == worker) sockets.push_back(group.sockets[i]);
    }
  }
  return sockets;
}

std::vector<Address> ListenerSockets::addresses(const config::Listener& listener) const {
  std::vector<Address> addresses;
  for (const Address& address : listener.listen) addresses.push_back(groups_.at(key_of(listener, address)).address);
  return addresses;
}

}  // namespace stickler::server
