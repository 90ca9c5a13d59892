// SessionStore: where log-in sessions live. One implementation a strategy: see registry.h. The loop's thread.
//
// Asynchronous, because most strategies ask somebody else: every call ends in exactly one call of `done`, perhaps
// before it returns; so the call is its caller's last statement. After the store's end nothing is called any more.
//
// Versioned, because requests of one session run in parallel: an update names the version it was made from, and is
// refused if another one came first. Nobody's change is lost unseen.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "lb/base/clock.h"

namespace stickler::stub {

struct Session {
  std::string user;
  std::uint64_t visits = 0;
  std::string data;  // What PUT /me/data wrote.
};

enum class StoreStatus : std::uint8_t {
  ok,
  missing,      // No such session, or its life is over.
  conflict,     // It has another version; for create: it exists.
  full,         // No room for one more session.
  unavailable,  // The store cannot say: down, or too slow. Never an excuse for a guess.
};

struct StoreAnswer {
  StoreStatus status = StoreStatus::ok;
  const Session* session = nullptr;  // As it now is; null unless ok, and after erase. Borrowed until `done` returns or
                                     // calls the store again.
  std::uint64_t version = 0;         // 1 when created, one more with each update.
  Duration left{};                   // Until its life is over, if nobody touches it.
  std::string backup{};              // The node that holds a replica; "": none.
  std::string reason{};              // If unavailable: a sentence for the client.
};

using OnStored = std::function<void(const StoreAnswer& answer)>;

// What an update writes, and the version it was made from.
struct Update {
  Session session;
  std::uint64_t from_version = 0;
};

// What a store has done for its sessions since its start, and holds now.
struct StoreStats {
  std::uint64_t sessions = 0;    // Held by this process.
  std::uint64_t bytes_held = 0;  // Ids, user names and data; without the store's own overhead.
  std::uint64_t created = 0;
  std::uint64_t expired = 0;
  std::uint64_t messages_in = 0;  // Replication.
  std::uint64_t messages_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

class SessionStore {
 public:
  virtual ~SessionStore() = default;

  virtual void create(const std::string& id, Session session, OnStored done) = 0;
  virtual void load(const std::string& id, OnStored done) = 0;                   // Leaves version and life as they are.
  virtual void touch(const std::string& id, OnStored done) = 0;                  // A new life; the same version.
  virtual void update(const std::string& id, Update update, OnStored done) = 0;  // A new life as well.
  virtual void erase(const std::string& id, OnStored done) = 0;

  virtual StoreStats stats() const = 0;
  virtual void tidy() {}  // Called about once a second: what is over may be removed.
};

}  // namespace stickler::stub
