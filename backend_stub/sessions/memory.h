// MemoryStore: sessions in this process only (`--sessions memory`). They end with it, and no other node knows them.
//
// All lives are equally long, so the order of the last touch is the order of expiry: what is over stands at the front
// of one list. A few of those go with every call and the rest in tidy(), so that no call takes long.
#pragma once

#include <unordered_map>

#include "backend_stub/sessions/session_store.h"
#include "lb/base/intrusive_list.h"

namespace stickler::stub {

struct MemoryLimits {
  Duration life;  // Of a session that nobody touches.
  std::size_t sessions_max;
};

class MemoryStore final : public SessionStore {
 public:
  // Requires: `clock` outlives it.
  MemoryStore(const Clock& clock, const MemoryLimits& limits) : clock_(clock), limits_(limits) {}

  void create(const std::string& id, Session session, OnStored done) override;
  void load(const std::string& id, OnStored done) override;
  void touch(const std::string& id, OnStored done) override;
  void update(const std::string& id, Update update, OnStored done) override;
  void erase(const std::string& id, OnStored done) override;
  StoreStats stats() const override;
  void tidy() override;

 private:
  struct Entry : ListNode<Entry> {
    std::string_view id;  // The key's bytes.
    Session session;
    std::uint64_t version = 1;
    TimePoint ends;
  };

  Entry* find(const std::string& id);
  void prolong(Entry& entry);
  void remove(Entry& entry);
  void remove_expired(std::size_t most);
  StoreAnswer answer(const Entry& entry) const;

  const Clock& clock_;
  const MemoryLimits limits_;
  std::unordered_map<std::string, Entry> entries_;  // Its nodes stay where they are.
  IntrusiveList<Entry> by_end_;                     // The one whose life ends first is in front.
  StoreStats stats_;
};

}  // namespace stickler::stub
