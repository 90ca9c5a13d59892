#include "lb/service/service.h"

#include <unordered_map>

#include "lb/base/log.h"
#include "lb/io/acceptor.h"
#include "lb/io/socket.h"
#include "lb/service/connection.h"

namespace stickler::service {

class HttpService::Impl {
 public:
  Impl(io::Loop& loop, const ServiceOptions& options, io::ListenSocket socket, Handler handler)
      : options_(options),
        handler_(std::move(handler)),
        deadlines_(loop),
        socket_(std::move(socket)),
        acceptor_(loop, socket_, [this](int fd, const Address& peer) { accept(fd, peer); }),
        shared_{.loop = loop,
                .deadlines = deadlines_,
                .options = options_,
                .handler = handler_,
                .head = head_,
                .date = date_,
                .on_end = [this](Connection& connection) { forget(connection); }} {
    acceptor_.resume();
  }

  ~Impl() {
    on_idle_ = nullptr;
    while (!connections_.empty()) connections_.begin()->second->end();
  }

  void accept(int fd, const Address& peer) {
    auto transport = io::Socket::adopt(shared_.loop, fd, socket_.address().is_unix());
    if (!transport) return log_warn("{}: {}", socket_.address().to_string(), transport.error().message);
    auto connection = std::make_shared<Connection>(shared_, *std::move(transport), peer);
    connections_.emplace(connection.get(), connection);
    connection->start();
    if (connections_.size() >= options_.connections_max) acceptor_.pause();
  }

  // It may be inside one of its own calls, so its last owner is the loop.
  void forget(Connection& connection) {
    const auto found = connections_.find(&connection);
    shared_.loop.bury(std::make_unique<std::shared_ptr<Connection>>(std::move(found->second)));
    connections_.erase(found);
    if (!shared_.draining) return acceptor_.resume();
    if (connections_.empty() && on_idle_) shared_.loop.defer(std::exchange(on_idle_, nullptr));
  }

  void drain(std::function<void()> on_idle) {
    on_idle_ = std::move(on_idle);
    shared_.draining = true;
    acceptor_.pause();
    std::vector<std::shared_ptr<Connection>> open;
    for (const auto& [key, connection] : connections_) open.push_back(connection);
    for (const auto& connection : open) connection->drain();
    if (connections_.empty() && on_idle_) shared_.loop.defer(std::exchange(on_idle_, nullptr));
  }

  const Address& address() const { return socket_.address(); }
  std::size_t connection_count() const { return connections_.size(); }

 private:
  const ServiceOptions options_;
  const Handler handler_;
  io::Deadlines deadlines_;
  io::ListenSocket socket_;
  io::Acceptor acceptor_;
  http::RequestHead head_;
  http::DateCache date_;
  Shared shared_;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::function<void()> on_idle_;
};

HttpService::HttpService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpService::~HttpService() = default;

Result<std::unique_ptr<HttpService>> HttpService::start(io::Loop& loop, const ServiceOptions& options,
                                                        Handler handler) {
  auto socket = io::ListenSocket::bind(options.listen, {});
  if (!socket) return tl::unexpected(socket.error());
  auto impl = std::make_unique<Impl>(loop, options, *std::move(socket), std::move(handler));
  return std::unique_ptr<HttpService>(new HttpService(std::move(impl)));
}

const Address& HttpService::address() const { return impl_->address(); }
std::size_t HttpService::connection_count() const { return impl_->connection_count(); }
void HttpService::drain(std::function<void()> on_idle) { impl_->drain(std::move(on_idle)); }

void Responder::send(Answer answer) const {
  if (const auto connection = connection_.lock()) connection->send(answer);
}

void Responder::reset() const {
  if (const auto connection = connection_.lock()) connection->reset();
}

void Responder::begin_stream(Answer head) const {
  if (const auto connection = connection_.lock()) connection->begin_stream(head);
}

bool Responder::send_piece(std::string_view bytes) const {
  const auto connection = connection_.lock();
  return connection != nullptr && connection->send_piece(bytes);
}

}  // namespace stickler::service
