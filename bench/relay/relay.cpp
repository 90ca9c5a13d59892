#include "bench/relay/relay.h"

#include <utility>

#include "lb/io/socket.h"

namespace stickler::bench {

class Relay::Pair final : public ListNode<Pair> {
 public:
  Pair(Relay& relay, int fd) : relay_(relay), client_{*this}, origin_{*this} {
    client_.socket = io::Socket::adopt(relay.loop_, fd, relay.socket_.address().is_unix());
    origin_.socket = io::Socket::connect(relay.loop_, relay.origin_, origin_);
  }

  // Requires: called once, after the pair has its place.
  void start() {
    client_.to = origin_.socket.get();
    origin_.to = client_.socket.get();
    client_.socket->set_events(client_);
  }

 private:
  struct End final : io::TransportEvents {
    explicit End(Pair& owner) : pair(owner) {}

    void on_data(std::span<const char> bytes) override {
      to->write(std::string_view(bytes.data(), bytes.size()));
      if (to->above_high_water()) socket->hold(io::Hold::peer_full);
    }
    void on_drained() override { to->release(io::Hold::peer_full); }
    void on_eof() override { pair.relay_.end(pair); }
    void on_broken(const Error&) override { pair.relay_.end(pair); }

    Pair& pair;
    std::unique_ptr<io::Socket> socket;
    io::Socket* to = nullptr;
  };

  Relay& relay_;
  End client_;
  End origin_;
};

Result<std::unique_ptr<Relay>> Relay::start(io::Loop& loop, const Address& listen, const Address& origin) {
  auto socket = io::ListenSocket::bind(listen, {});
  if (!socket) return tl::unexpected(socket.error());
  return std::unique_ptr<Relay>(new Relay(loop, *std::move(socket), origin));
}

Relay::Relay(io::Loop& loop, io::ListenSocket socket, const Address& origin)
    : loop_(loop),
      socket_(std::move(socket)),
      origin_(origin),
      acceptor_(loop, socket_, [this](int fd, const Address&) { accept(fd); }) {
  acceptor_.resume();
}

Relay::~Relay() {
  while (Pair* pair = pairs_.front()) end(*pair);
}

void Relay::accept(int fd) {
  Pair* pair = std::make_unique<Pair>(*this, fd).release();
  pairs_.push_back(*pair);
  pair->start();
}

void Relay::end(Pair& pair) {
  if (!pair.linked()) return;
  pair.unlink();
  loop_.bury(std::unique_ptr<Pair>(&pair));
}

}  // namespace stickler::bench
