#include "lb/service/service.h"

#include <utility>

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
        address_(socket.address()),
        deadlines_(loop),
        listening_(std::in_place, loop, std::move(socket), [this](int fd, const Address& peer) { accept(fd, peer); }),
        shared_{.loop = loop,
                .deadlines = deadlines_,
                .options = options_,
                .handler = handler_,
                .head = head_,
                .date = date_,
                .on_end = [this](Connection& connection) { forget(connection); }} {
    listening_->acceptor.resume();
  }

  ~Impl() {
    listening_.reset();
    on_idle_ = nullptr;
    connections_.for_each([](Connection& connection) { connection.end(); });
  }

  void drain(std::function<void()> on_idle) {
    on_idle_ = std::move(on_idle);
    shared_.draining = true;
    // What waits in the queue would be reset by closing the socket; what comes later is refused, not left waiting.
    if (listening_) listening_->acceptor.accept_waiting();
    listening_.reset();
    connections_.for_each([](Connection& connection) { connection.drain(); });
    tell_if_idle();
  }

  const Address& address() const { return address_; }
  std::size_t connection_count() const { return open_; }
  io::ListenSocket* socket() { return listening_ ? &listening_->socket : nullptr; }

 private:
  struct Listening {
    Listening(io::Loop& loop, io::ListenSocket bound, io::Acceptor::OnAccept on_accept)
        : socket(std::move(bound)), acceptor(loop, socket, std::move(on_accept)) {}
    io::ListenSocket socket;
    io::Acceptor acceptor;
  };

  void accept(int fd, const Address& peer) {
    auto transport = io::Socket::adopt(shared_.loop, fd, address_.is_unix());
    auto connection = std::make_unique<Connection>(shared_, std::move(transport), peer);
    connections_.push_back(*connection);
    ++open_;
    connection.release()->start();
    if (open_ >= options_.connections_max) listening_->acceptor.pause();
  }

  // It may be inside one of its own calls, so its last owner is the loop.
  void forget(Connection& connection) {
    connection.unlink();
    --open_;
    shared_.loop.bury(std::unique_ptr<Connection>(&connection));
    if (listening_) listening_->acceptor.resume();
    tell_if_idle();
  }

  void tell_if_idle() {
    if (shared_.draining && connections_.empty() && on_idle_) shared_.loop.defer(std::exchange(on_idle_, nullptr));
  }

  const ServiceOptions options_;
  const Handler handler_;
  const Address address_;
  io::Deadlines deadlines_;
  std::optional<Listening> listening_;  // None while draining.
  http::RequestHead head_;
  http::DateCache date_;
  Shared shared_;
  IntrusiveList<Connection> connections_;  // Owned.
  std::size_t open_ = 0;                   // How many they are.
  std::function<void()> on_idle_;
};

HttpService::HttpService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpService::~HttpService() = default;

Result<std::unique_ptr<HttpService>> HttpService::start(io::Loop& loop, const ServiceOptions& options, Handler handler,
                                                        std::optional<io::ListenSocket> socket) {
  if (!socket) {
    auto bound = io::ListenSocket::bind(options.listen, {});
    if (!bound) return tl::unexpected(bound.error());
    socket = *std::move(bound);
  }
  auto impl = std::make_unique<Impl>(loop, options, *std::move(socket), std::move(handler));
  return std::unique_ptr<HttpService>(new HttpService(std::move(impl)));
}

const Address& HttpService::address() const { return impl_->address(); }
std::size_t HttpService::connection_count() const { return impl_->connection_count(); }
io::ListenSocket* HttpService::socket() { return impl_->socket(); }
void HttpService::drain(std::function<void()> on_idle) { impl_->drain(std::move(on_idle)); }

void Responder::send(const Answer& answer) const {
  if (Connection* found = connection()) found->send(answer);
}

void Responder::reset() const {
  if (Connection* found = connection()) found->reset();
}

void Responder::begin_stream(const Answer& head) const {
  if (Connection* found = connection()) found->begin_stream(head);
}

bool Responder::send_piece(std::string_view bytes) const {
  Connection* found = connection();
  return found != nullptr && found->send_piece(bytes);
}

}  // namespace stickler::service
