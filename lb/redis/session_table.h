// SessionTable: the affinity::SharedTable in Redis, of one worker and pool, over a connection of its own. The worker's
// thread.
//
//   asked     MGET NAME...        by the name under each key; the first entry that is ours counts
//   told      SET NAME ENTRY PX   the last one wins
//   kept      MGET as above, then PEXPIRE, or SET NX where the entry has gone: it never overwrites what another has
//   told forgotten DEL NAME...
//
// Streams that ask about one session at the same time share the question. What was answered is not asked again for
// `recently`: long enough for a page's requests with a cookie that nobody knows, and short enough for a session that
// another balancer learns a moment later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lb/affinity/shared_keys.h"
#include "lb/affinity/shared_table.h"
#include "lb/redis/client.h"

namespace stickler::redis {

class SessionTable final : public affinity::SharedTable {
 public:
  static constexpr std::chrono::milliseconds recently{250};
  static constexpr std::size_t recent_max = 1024;

  struct Options {
    std::shared_ptr<const affinity::SharedTableSettings> settings;
    affinity::SharedTableCounters counters;
    bool logs = true;  // One of several that have the same to say does.
  };

  SessionTable(const Client::Place& place, Options options);
  ~SessionTable() override;

  bool ask(const affinity::SharedSession& session, Waiter& waiter) override;
  void tell(const affinity::SharedSession& session, std::string_view node) override;
  void keep(const affinity::SharedSession& session, std::string_view node) override;
  void forget(std::string_view value) override;

 private:
  struct Question {
    affinity::NodeId known = affinity::no_node;
    std::string value{};
    std::string node{};  // That is kept; "": somebody asks.
    IntrusiveList<Waiter> waiters{};
  };
  struct Hash {
    std::size_t operator()(const affinity::SessionDigest& digest) const { return digest[0] ^ digest[1]; }
  };
  struct Answered {
    affinity::SessionDigest session{};
    affinity::NodeId known{};  // By who asked: what was found since may be asked about.
    TimePoint until{};
  };
  struct Found {
    std::string node;
    std::size_t key;
  };

  void on_up();
  void on_down(const std::string& why);
  bool can_send();
  void put(const affinity::SharedSession& session, Question& question);
  void on_answer(const affinity::SessionDigest& session, const Reply& reply);
  void take_answer(const affinity::SessionDigest& session, const Question& question, const Reply& reply);
  std::optional<Found> find_entry(const Question& question, const Reply& reply);
  void prolong(const Question& question, const Found& found);
  void write_if_absent(std::string_view value, std::string_view node);
  void count(affinity::SharedCall call) { counters_.calls[static_cast<std::size_t>(call)].add(); }
  void count_failure(const Reply& reply);
  Answered& answered(const affinity::SessionDigest& session) { return answered_[session[1] % recent_max]; }

  const Clock& clock_;
  const std::shared_ptr<const affinity::SharedTableSettings> settings_;
  const affinity::SharedKeys keys_;
  const affinity::SharedTableCounters counters_;
  const bool logs_;
  const std::string expiry_;  // Milliseconds.
  std::unordered_map<affinity::SessionDigest, Question, Hash> questions_;
  std::vector<Answered> answered_ = std::vector<Answered>(recent_max);
  std::unique_ptr<Client> client_;
};

}  // namespace stickler::redis
