// Peers: the other nodes of a group: asks them, answers them, knows which of them live. The loop's thread; owned by the
// store that replicates its sessions.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend_stub/peers/link.h"
#include "backend_stub/peers/port.h"

namespace stickler::stub {

struct PeersSettings {
  std::string self;              // The name of this node.
  std::uint64_t generation = 0;  // Not 0, and another at every start.
  io::ListenSocket socket;
  std::vector<PeerAddress> others;
  std::string secret;
};

class PeersEvents {
 public:
  virtual void on_live(const std::string& peer, bool restarted) = 0;  // Since it was live before.
  virtual void on_lost(const std::string& peer) = 0;
  virtual void on_settled() = 0;  // Each peer has been tried once.
  virtual void on_question(const Asker& asker, Message& question) = 0;

 protected:
  ~PeersEvents() = default;
};

class Peers final : private LinkEvents, private PortEvents {
 public:
  // Begins to dial and to listen; all peers may be down. Requires: `loop` and `events` outlive it.
  Peers(io::Loop& loop, PeersSettings settings, PeersEvents& events);

  const std::string& self() const { return identity_.name; }
  std::span<const std::string> live() const { return live_; }
  bool is_live(std::string_view peer) const;
  bool all_live() const { return live_.size() == links_.size(); }
  bool settled() const { return settled_; }
  const Traffic& traffic() const { return traffic_; }
  const Address& address() const { return port_.address(); }

  void ask(std::string_view peer, Message question, OnAnswer done);  // One that is not live does not answer.
  void answer(const Asker& asker, Message message) { port_.answer(asker, std::move(message)); }
  void check_idle();  // To be called about once a second, so that a silent death is noticed.

 private:
  void on_live(Link& link) override;
  void on_lost(Link& link) override;
  void on_tried(Link& link) override;
  void on_greeted(const std::string& peer) override;
  void on_question(const Asker& asker, Message& question) override { events_.on_question(asker, question); }
  Link* find(std::string_view peer) const;

  PeersEvents& events_;
  const Channel::Identity identity_;
  Traffic traffic_;
  std::vector<std::string> live_;
  std::vector<std::unique_ptr<Link>> links_;
  Port port_;
  bool settled_ = false;
};

}  // namespace stickler::stub
