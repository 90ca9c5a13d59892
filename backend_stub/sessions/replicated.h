// ReplicatedStore: sessions that other nodes hold as well (`--sessions primary-backup` and `all-to-all`). The loop's
// thread.
//
// A session has one owner at a time, which alone writes it. A node that is asked to write another's session, or in
// primary-backup to read it, becomes its owner first: see claims.h. Where the copies go: spread.h. What happens when
// nodes come and go: offers.h, mending.h. What other nodes may do here: desk.h.
#pragma once

#include "backend_stub/sessions/claims.h"
#include "backend_stub/sessions/desk.h"
#include "backend_stub/sessions/mending.h"
#include "backend_stub/sessions/offers.h"

namespace stickler::stub {

struct ReplicatedSettings {
  Placement placement;
  bool sync = true;
  Duration life;  // Of a session that nobody touches.
  std::size_t sessions_max;
};

class ReplicatedStore final : public SessionStore, private PeersEvents {
 public:
  struct World {
    io::Loop& loop;
    const Clock& clock;  // That sessions live by.
    const Clock& real;   // See pulse.h.
  };

  // Requires: what `world` names outlives it.
  ReplicatedStore(const World& world, const ReplicatedSettings& settings, PeersSettings peers);

  void create(const std::string& id, Session session, OnStored done) override;
  void load(const std::string& id, OnStored done) override;
  void touch(const std::string& id, OnStored done) override;
  void update(const std::string& id, Update update, OnStored done) override;
  void erase(const std::string& id, OnStored done) override;
  StoreStats stats() const override;
  void tidy() override;

  const Peers& peers() const { return peers_; }

 private:
  // What a call has made of a session, which may have gone to another node since.
  struct Written {
    std::string id;
    std::uint64_t version;
    std::shared_ptr<const Session> session;
  };
  using OnOwned = std::function<void(Claims::Outcome outcome)>;

  void on_live(const std::string& peer, bool restarted) override;
  void on_lost(const std::string& peer) override;
  void on_settled() override { claims_.peers_settled(); }
  void on_question(const Asker& asker, Message& question) override;

  void with_owned(const std::string& id, int attempts_left, OnOwned done);
  void write(const std::string& id, Update update, const OnStored& done);
  void erase(const std::string& id, int attempts_left, OnStored done);
  void erase_owned(const std::string& id, int attempts_left, OnStored done);
  Spread::Done answering(Written written, OnStored done);
  StoreAnswer answer(const std::string& id, const Replica& replica) const;

  ReplicaTable table_;
  Group group_;
  Spread spread_;
  Claims claims_;
  Desk desk_;
  Offers offers_;
  Mending mending_;
  io::Timer pulse_;
  Peers peers_;  // Ends first: then nobody calls the others any more.
};

}  // namespace stickler::stub
