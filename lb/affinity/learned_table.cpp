#include "lb/affinity/learned_table.h"

#include <sodium.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace stickler::affinity {
namespace {

constexpr std::uint32_t shards_max = 64;
constexpr std::uint32_t entries_per_shard_min = 1024;  // In smaller ones luck, not age, would decide who goes.
constexpr std::uint32_t nobody = UINT32_MAX;
constexpr std::uint32_t seconds_mask = UINT32_MAX >> 1;  // 68 years of uptime.

// Left as it is where the shard is made, so that memory is touched by use only.
struct Entry {
  SessionDigest session;
  NodeId node;
  std::uint32_t last_use : 31;  // Seconds of the monotonic clock.
  std::uint32_t is_untold : 1;
  std::uint32_t newer;  // In the order of use; nobody: the newest.
  std::uint32_t older;  // nobody: the oldest.
  std::uint32_t next;   // In the same place of the index, or of those given back; nobody: the last.
};
static_assert(sizeof(Entry) == 40);
static_assert(sizeof(Entry) + sizeof(std::uint32_t) == LearnedTable::bytes_per_entry);

std::uint32_t seconds_of(TimePoint now) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
}

std::array<std::uint8_t, 16> random_tag_key() {
  std::array<std::uint8_t, 16> key{};
  static_assert(key.size() == crypto_shorthash_siphashx24_KEYBYTES);
  [[maybe_unused]] const int started = sodium_init();
  assert(started >= 0);
  randombytes_buf(key.data(), key.size());
  return key;
}

}  // namespace

class alignas(64) LearnedTable::Shard {
 public:
  struct Moment {
    std::uint32_t now;  // As Entry::last_use.
    Duration idle;
  };

  explicit Shard(std::uint32_t entries)
      : entries_(std::make_unique_for_overwrite<Entry[]>(entries)), index_(entries, nobody) {}

  NodeId find(const SessionDigest& session, const Moment& moment) { return use(session, moment).node; }

  struct Used {
    NodeId node = no_node;
    std::uint32_t last_use = 0;
    bool is_untold = false;
  };
  Used use(const SessionDigest& session, const Moment& moment) {
    const std::lock_guard lock(mutex_);
    const std::uint32_t at = place_of(session);
    if (at == nobody || is_idle(at, moment)) return {};
    const Entry& entry = entries_[at];
    const Used used{.node = entry.node, .last_use = entry.last_use, .is_untold = entry.is_untold != 0};
    use(at, moment.now);
    return used;
  }

  void mark(const SessionDigest& session, Told told) {
    const std::lock_guard lock(mutex_);
    const std::uint32_t at = place_of(session);
    if (at != nobody) entries_[at].is_untold = told == Told::no ? 1 : 0;
  }

  NodeId look_up(const SessionDigest& session, const Moment& moment) {
    const std::lock_guard lock(mutex_);
    const std::uint32_t at = place_of(session);
    return at == nobody || is_idle(at, moment) ? no_node : entries_[at].node;
  }

  std::chrono::seconds silence(const SessionDigest& session, std::uint32_t now) {
    const std::lock_guard lock(mutex_);
    const std::uint32_t at = place_of(session);
    return at == nobody ? std::chrono::seconds(0) : silence_at(at, now);
  }

  Bound bind(const SessionDigest& session, NodeId node, const Moment& moment) {
    const std::lock_guard lock(mutex_);
    return bind_at(place_of(session), session, node, moment);
  }

  Bound rebind(const SessionDigest& session, const Change& change, const Moment& moment) {
    const std::lock_guard lock(mutex_);
    const std::uint32_t at = place_of(session);
    const NodeId bound = at == nobody || is_idle(at, moment) ? no_node : entries_[at].node;
    if (bound != change.from) return {.done = false};
    if (change.to != no_node) return bind_at(at, session, change.to, moment);
    if (at != nobody) remove(at);
    return {};
  }

  void recall(const Memory& memory) {
    const std::lock_guard lock(mutex_);
    const std::uint32_t at = place_of(memory.session);
    if (at != nobody && entries_[at].last_use >= memory.last_use) return;
    take_over(at, memory);
  }

  void follow(const Memory& change) {
    const std::lock_guard lock(mutex_);
    const std::uint32_t at = place_of(change.session);
    if (change.node != no_node) {
      take_over(at, change);
    } else if (at != nobody) {
      remove(at);
    }
  }

  void forget(const SessionDigest& session) {
    const std::lock_guard lock(mutex_);
    if (const std::uint32_t at = place_of(session); at != nobody) remove(at);
  }

  // By the entries' own order, which is that of the memory.
  void count(LearnedTable::Counts& counts, const Moment& moment) const {
    const std::lock_guard lock(mutex_);
    for (std::uint32_t at = 0; at < touched_; ++at) {
      if (entries_[at].node != no_node && !is_idle(at, moment)) ++counts[entries_[at].node];
    }
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return size_;
  }

  void add_to(std::vector<Memory>& memories) const {
    const std::lock_guard lock(mutex_);
    for (std::uint32_t at = oldest_; at != nobody; at = entries_[at].newer) memories.push_back(memory_at(at));
  }

  Memory memory_of(const SessionDigest& session) {
    const std::lock_guard lock(mutex_);
    const std::uint32_t at = place_of(session);
    return at == nobody ? Memory{.session = session} : memory_at(at);
  }

 private:
  // By multiplication: the share of the hash is the place (Lemire 2019).
  std::uint32_t& head_of(const SessionDigest& session) {
    return index_[static_cast<std::size_t>(((session[0] >> 32) * index_.size()) >> 32)];
  }

  std::uint32_t place_of(const SessionDigest& session) {
    std::uint32_t at = head_of(session);
    while (at != nobody && entries_[at].session != session) at = entries_[at].next;
    return at;
  }

  // Workers read their clocks at different times: it may have been used a moment from now.
  std::chrono::seconds silence_at(std::uint32_t at, std::uint32_t now) const {
    const std::uint32_t last_use = entries_[at].last_use;
    return std::chrono::seconds(now > last_use ? now - last_use : 0);
  }

  bool is_idle(std::uint32_t at, const Moment& moment) const { return silence_at(at, moment.now) > moment.idle; }

  Bound bind_at(std::uint32_t at, const SessionDigest& session, NodeId node, const Moment& moment) {
    const bool is_full = free_ == nobody && touched_ == index_.size();
    const bool evicts = at == nobody && is_full && !is_idle(oldest_, moment);
    const bool anew = at == nobody || is_idle(at, moment) || entries_[at].node != node;
    if (at == nobody) at = insert(session);
    entries_[at].node = node;
    use(at, moment.now);
    return {.evicted = evicts, .anew = anew};
  }

  void take_over(std::uint32_t at, const Memory& memory) {
    bind_at(at, memory.session, memory.node, {.now = memory.last_use, .idle = Duration::max()});
    entries_[newest_].is_untold = memory.is_untold ? 1 : 0;
  }

  Memory memory_at(std::uint32_t at) const {
    const Entry& entry = entries_[at];
    return {
        .session = entry.session, .node = entry.node, .last_use = entry.last_use, .is_untold = entry.is_untold != 0};
  }

  std::uint32_t insert(const SessionDigest& session) {
    const std::uint32_t at = take_place();
    ++size_;
    entries_[at].session = session;
    entries_[at].is_untold = 0;
    std::uint32_t& head = head_of(session);
    entries_[at].next = head;
    head = at;
    link_as_newest(at);
    return at;
  }

  // One given back, one never used, or that of the oldest.
  std::uint32_t take_place() {
    if (free_ == nobody) {
      if (touched_ < index_.size()) return touched_++;
      remove(oldest_);
    }
    return std::exchange(free_, entries_[free_].next);
  }

  void remove(std::uint32_t at) {
    std::uint32_t* link = &head_of(entries_[at].session);
    while (*link != at) link = &entries_[*link].next;
    *link = entries_[at].next;
    unlink(at);
    entries_[at].node = no_node;
    entries_[at].next = std::exchange(free_, at);
    --size_;
  }

  void use(std::uint32_t at, std::uint32_t now) {
    entries_[at].last_use = now & seconds_mask;
    if (at == newest_) return;
    unlink(at);
    link_as_newest(at);
  }

  void unlink(std::uint32_t at) {
    const Entry& entry = entries_[at];
    (entry.newer == nobody ? newest_ : entries_[entry.newer].older) = entry.older;
    (entry.older == nobody ? oldest_ : entries_[entry.older].newer) = entry.newer;
  }

  void link_as_newest(std::uint32_t at) {
    entries_[at].newer = nobody;
    entries_[at].older = newest_;
    (newest_ == nobody ? oldest_ : entries_[newest_].newer) = at;
    newest_ = at;
  }

  mutable std::mutex mutex_;  // See the header. Guards all below.
  std::unique_ptr<Entry[]> entries_;
  std::vector<std::uint32_t> index_;  // As many places as entries.
  std::uint32_t size_ = 0;            // Sessions.
  std::uint32_t touched_ = 0;         // Places that have held one; the others have never been written to.
  std::uint32_t free_ = nobody;       // Of those touched, the first that holds none.
  std::uint32_t newest_ = nobody;
  std::uint32_t oldest_ = nobody;
};

LearnedTable::LearnedTable(std::uint32_t entries) : LearnedTable(entries, random_tag_key()) {}

LearnedTable::LearnedTable(std::uint32_t entries, const TagKey& key) : key_(key), entries_max_(entries) {
  assert(entries > 0);
  const std::uint32_t shards = std::clamp(entries / entries_per_shard_min, 1U, shards_max);
  for (std::uint32_t i = 0; i < shards; ++i) {
    const std::uint32_t share = entries / shards + (i < entries % shards ? 1 : 0);
    shards_.push_back(std::make_unique<Shard>(share));
  }
}

std::shared_ptr<LearnedTable> LearnedTable::resized(std::uint32_t entries, LearnedTable& from) {
  auto table = std::make_shared<LearnedTable>(entries, from.key_);
  // First, so that nothing falls between what is copied and what is passed on. Weak: the configuration that it was made
  // for may be refused.
  from.watch([heir = std::weak_ptr(table)](const Memory& change) {
    if (const auto next = heir.lock()) next->follow(change);
  });
  for (const Memory& memory : from.memories()) table->recall(memory);
  return table;
}

std::vector<LearnedTable::Memory> LearnedTable::memories() const {
  std::vector<Memory> all;
  all.reserve(size());
  for (const auto& shard : shards_) shard->add_to(all);
  std::ranges::stable_sort(all, {}, &Memory::last_use);
  return all;
}

void LearnedTable::recall(const Memory& memory) { shard_of(memory.session).recall(memory); }

void LearnedTable::follow(const Memory& change) {
  shard_of(change.session).follow(change);
  tell(change.session);
}

void LearnedTable::watch(OnChange on_change) {
  const std::lock_guard lock(watch_mutex_);
  is_watched_.store(on_change != nullptr, std::memory_order_release);
  on_change_ = std::make_shared<const OnChange>(std::move(on_change));
}

// As it is by now: of two changes at once the later may be told twice, but never the one before it last.
void LearnedTable::tell(const SessionDigest& changed) const {
  if (!is_watched_.load(std::memory_order_acquire)) return;
  std::shared_ptr<const OnChange> on_change;
  {
    const std::lock_guard lock(watch_mutex_);
    on_change = on_change_;
  }
  if (*on_change != nullptr) (*on_change)(shard_of(changed).memory_of(changed));
}

LearnedTable::~LearnedTable() = default;

SessionDigest LearnedTable::digest(std::string_view value) const {
  SessionDigest digest{};
  static_assert(sizeof(digest) == crypto_shorthash_siphashx24_BYTES);
  std::array<std::uint8_t, sizeof(digest)> bytes{};
  crypto_shorthash_siphashx24(bytes.data(), reinterpret_cast<const std::uint8_t*>(value.data()), value.size(),
                              key_.data());
  std::memcpy(digest.data(), bytes.data(), bytes.size());
  return digest;
}

NodeId LearnedTable::find(const SessionDigest& session, TimePoint now, Duration idle) {
  return shard_of(session).find(session, {.now = seconds_of(now), .idle = idle});
}

NodeId LearnedTable::look_up(const SessionDigest& session, TimePoint now, Duration idle) const {
  return shard_of(session).look_up(session, {.now = seconds_of(now), .idle = idle});
}

Duration LearnedTable::silence(const SessionDigest& session, TimePoint now) const {
  return shard_of(session).silence(session, seconds_of(now));
}

LearnedTable::Use LearnedTable::use(const SessionDigest& session, TimePoint now, const SharedTimes& times) {
  const std::uint32_t second = seconds_of(now);
  const Shard::Used used = shard_of(session).use(session, {.now = second, .idle = times.idle});
  if (used.node == no_node) return {};
  const auto period = std::chrono::duration_cast<std::chrono::seconds>(times.period).count();
  assert(period > 0);
  // So that not all sessions are due in the same second.
  const auto period_at = [&](std::uint32_t at) {
    return (std::int64_t{at} + static_cast<std::int64_t>(session[0] >> 32)) / period;
  };
  return {.node = used.node, .is_due = period_at(used.last_use) < period_at(second), .is_untold = used.is_untold};
}

void LearnedTable::mark(const SessionDigest& session, Told told) {
  shard_of(session).mark(session, told);
  tell(session);
}

LearnedTable::Bound LearnedTable::bind(const SessionDigest& session, NodeId node, TimePoint now, Duration idle) {
  const std::uint32_t seconds = seconds_of(now);
  const Bound bound = shard_of(session).bind(session, node, {.now = seconds, .idle = idle});
  tell(session);
  return bound;
}

LearnedTable::Bound LearnedTable::rebind(const SessionDigest& session, Change change, TimePoint now, Duration idle) {
  const std::uint32_t seconds = seconds_of(now);
  const Bound bound = shard_of(session).rebind(session, change, {.now = seconds, .idle = idle});
  if (bound.done) tell(session);
  return bound;
}

void LearnedTable::forget(const SessionDigest& session) {
  shard_of(session).forget(session);
  tell(session);
}

LearnedTable::Counts LearnedTable::count(TimePoint now, Duration idle) const {
  Counts counts;
  for (const auto& shard : shards_) shard->count(counts, {.now = seconds_of(now), .idle = idle});
  return counts;
}

std::size_t LearnedTable::size() const {
  std::size_t all = 0;
  for (const auto& shard : shards_) all += shard->size();
  return all;
}

// By the half of the digest that does not say the place within the shard.
LearnedTable::Shard& LearnedTable::shard_of(const SessionDigest& session) const {
  return *shards_[session[1] % shards_.size()];
}

}  // namespace stickler::affinity
