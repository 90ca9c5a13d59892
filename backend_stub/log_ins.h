// LogIns: what users do with their log-in sessions, apart from HTTP. The loop's thread; owned by the App.
//
// Every call ends in one call of `done`, perhaps before it returns, and none after the end of *this.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "backend_stub/passwords.h"
#include "backend_stub/sessions/session_store.h"

namespace stickler::stub {

// What a user sees of the session.
struct Me {
  std::string user;
  std::uint64_t visits = 0;
  std::uint64_t version = 0;
  std::string backup;  // The node that holds the replica; "": none.
};

enum class Outcome : std::uint8_t { ok, not_logged_in, wrong_password, busy, no_memory, full, conflict, unavailable };

struct LogInResult {
  Outcome outcome = Outcome::ok;
  Me me;               // If ok, and not after log-out.
  std::string new_id;  // After log-in.
  std::string reason;  // If unavailable.
};

struct LogIn {
  Credentials credentials;
  std::string old_id;       // Of the session that the client had; "": none.
  bool refuse_new = false;  // As if the store were full.
};

class LogIns {
 public:
  using OnResult = std::function<void(const LogInResult& result)>;

  // A session lives for at least `ttl` after it was last used, and a sixteenth of that longer at most: so reading does
  // not cost a write each time. Such stores are made with life_for(ttl).
  LogIns(SessionStore& store, Passwords& passwords, Duration ttl) : store_(store), passwords_(passwords), ttl_(ttl) {}
  static constexpr Duration life_for(Duration ttl) { return ttl + ttl / 16; }

  // A new id each time, so that an id that was planted before the log-in is worth nothing; the old session ends.
  void log_in(LogIn log_in, OnResult done);
  void read(const std::string& id, OnResult done);
  void visit(const std::string& id, OnResult done);
  void write_data(const std::string& id, std::string data, OnResult done);
  void log_out(const std::string& id, OnResult done);

 private:
  using Edit = std::function<void(Session& session)>;

  void create(const LogIn& log_in, OnResult done);
  void change(const std::string& id, Edit edit, int attempts_left, OnResult done);

  SessionStore& store_;
  Passwords& passwords_;
  const Duration ttl_;
};

}  // namespace stickler::stub
