#include "backend_stub/sessions/replicated.h"

#include <utility>

namespace stickler::stub {
namespace {

constexpr std::size_t removed_by_a_call = 4;
constexpr std::size_t removed_by_tidy = 20000;

static_assert(Pulse::standstill + Pulse::interval <= Link::patience);  // We learn of it before we are passed over.

// Each loss of a session to another node's claim means that a request there has had it.
constexpr int claims_max = 16;

// An end stands above whatever terms the claims may open that are under way.
constexpr std::uint64_t terms_to_end = 1000;

StoreAnswer failure(StoreStatus status) {
  return {
      .status = status,
      .reason = status == StoreStatus::unavailable ? "other nodes take this session over all the time; try again" : ""};
}

StoreStatus status_of(Claims::Outcome outcome) {
  return outcome == Claims::Outcome::missing ? StoreStatus::missing : StoreStatus::unavailable;
}

}  // namespace

ReplicatedStore::ReplicatedStore(const World& world, const ReplicatedSettings& settings, PeersSettings peers)
    : table_(world.clock, settings.life, settings.sessions_max),
      group_{.placement = settings.placement,
             .sync = settings.sync,
             .loop = world.loop,
             .table = table_,
             .peers = peers_,
             .pulse = Pulse(world.real)},
      spread_(group_),
      claims_(group_, spread_),
      desk_(group_, spread_, claims_),
      offers_(group_, spread_),
      mending_(group_, spread_, claims_),
      pulse_(world.loop, [this] { group_.pulse.feel(); }),
      peers_(world.loop, std::move(peers), *this) {
  pulse_.start(Pulse::interval, Pulse::interval);
}

void ReplicatedStore::create(const std::string& id, Session session, OnStored done) {
  table_.remove_expired(removed_by_a_call);
  if (table_.find(id) != nullptr) return done(failure(StoreStatus::conflict));
  if (table_.full()) return done(failure(StoreStatus::full));
  const Stamp* end = table_.end_of(id);
  const Stamp stamp{.term = end == nullptr ? 1 : end->term + 1, .owner = peers_.self(), .version = 1};
  table_.forget_notes(id);
  const auto shared = std::make_shared<const Session>(std::move(session));
  table_.put({.id = id, .stamp = stamp, .left = table_.life(), .session = shared}, group_.pulse.now_beyond_doubt());
  table_.count_creation();
  spread_.whole(id, answering({.id = id, .version = 1, .session = shared}, std::move(done)));
}

// What is still on its way to the others is not shown: a death of this node would undo it. The pulse is felt with every
// request, so that the first one after a standstill is not answered from what this node had before it.
void ReplicatedStore::load(const std::string& id, OnStored done) {
  if (group_.sync && spread_.busy(id)) {
    return spread_.when_done(id, [this, id, done = std::move(done)] { load(id, done); });
  }
  group_.pulse.feel();
  const Replica* replica = table_.find(id);
  if (replica != nullptr && group_.may_answer_from(*replica)) return done(answer(id, *replica));
  with_owned(id, claims_max, [this, id, done = std::move(done)](Claims::Outcome outcome) {
    done(outcome == Claims::Outcome::owned ? answer(id, *table_.find(id)) : failure(status_of(outcome)));
  });
}

void ReplicatedStore::touch(const std::string& id, OnStored done) {
  with_owned(id, claims_max, [this, id, done = std::move(done)](Claims::Outcome outcome) {
    if (outcome != Claims::Outcome::owned) return done(failure(status_of(outcome)));
    table_.prolong(id, table_.life());
    const Replica& replica = *table_.find(id);
    const std::uint64_t version = replica.stamp.version;
    spread_.change({.id = id, .stamp = replica.stamp, .from = replica.stamp, .left = table_.life()},
                   answering({.id = id, .version = version, .session = replica.session}, done));
  });
}

void ReplicatedStore::update(const std::string& id, Update update, OnStored done) {
  with_owned(id, claims_max, [this, id, update = std::move(update), done = std::move(done)](Claims::Outcome outcome) {
    outcome == Claims::Outcome::owned ? write(id, update, done) : done(failure(status_of(outcome)));
  });
}

void ReplicatedStore::write(const std::string& id, Update update, const OnStored& done) {
  const Replica& replica = *table_.find(id);
  if (replica.stamp.version != update.from_version) return done(failure(StoreStatus::conflict));
  const Session& old = *replica.session;
  Stamp stamp = replica.stamp;
  ++stamp.version;
  Change change{.id = id, .stamp = stamp, .from = replica.stamp, .left = table_.life()};
  const bool whole = update.session.user != old.user;
  if (update.session.visits != old.visits) change.visits = update.session.visits;
  if (update.session.data != old.data) change.data = update.session.data;
  const auto session = std::make_shared<const Session>(std::move(update.session));
  const std::uint64_t version = stamp.version;
  table_.write(id, std::move(stamp), session);
  table_.prolong(id, table_.life());
  auto written = answering({.id = id, .version = version, .session = session}, done);
  whole ? spread_.whole(id, std::move(written)) : spread_.change(std::move(change), std::move(written));
}

void ReplicatedStore::erase(const std::string& id, OnStored done) { erase(id, claims_max, std::move(done)); }

void ReplicatedStore::erase(const std::string& id, int attempts_left, OnStored done) {
  with_owned(id, claims_max, [this, id, attempts_left, done = std::move(done)](Claims::Outcome outcome) {
    if (outcome != Claims::Outcome::owned) return done(failure(status_of(outcome)));
    erase_owned(id, attempts_left, done);
  });
}

// Every living node is told, not only those that are known to hold a copy: a session that the user has ended must not
// come back from one that was forgotten.
void ReplicatedStore::erase_owned(const std::string& id, int attempts_left, OnStored done) {
  struct Job {
    OnStored done;
    std::size_t awaited;
    bool superseded = false;
  };
  Stamp stamp = table_.find(id)->stamp;
  stamp.term += terms_to_end;
  table_.remove(id);
  table_.note_end(id, stamp);
  const std::vector<std::string> live(peers_.live().begin(), peers_.live().end());
  const auto job = std::make_shared<Job>(Job{.done = std::move(done), .awaited = live.size() + 1});
  const auto arrived = [this, id, attempts_left, job] {
    if (--job->awaited > 0) return;
    if (!job->superseded || attempts_left <= 1) return std::exchange(job->done, nullptr)({.status = StoreStatus::ok});
    table_.forget_notes(id);
    erase(id, attempts_left - 1, std::exchange(job->done, nullptr));
  };
  for (const std::string& peer : live) {
    peers_.ask(peer, Erase{.id = id, .stamp = stamp}, [job, arrived](const Message* answer) {
      const auto* stored = answer == nullptr ? nullptr : std::get_if<Stored>(answer);
      job->superseded = job->superseded || (stored != nullptr && stored->status == Stored::Status::superseded);
      arrived();
    });
  }
  if (!group_.sync) std::exchange(job->done, [](const StoreAnswer&) {})({.status = StoreStatus::ok});
  arrived();
}

// `done(owned)` finds the session in the table, owned by this node.
void ReplicatedStore::with_owned(const std::string& id, int attempts_left, OnOwned done) {
  group_.pulse.feel();
  const Replica* replica = table_.find(id);
  if (replica != nullptr && group_.may_write(*replica)) return done(Claims::Outcome::owned);
  if (attempts_left == 0) return done(Claims::Outcome::unavailable);
  claims_.claim(id, [this, id, attempts_left, done = std::move(done)](Claims::Outcome outcome) {
    outcome == Claims::Outcome::owned ? with_owned(id, attempts_left - 1, done) : done(outcome);
  });
}

Spread::Done ReplicatedStore::answering(Written written, OnStored done) {
  return [this, written = std::move(written), done = std::move(done)](Spread::Outcome outcome) {
    if (outcome == Spread::Outcome::superseded) return done(failure(StoreStatus::conflict));
    const Replica* replica = table_.find(written.id);
    done({.status = StoreStatus::ok,
          .session = written.session.get(),
          .version = written.version,
          .left = replica == nullptr ? Duration::zero() : table_.left(*replica),
          .backup = replica == nullptr ? std::string() : spread_.backup_of(written.id, *replica)});
  };
}

StoreAnswer ReplicatedStore::answer(const std::string& id, const Replica& replica) const {
  return {.status = StoreStatus::ok,
          .session = replica.session.get(),
          .version = replica.stamp.version,
          .left = table_.left(replica),
          .backup = spread_.backup_of(id, replica)};
}

StoreStats ReplicatedStore::stats() const {
  StoreStats stats = table_.stats();
  const Traffic& traffic = peers_.traffic();
  stats.messages_in = traffic.messages_in;
  stats.messages_out = traffic.messages_out;
  stats.bytes_in = traffic.bytes_in;
  stats.bytes_out = traffic.bytes_out;
  return stats;
}

void ReplicatedStore::tidy() {
  table_.remove_expired(removed_by_tidy);
  peers_.check_idle();
  mending_.tick();
}

void ReplicatedStore::on_live(const std::string& peer, bool restarted) {
  offers_.begin(peer);
  mending_.peer_live(peer, restarted);
}

void ReplicatedStore::on_lost(const std::string& peer) {
  offers_.end(peer);
  mending_.peer_lost(peer);
}

void ReplicatedStore::on_question(const Asker& asker, Message& question) {
  if (auto answer = desk_.answer(asker, question)) peers_.answer(asker, *std::move(answer));
}

}  // namespace stickler::stub
