#include "backend_stub/log_ins.h"

#include <utility>

#include "backend_stub/session_cookie.h"

namespace stickler::stub {
namespace {

// Each loss of the race means that another request of the session has won it.
constexpr int attempts = 16;

Outcome outcome_of(StoreStatus status) {
  switch (status) {
    case StoreStatus::ok:
      return Outcome::ok;
    case StoreStatus::missing:
      return Outcome::not_logged_in;
    case StoreStatus::conflict:
      return Outcome::conflict;
    case StoreStatus::full:
      return Outcome::full;
    case StoreStatus::unavailable:
      break;
  }
  return Outcome::unavailable;
}

LogInResult result_of(const StoreAnswer& answer) {
  LogInResult result{.outcome = outcome_of(answer.status), .me = {}, .new_id = {}, .reason = answer.reason};
  if (answer.session == nullptr) return result;
  result.me = {.user = answer.session->user,
               .visits = answer.session->visits,
               .version = answer.version,
               .backup = answer.backup};
  return result;
}

LogInResult refused(Outcome outcome) { return {.outcome = outcome, .me = {}, .new_id = {}, .reason = {}}; }

}  // namespace

void LogIns::log_in(LogIn log_in, OnResult done) {
  Credentials credentials = log_in.credentials;
  passwords_.check(std::move(credentials), [this, log_in = std::move(log_in), done = std::move(done)](auto verdict) {
    switch (verdict) {
      case PasswordVerdict::right:
        return create(log_in, done);
      case PasswordVerdict::wrong:
        return done(refused(Outcome::wrong_password));
      case PasswordVerdict::busy:
        return done(refused(Outcome::busy));
      case PasswordVerdict::no_memory:
        return done(refused(Outcome::no_memory));
    }
  });
}

void LogIns::create(const LogIn& log_in, OnResult done) {
  if (log_in.refuse_new) return done(refused(Outcome::full));
  const std::string id = new_session_id();
  const Session session{.user = log_in.credentials.user, .visits = 0, .data = {}};
  store_.create(id, session, [this, id, old_id = log_in.old_id, done = std::move(done)](const StoreAnswer& answer) {
    LogInResult result = result_of(answer);
    if (result.outcome != Outcome::ok) return done(result);
    result.new_id = id;
    if (old_id.empty()) return done(result);
    store_.erase(old_id, [result, done](const StoreAnswer&) { done(result); });
  });
}

void LogIns::read(const std::string& id, OnResult done) {
  if (id.empty()) return done(refused(Outcome::not_logged_in));
  store_.load(id, [this, id, done = std::move(done)](const StoreAnswer& answer) {
    LogInResult result = result_of(answer);
    if (result.outcome != Outcome::ok || answer.left >= ttl_) return done(result);
    store_.touch(id, [result = std::move(result), done](const StoreAnswer& touched) mutable {
      if (touched.status == StoreStatus::ok) result.me.backup = touched.backup;  // It may have got another.
      done(result);
    });
  });
}

void LogIns::visit(const std::string& id, OnResult done) {
  change(
      id, [](Session& session) { ++session.visits; }, attempts, std::move(done));
}

void LogIns::write_data(const std::string& id, std::string data, OnResult done) {
  change(
      id, [data = std::move(data)](Session& session) { session.data = data; }, attempts, std::move(done));
}

void LogIns::log_out(const std::string& id, OnResult done) {
  if (id.empty()) return done(refused(Outcome::not_logged_in));
  store_.erase(id, [done = std::move(done)](const StoreAnswer& answer) { done(result_of(answer)); });
}

// Reads, edits a copy, and writes it if nobody else wrote meanwhile; else from the start.
void LogIns::change(const std::string& id, Edit edit, int attempts_left, OnResult done) {
  if (id.empty()) return done(refused(Outcome::not_logged_in));
  const auto loaded = [this, id, edit = std::move(edit), attempts_left,
                       done = std::move(done)](const StoreAnswer& old) {
    if (old.status != StoreStatus::ok) return done(result_of(old));
    Update update{.session = *old.session, .from_version = old.version};
    edit(update.session);
    const auto written = [this, id, edit, attempts_left, done](const StoreAnswer& answer) {
      const bool again = answer.status == StoreStatus::conflict && attempts_left > 1;
      again ? change(id, edit, attempts_left - 1, done) : done(result_of(answer));
    };
    store_.update(id, std::move(update), written);
  };
  store_.load(id, loaded);
}

}  // namespace stickler::stub
