#include "lb/redis/client.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

namespace stickler::redis {
namespace {

std::int64_t milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

// For the log. No more of it: an error may repeat the command, and so the password.
std::string first_word(std::string_view text) {
  constexpr std::size_t word_max = 32;
  std::string word;
  for (const char c : text.substr(0, word_max)) {
    if (c < 'A' || c > 'Z') break;
    word += c;
  }
  return word.empty() ? "an error" : word;
}

}  // namespace

Client::Client(const Place& place, ClientOptions options, ClientEvents events)
    : place_(place),
      options_(std::move(options)),
      events_(std::move(events)),
      deadline_(
          place.deadlines, [](void* client) { static_cast<Client*>(client)->on_deadline(); }, this) {
  connect();
}

Client::~Client() = default;

void Client::connect() {
  state_ = State::connecting;
  reader_.emplace();
  deadline_.arm(connect_max);
  socket_ = io::Socket::connect(place_.loop, options_.url.address, *this);
}

void Client::on_connected() {
  state_ = State::greeting;
  if (!options_.url.password.empty()) greet("AUTH", {options_.url.password});
  if (options_.url.database != 0) greet("SELECT", {std::to_string(options_.url.database)});
  greet("PING", {});
}

void Client::greet(std::string command, std::initializer_list<std::string_view> arguments) {
  std::vector<std::string_view> words{command};
  words.insert(words.end(), arguments);
  write(words, [this, command](const Reply& reply) { on_greeted(command, reply); });
}

void Client::on_greeted(const std::string& command, const Reply& reply) {
  if (state_ != State::greeting || reply.kind == Reply::Kind::timeout || reply.kind == Reply::Kind::lost) return;
  if (reply.kind != Reply::Kind::status) {
    const std::string said = reply.kind == Reply::Kind::error ? first_word(reply.text) : "no status";
    return drop(Reply::Kind::lost, fmt::format("it answers {} with {}", command, said));
  }
  if (command != "PING") return;
  state_ = State::up;
  up_since_ = place_.clock.now();
  has_complained_ = false;
  events_.on_up();
}

void Client::send(std::span<const std::string_view> command, OnReply on_reply) {
  assert(has_room());
  write(command, std::move(on_reply));
}

void Client::write(std::span<const std::string_view> command, OnReply on_reply) {
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : command) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* text = nullptr;
  const int size = redisFormatCommandArgv(&text, static_cast<int>(words.size()), words.data(), sizes.data());
  if (size > 0) socket_->write(std::string_view(text, static_cast<std::size_t>(size)));
  redisFreeCommand(text);
  under_way_.push_back({.due = place_.clock.now() + options_.answer_max, .on_reply = std::move(on_reply)});
  if (under_way_.size() == 1) watch_oldest();
}

void Client::watch_oldest() {
  is_overdue_ = false;
  if (under_way_.empty()) return deadline_.disarm();
  deadline_.arm(under_way_.front().due - place_.clock.now());
}

void Client::on_data(std::span<const char> bytes) {
  const auto fed = reader_->feed(bytes);
  if (!fed) return drop(Reply::Kind::lost, fed.error().message);
  while (take_reply()) {
  }
}

// False: there is none, or no connection any more.
bool Client::take_reply() {
  if (socket_ == nullptr) return false;
  const auto reply = reader_->next();
  if (!reply) return drop(Reply::Kind::lost, reply.error().message), false;
  if (!*reply) return false;
  if (under_way_.empty()) return drop(Reply::Kind::lost, "it answers what nobody has asked"), false;
  const OnReply on_reply = std::move(under_way_.front().on_reply);
  under_way_.pop_front();
  watch_oldest();
  on_reply(**reply);
  return true;
}

void Client::on_eof() { drop(Reply::Kind::lost, "it has closed the connection"); }

void Client::on_broken(const Error& error) { drop(Reply::Kind::lost, error.message); }

void Client::on_deadline() {
  switch (state_) {
    case State::pausing:
      return connect();
    case State::connecting:
      return drop(Reply::Kind::timeout, fmt::format("no connection within {} ms", milliseconds(connect_max)));
    case State::greeting:
    case State::up:
      // If it was this thread that had no time, the answer is here already: it is read before the next tick.
      if (!std::exchange(is_overdue_, true)) return deadline_.arm(Duration::zero());
      return drop(Reply::Kind::timeout, fmt::format("no answer within {} ms", milliseconds(options_.answer_max)));
  }
}

// Who is told may ask for more at once; he finds that there is no connection.
void Client::drop(Reply::Kind kind, const std::string& why) {
  const bool was_up = std::exchange(state_, State::pausing) == State::up;
  socket_->close();
  place_.loop.bury(std::move(socket_));
  if (was_up && place_.clock.now() - up_since_ >= steady_after) pause_ = pause_min;
  deadline_.arm(pause_);
  pause_ = std::min<Duration>(2 * pause_, pause_max);
  std::deque<Command> given_up = std::exchange(under_way_, {});
  if (was_up || !std::exchange(has_complained_, true)) events_.on_down(why);
  const Reply nothing{.kind = kind};
  for (const Command& command : given_up) command.on_reply(nothing);
}

}  // namespace stickler::redis
