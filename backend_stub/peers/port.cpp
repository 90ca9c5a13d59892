#include "backend_stub/peers/port.h"

#include <utility>

#include "backend_stub/peers/nonce.h"
#include "lb/base/log.h"

namespace stickler::stub {
namespace {

constexpr std::size_t connections_max = 256;  // More wait in the listening queue.
constexpr std::chrono::milliseconds greeting_max{1000};

// Of answers, to a peer that asks and does not read.
constexpr std::size_t unsent_bytes_max = 2 * message_bytes_max;

}  // namespace

// One peer's questions.
class Port::Inbound final : public io::TransportEvents {
 public:
  Inbound(Port& port, std::uint64_t number, std::unique_ptr<io::Socket> socket)
      : port_(port),
        number_(number),
        socket_(std::move(socket)),
        channel_(Side::acceptor, port.context_.identity, new_channel_nonce()),
        greeting_(
            port.deadlines_, [](void* self) { static_cast<Inbound*>(self)->end("it does not greet"); }, this) {}

  void start() {
    write(channel_.opening());
    greeting_.arm(greeting_max);
    socket_->set_events(*this);
  }

  void answer(std::uint64_t question, Message message) {
    channel_.send({.number = question, .message = std::move(message)});
    ++port_.context_.traffic.messages_out;
    write(channel_.take_output());
  }

  const std::string& peer() const { return channel_.peer(); }  // "" until it has greeted.
  void end(std::string_view flaw);

 private:
  void on_data(std::span<const char> bytes) override {
    port_.context_.traffic.bytes_in += bytes.size();
    channel_.push({bytes.data(), bytes.size()});
    while (true) {
      switch (channel_.next()) {
        case Channel::Event::need_more:
          write(channel_.take_output());  // Our greeting, if it was their opening.
          if (socket_->unsent_bytes() > unsent_bytes_max) end("it does not read");
          return;
        case Channel::Event::greeted:
          greeting_.disarm();
          port_.end_older(channel_.peer(), number_);
          write(channel_.take_output());
          port_.context_.events.on_greeted(channel_.peer());
          break;
        case Channel::Event::message:
          ++port_.context_.traffic.messages_in;
          port_.context_.events.on_question(
              {.name = channel_.peer(), .connection = number_, .question = channel_.envelope().number},
              channel_.envelope().message);
          break;
        case Channel::Event::broken:
          return end(channel_.flaw());
      }
    }
  }
  void on_eof() override { end(""); }
  void on_broken(const Error&) override { end(""); }

  void write(std::string_view bytes) {
    if (bytes.empty()) return;
    port_.context_.traffic.bytes_out += bytes.size();
    socket_->write(bytes);
  }

  void log_end(std::string_view flaw) {
    if (!flaw.empty() && !channel_.peer().empty()) log_warn("peer {} is closed: {}", channel_.peer(), flaw);
    // A stranger may come as often as it likes.
    if (!flaw.empty() && channel_.peer().empty() && !std::exchange(port_.stranger_seen_, true)) {
      log_warn("a connection to the peers' port is closed: {}; no more of these are logged", flaw);
    }
  }

  Port& port_;
  const std::uint64_t number_;
  std::unique_ptr<io::Socket> socket_;
  Channel channel_;
  io::Deadline greeting_;
};

void Port::Inbound::end(std::string_view flaw) {
  log_end(flaw);
  socket_->close();
  port_.forget(number_);
}

Port::Port(const Context& context, io::ListenSocket socket)
    : context_(context),
      socket_(std::move(socket)),
      deadlines_(context.loop),
      acceptor_(context.loop, socket_, [this](int fd, const Address&) { accept(fd); }) {
  acceptor_.resume();
}

Port::~Port() = default;

void Port::answer(const Asker& asker, Message message) {
  const auto found = open_.find(asker.connection);
  if (found != open_.end()) found->second->answer(asker.question, std::move(message));
}

void Port::accept(int fd) {
  const std::uint64_t number = ++last_connection_;
  auto socket = io::Socket::adopt(context_.loop, fd, socket_.address().is_unix());
  Inbound& inbound = *open_.emplace(number, std::make_unique<Inbound>(*this, number, std::move(socket))).first->second;
  if (open_.size() >= connections_max) acceptor_.pause();
  inbound.start();
}

// A peer that connects anew has given its older connection up: what still comes there is no question any more, and may
// contradict what it says now.
void Port::end_older(const std::string& peer, std::uint64_t than) {
  std::vector<Inbound*> older;
  for (const auto& [number, inbound] : open_) {
    if (number < than && inbound->peer() == peer) older.push_back(inbound.get());
  }
  for (Inbound* inbound : older) inbound->end("it has connected anew");
}

// It may be inside one of its own calls, so its last owner is the loop.
void Port::forget(std::uint64_t connection) {
  const auto found = open_.find(connection);
  if (found == open_.end()) return;
  context_.loop.bury(std::move(found->second));
  open_.erase(found);
  acceptor_.resume();
}

}  // namespace stickler::stub
