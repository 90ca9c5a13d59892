#include "tests/integration/harness/scripted_origin.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

namespace stickler::integration {

std::string reply(std::string_view body, std::string_view fields, std::string_view status) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

Script answering(Answer answer) {
  return [answer = std::move(answer)](OriginConnection& connection) {
    while (const std::optional<Message> request = connection.read_request()) {
      if (!request->complete || !request->flaw.empty()) return;
      if (!connection.wire.send(answer(*request))) return;
    }
  };
}

std::optional<Message> OriginConnection::read_request_head() {
  return recorded(wire.read_request_head(Deadline(10min)));
}

std::optional<Message> OriginConnection::read_request() { return recorded(wire.read_request(Deadline(10min))); }

void OriginConnection::close() {
  const std::lock_guard lock(origin_.mutex_);
  wire.close();
}

void OriginConnection::reset() {
  const std::lock_guard lock(origin_.mutex_);
  wire.reset();
}

std::optional<Message> OriginConnection::recorded(std::optional<Message> request) {
  const std::lock_guard lock(origin_.mutex_);
  if (request) origin_.seen_.push_back(*request);
  if (request && !request->flaw.empty()) origin_.flaws_.push_back(request->flaw + " in:\n" + request->head);
  if (!request && !wire.unread().empty()) origin_.flaws_.push_back("not a whole head:\n" + wire.unread());
  return request;
}

ScriptedOrigin::ScriptedOrigin(Script script, std::uint16_t port) : script_(std::move(script)), port_(port) { start(); }

void ScriptedOrigin::start() {
  stopping_ = false;
  listener_ = listen_on(port_);
  port_ = port_of(listener_);
  acceptor_ = std::thread([this] { accept_loop(); });
}

void ScriptedOrigin::stop() {
  if (!acceptor_.joinable()) return;
  stopping_ = true;
  ::shutdown(listener_.get(), SHUT_RDWR);  // Wakes accept(2), which closing would not.
  acceptor_.join();
  listener_.close();
  std::list<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    for (OriginConnection& connection : open_) connection.wire.shut_down();
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

void ScriptedOrigin::accept_loop() {
  while (!stopping_) {
    Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) continue;
    send_without_delay(fd);
    ++connections_;
    const std::lock_guard lock(mutex_);
    const auto connection = open_.emplace(open_.end(), *this, std::move(fd));
    threads_.emplace_back([this, connection] {
      serve(*connection);
      const std::lock_guard inner(mutex_);
      open_.erase(connection);
    });
  }
}

void ScriptedOrigin::serve(OriginConnection& connection) {
  try {
    script_(connection);
  } catch (const TimedOut&) {
    // The balancer went quiet: the test notices on its own side.
  }
}

std::size_t ScriptedOrigin::requests() const {
  const std::lock_guard lock(mutex_);
  return seen_.size();
}

std::size_t ScriptedOrigin::open_connections() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

std::vector<Message> ScriptedOrigin::seen(std::size_t from) const {
  const std::lock_guard lock(mutex_);
  return {seen_.begin() + static_cast<std::ptrdiff_t>(from), seen_.end()};
}

Message ScriptedOrigin::last() const {
  const std::lock_guard lock(mutex_);
  return seen_.empty() ? Message{} : seen_.back();
}

std::size_t ScriptedOrigin::seen_target(std::string_view text) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(seen_, [text](const Message& message) { return message.target() == text; }));
}

std::vector<std::string> ScriptedOrigin::flaws() const {
  const std::lock_guard lock(mutex_);
  return flaws_;
}

}  // namespace stickler::integration
