// Link: this node's connection to one other, on which it asks and the other answers. It dials again for as long as it
// lives. The loop's thread; owned by Peers.
//
// A peer that does not answer in time is as good as dead until it greets anew: its connection is closed, so that no
// late answer is taken for another's, and everything else that waits for it fails at once.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "backend_stub/peers/channel.h"
#include "backend_stub/peers/peer_list.h"
#include "backend_stub/peers/traffic.h"
#include "lb/io/socket.h"
#include "lb/io/timer.h"

namespace stickler::stub {

class Link;

class LinkEvents {
 public:
  virtual void on_live(Link& link) = 0;
  virtual void on_lost(Link& link) = 0;   // After on_live. Then the questions that wait fail.
  virtual void on_tried(Link& link) = 0;  // The first attempt is over, well or not.

 protected:
  ~LinkEvents() = default;
};

// Null: none came. Borrowed, but may be moved from.
using OnAnswer = std::function<void(Message* answer)>;

class Link final : public io::TransportEvents {
 public:
  static constexpr std::chrono::milliseconds patience{200};

  struct Context {
    io::Loop& loop;
    const Channel::Identity& identity;
    Traffic& traffic;
    LinkEvents& events;
  };

  Link(const Context& context, PeerAddress peer);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  const std::string& name() const { return peer_.name; }
  bool live() const { return phase_ == Phase::live; }
  bool tried() const { return tried_; }
  bool restarted() const { return restarted_; }  // Since it was live before.

  void dial_now();  // Instead of after the pause that failures have made long. Nothing if it is dialling or live.
  void ask(Message question, OnAnswer done);  // `done` within the call only if the peer is not live.
  void check_idle();                          // Asks a peer that nobody asks anything whether it is there.

 private:
  enum class Phase : std::uint8_t { waiting, dialling, live };

  struct Waiting {
    std::uint64_t number;
    TimePoint until;
    OnAnswer done;
  };

  void on_connected() override;
  void on_data(std::span<const char> bytes) override;
  void on_eof() override {
    lose(live() ? "it has closed the connection" : "it refuses this node: is --peer-secret the same on both?");
  }
  void on_broken(const Error& error) override { lose(error.message); }
  void on_timer();

  void dial();
  void greeted();
  void take_answer();
  void flush();
  void lose(const std::string& reason);
  void set_tried();

  const Context context_;
  const PeerAddress peer_;
  std::unique_ptr<io::Socket> socket_;
  std::unique_ptr<Channel> channel_;
  std::deque<Waiting> waiting_;  // In the order of asking, which is that of their ends.
  io::Timer timer_;              // What it is for depends on the phase.
  Duration pause_;
  std::uint64_t last_number_ = 0;
  std::uint64_t generation_ = 0;  // Of the peer, when it was last live.
  Phase phase_ = Phase::waiting;
  bool tried_ = false;
  bool restarted_ = false;
  bool timing_ = false;       // The timer runs, for the first that waits.
  bool last_chance_ = false;  // Its time is over; one more turn of the loop.
};

}  // namespace stickler::stub
