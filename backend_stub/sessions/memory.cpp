#include "backend_stub/sessions/memory.h"

#include <utility>

namespace stickler::stub {
namespace {

constexpr std::size_t removed_by_a_call = 4;
constexpr std::size_t removed_by_tidy = 20000;  // Some milliseconds; more than log in per second.

std::uint64_t bytes_of(std::string_view id, const Session& session) {
  return id.size() + session.user.size() + session.data.size();
}

const StoreAnswer missing{.status = StoreStatus::missing};

}  // namespace

void MemoryStore::create(const std::string& id, Session session, OnStored done) {
  remove_expired(removed_by_a_call);
  if (find(id) != nullptr) return done({.status = StoreStatus::conflict});
  if (entries_.size() >= limits_.sessions_max) return done({.status = StoreStatus::full});
  const auto created = entries_.try_emplace(id).first;
  Entry& entry = created->second;
  entry.id = created->first;
  entry.session = std::move(session);
  prolong(entry);
  ++stats_.created;
  stats_.bytes_held += bytes_of(id, entry.session);
  done(answer(entry));
}

void MemoryStore::load(const std::string& id, OnStored done) {
  const Entry* entry = find(id);
  done(entry == nullptr ? missing : answer(*entry));
}

void MemoryStore::touch(const std::string& id, OnStored done) {
  Entry* entry = find(id);
  if (entry == nullptr) return done(missing);
  prolong(*entry);
  done(answer(*entry));
}

void MemoryStore::update(const std::string& id, Update update, OnStored done) {
  Entry* entry = find(id);
  if (entry == nullptr) return done(missing);
  if (entry->version != update.from_version) return done({.status = StoreStatus::conflict});
  stats_.bytes_held -= bytes_of(id, entry->session);
  entry->session = std::move(update.session);
  ++entry->version;
  prolong(*entry);
  stats_.bytes_held += bytes_of(id, entry->session);
  done(answer(*entry));
}

void MemoryStore::erase(const std::string& id, OnStored done) {
  Entry* entry = find(id);
  if (entry == nullptr) return done(missing);
  remove(*entry);
  done({.status = StoreStatus::ok});
}

StoreStats MemoryStore::stats() const {
  StoreStats stats = stats_;
  stats.sessions = entries_.size();
  return stats;
}

void MemoryStore::tidy() { remove_expired(removed_by_tidy); }

MemoryStore::Entry* MemoryStore::find(const std::string& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return nullptr;
  if (found->second.ends > clock_.now()) return &found->second;
  remove(found->second);
  ++stats_.expired;
  return nullptr;
}

void MemoryStore::prolong(Entry& entry) {
  entry.ends = clock_.now() + limits_.life;
  by_end_.push_back(entry);
}

void MemoryStore::remove(Entry& entry) {
  stats_.bytes_held -= bytes_of(entry.id, entry.session);
  entries_.erase(entries_.find(std::string(entry.id)));
}

void MemoryStore::remove_expired(std::size_t most) {
  for (; most > 0; --most) {
    Entry* first = by_end_.front();
    if (first == nullptr || first->ends > clock_.now()) return;
    remove(*first);
    ++stats_.expired;
  }
}

StoreAnswer MemoryStore::answer(const Entry& entry) const {
  return {.status = StoreStatus::ok,
          .session = &entry.session,
          .version = entry.version,
          .left = entry.ends - clock_.now(),
          .backup = {},
          .reason = {}};
}

}  // namespace stickler::stub
