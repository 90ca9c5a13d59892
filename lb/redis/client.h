// Client: one connection to Redis: commands in a row, each answered or given up in a bounded time, reconnected by
// itself with growing pauses. The loop's thread; nothing it does blocks.
//
// A command that is not answered within `answer_max` ends the connection, since its answer would be taken for that of
// the next. So whoever waits does so for that time once, and then not at all until the store has answered a PING in
// time again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/base/store_url.h"
#include "lb/io/deadlines.h"
#include "lb/io/loop.h"
#include "lb/io/socket.h"
#include "lb/redis/reply.h"
#include "lb/redis/reply_reader.h"

namespace stickler::redis {

struct ClientOptions {
  StoreUrl url;
  Duration answer_max = std::chrono::milliseconds(50);
  std::size_t commands_max = 1024;  // On their way.
};

struct ClientEvents {
  std::function<void()> on_up;                          // It has answered: commands are taken from now on.
  std::function<void(const std::string& why)> on_down;  // They are not. Also of the first attempt that fails.
};

class Client final : private io::TransportEvents {
 public:
  static constexpr std::chrono::seconds connect_max{1};
  static constexpr std::chrono::milliseconds pause_min{100};  // Before it connects again, twice as long each time, ...
  static constexpr std::chrono::seconds pause_max{5};
  static constexpr std::chrono::seconds steady_after{10};  // ... until it has been up for so long.

  // What it uses; all outlive it.
  struct Place {
    io::Loop& loop;
    io::Deadlines& deadlines;
    const Clock& clock;
  };

  using OnReply = std::function<void(const Reply& reply)>;

  // Begins to connect. Events come later, never within a call.
  Client(const Place& place, ClientOptions options, ClientEvents events);
  ~Client();  // What is on its way is dropped, without a word. Requires: not within an event or reply of its own.
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool is_up() const { return state_ == State::up; }
  bool has_room() const { return is_up() && under_way_.size() < options_.commands_max; }

  // `on_reply` is called once, never within this call. Requires: has_room().
  void send(std::span<const std::string_view> command, OnReply on_reply);
  void send(std::initializer_list<std::string_view> command, OnReply on_reply) {
    send(std::span(command.begin(), command.size()), std::move(on_reply));
  }

 private:
  enum class State : std::uint8_t { pausing, connecting, greeting, up };

  struct Command {
    TimePoint due;
    OnReply on_reply;
  };

  void on_connected() override;
  void on_data(std::span<const char> bytes) override;
  void on_eof() override;
  void on_broken(const Error& error) override;

  void connect();
  void greet(std::string command, std::initializer_list<std::string_view> arguments);
  void on_greeted(const std::string& command, const Reply& reply);
  void write(std::span<const std::string_view> command, OnReply on_reply);
  bool take_reply();
  void on_deadline();
  void watch_oldest();
  void drop(Reply::Kind kind, const std::string& why);

  Place place_;
  const ClientOptions options_;
  const ClientEvents events_;
  io::Deadline deadline_;  // Of the pause, the connect or the oldest command.
  State state_ = State::pausing;
  std::unique_ptr<io::Socket> socket_;
  std::optional<ReplyReader> reader_;
  std::deque<Command> under_way_;  // The oldest first.
  Duration pause_{pause_min};
  TimePoint up_since_{};
  bool is_overdue_ = false;      // The oldest command.
  bool has_complained_ = false;  // Since it was up.
};

}  // namespace stickler::redis
