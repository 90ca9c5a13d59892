#include "bench/origin/origin.h"

#include <utility>

#include "lb/base/bytes.h"
#include "lb/io/socket.h"

namespace stickler::bench {
namespace {

constexpr std::string_view sized_path = "/bytes/";

std::string answer_of(std::uint64_t body_bytes) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " + std::to_string(body_bytes) +
         "\r\n\r\n" + std::string(body_bytes, 'x');
}

}  // namespace

class Origin::Connection final : public ListNode<Connection>, private io::TransportEvents {
 public:
  Connection(Origin& origin, std::unique_ptr<io::Socket> socket)
      : origin_(origin), socket_(std::move(socket)), parser_(origin.limits_, origin.head_) {}

  void start() { socket_->set_events(*this); }  // Once it has its place.

 private:
  void on_data(std::span<const char> bytes) override {
    std::string_view input(bytes.data(), bytes.size());
    for (http::Event event = parser_.next(input); event != http::Event::need_more; event = parser_.next(input)) {
      if (event == http::Event::error) return origin_.end(*this);
      if (event == http::Event::head) {
        keep_ = parser_.head().keep_alive;
        answer_ = &origin_.answer_to(parser_.head().path());
      }
      const bool complete = event == http::Event::end || (event == http::Event::head && parser_.head().framing.empty());
      if (complete) socket_->write(*answer_);
      if (complete && !keep_) return origin_.end(*this);
    }
    if (socket_->above_high_water()) socket_->hold(io::Hold::peer_full);
  }
  void on_drained() override { socket_->release(io::Hold::peer_full); }
  void on_eof() override { origin_.end(*this); }
  void on_broken(const Error&) override { origin_.end(*this); }

  Origin& origin_;
  std::unique_ptr<io::Socket> socket_;
  http::RequestParser parser_;
  const std::string* answer_ = nullptr;
  bool keep_ = true;
};

Result<std::unique_ptr<Origin>> Origin::start(io::Loop& loop, const Address& address) {
  auto socket = io::ListenSocket::bind(address, {});
  if (!socket) return tl::unexpected(socket.error());
  return std::unique_ptr<Origin>(new Origin(loop, *std::move(socket)));
}

Origin::Origin(io::Loop& loop, io::ListenSocket socket)
    : loop_(loop),
      socket_(std::move(socket)),
      acceptor_(loop, socket_, [this](int fd, const Address&) { accept(fd); }),
      small_answer_(answer_of(64)) {
  acceptor_.resume();
}

Origin::~Origin() {
  while (Connection* connection = connections_.front()) end(*connection);
}

void Origin::accept(int fd) {
  auto socket = io::Socket::adopt(loop_, fd, socket_.address().is_unix());
  auto* connection = std::make_unique<Connection>(*this, std::move(socket)).release();
  connections_.push_back(*connection);
  connection->start();
}

void Origin::end(Connection& connection) {
  if (!connection.linked()) return;
  connection.unlink();
  loop_.bury(std::unique_ptr<Connection>(&connection));
}

const std::string& Origin::answer_to(std::string_view path) {
  if (!path.starts_with(sized_path)) return small_answer_;
  const auto wanted = parse_decimal(path.substr(sized_path.size()));
  if (!wanted || *wanted > body_bytes_max) return small_answer_;
  if (*wanted != sized_answer_bytes_) {
    sized_answer_bytes_ = *wanted;
    sized_answer_ = answer_of(*wanted);
  }
  return sized_answer_;
}

}  // namespace stickler::bench
