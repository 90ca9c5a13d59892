#include "backend_stub/peers/link.h"

#include <algorithm>
#include <utility>

#include "backend_stub/peers/nonce.h"
#include "lb/base/log.h"

namespace stickler::stub {
namespace {

constexpr std::chrono::milliseconds pause_min{50};
constexpr std::chrono::milliseconds pause_max{1000};
constexpr std::chrono::milliseconds greeting_max{1000};

// What may wait for a peer that reads slower than we write; patience ends it long before in practice.
constexpr std::size_t unsent_bytes_max = 2 * message_bytes_max;

}  // namespace

Link::Link(const Context& context, PeerAddress peer)
    : context_(context), peer_(std::move(peer)), timer_(context.loop, [this] { on_timer(); }), pause_(pause_min) {
  timer_.start(Duration::zero());
}

Link::~Link() = default;

void Link::dial_now() {
  if (phase_ == Phase::waiting) timer_.start(Duration::zero());
}

void Link::dial() {
  phase_ = Phase::dialling;
  channel_ = std::make_unique<Channel>(Side::dialler, context_.identity, new_channel_nonce());
  timer_.start(greeting_max);
  socket_ = io::Socket::connect(context_.loop, peer_.address, *this);
}

void Link::on_connected() {
  const std::string opening = channel_->opening();
  context_.traffic.bytes_out += opening.size();
  socket_->write(opening);
}

void Link::on_data(std::span<const char> bytes) {
  context_.traffic.bytes_in += bytes.size();
  channel_->push({bytes.data(), bytes.size()});
  while (channel_ != nullptr) {  // A turn may end the connection.
    switch (channel_->next()) {
      case Channel::Event::need_more:
        return flush();
      case Channel::Event::greeted:
        greeted();
        break;
      case Channel::Event::message:
        take_answer();
        break;
      case Channel::Event::broken:
        return lose(std::string(channel_->flaw()));
    }
  }
}

void Link::greeted() {
  if (channel_->peer() != peer_.name) return lose("it says that it is '" + channel_->peer() + "'");
  phase_ = Phase::live;
  const std::uint64_t before = std::exchange(generation_, channel_->peer_generation());
  restarted_ = before != 0 && before != generation_;
  pause_ = pause_min;
  timer_.stop();
  last_chance_ = false;
  flush();  // The greeting, before what the events may ask.
  log_info("peer {}: connected", peer_.name);
  context_.events.on_live(*this);
  set_tried();
}

void Link::ask(Message question, OnAnswer done) {
  if (!live()) return done(nullptr);
  waiting_.push_back({.number = ++last_number_, .until = context_.loop.now() + patience, .done = std::move(done)});
  channel_->send({.number = last_number_, .message = std::move(question)});
  ++context_.traffic.messages_out;
  flush();
  if (std::exchange(timing_, true)) return;
  timer_.start(patience);
}

void Link::check_idle() {
  if (live() && waiting_.empty()) ask(Ping{}, [](Message*) {});
}

// Answers may come in any order: some questions have to wait on the other side.
void Link::take_answer() {
  ++context_.traffic.messages_in;
  Envelope& envelope = channel_->envelope();
  const auto found = std::ranges::find(waiting_, envelope.number, &Waiting::number);
  if (found == waiting_.end()) return lose("it answers what nobody has asked");
  last_chance_ = false;
  const OnAnswer done = std::move(found->done);
  waiting_.erase(found);
  Message answer = std::move(envelope.message);
  done(&answer);
}

void Link::flush() {
  const std::string output = channel_->take_output();
  if (output.empty()) return;
  context_.traffic.bytes_out += output.size();
  socket_->write(output);
}

void Link::on_timer() {
  if (phase_ == Phase::waiting) return dial();
  if (phase_ == Phase::dialling) return lose("it does not answer");
  timing_ = false;
  if (waiting_.empty()) return;
  const Duration left = waiting_.front().until - context_.loop.now();
  // Who stood still may have been this process: then the answer is here, and is read before the timer's next turn.
  const bool over = left <= Duration::zero() && std::exchange(last_chance_, left <= Duration::zero());
  if (over || socket_->unsent_bytes() > unsent_bytes_max) return lose("it does not answer in time");
  timing_ = true;
  timer_.start(std::max<Duration>(left, std::chrono::milliseconds(1)));
}

void Link::lose(const std::string& reason) {
  const bool was_live = live();
  if (was_live || !tried_) log_warn("peer {}: not connected: {}", peer_.name, reason);
  phase_ = Phase::waiting;
  socket_->close();
  context_.loop.bury(std::move(socket_));
  context_.loop.bury(std::move(channel_));
  timing_ = false;
  timer_.start(pause_);
  pause_ = std::min<Duration>(pause_ * 2, pause_max);
  const std::deque<Waiting> failed = std::exchange(waiting_, {});
  set_tried();
  if (was_live) context_.events.on_lost(*this);
  for (const Waiting& one : failed) one.done(nullptr);
}

void Link::set_tried() {
  if (!std::exchange(tried_, true)) context_.events.on_tried(*this);
}

}  // namespace stickler::stub
