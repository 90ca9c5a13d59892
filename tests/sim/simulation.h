// A pool behind two balancers through hours of trouble, and a judge who knows where every session really lives.
//
// Time is moved by hand and all chance comes from the seed, so a seed repeats to the last pick. The judge keeps its own
// books (which node has the session, when it was used, what its cookie was signed with and when) and never reads a
// cookie, so that what it expects does not come from the code that it judges.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "tests/sim/balancer.h"

namespace stickler::sim {

// What happened, over all seeds added up: a simulation in which nothing happens proves nothing.
struct Tally {
  std::array<std::uint64_t, affinity::verdict_count> verdicts{};
  std::uint64_t requests = 0;
  std::uint64_t unserved = 0;
  std::uint64_t set_cookies = 0;
  std::uint64_t attacks = 0;
  std::uint64_t chaos = 0;

  void add(const Tally& other);
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, std::size_t sessions);

  // Until every session has ended, or something is wrong.
  void run();

  const std::string& violation() const { return violation_; }  // "": none.
  const Tally& tally() const { return tally_; }

 private:
  using NodeFlags = std::array<char, node_count>;

  // A browser with the cookie it was given, and what the judge knows of it.
  struct Session {
    std::optional<affinity::CookieText> cookie;
    NodeId home = 0;
    std::optional<NodeId> backup;  // That its cookie names.
    TimePoint issued{};
    TimePoint used{};           // Last time that the node it is bound to served it.
    TimePoint written{};        // When its cookie was.
    std::int64_t written_at{};  // The same by the clock that wrote it, in seconds.
    std::uint32_t key = 0;      // That signed it.
    int requests_left = 0;
  };

  enum class Kind : std::uint8_t { request, chaos, reload, order, probe, what_is_over };
  struct Event {
    TimePoint at;
    std::uint64_t order;  // Events of one moment keep their order.
    Kind kind;
    std::size_t subject;  // A session, or a balancer.
    NodeId node;
    friend bool operator>(const Event& a, const Event& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }
  };

  enum class Life : std::uint8_t { none, live, unsure, over };

  // What the balancer knew of a session's nodes as its request came, and how they really were.
  struct Known {
    std::optional<balance::Standing> home;    // nullopt: not in the list.
    std::optional<balance::Standing> backup;  // Likewise, or none is named.
    bool home_stays = false;                  // The sessions that are bound to it are to be sent there.
    bool backup_takes = false;                // It may be sent to the backup.
    bool backup_answers = false;              // It would.
    bool has_other_eligible = false;          // Beside the session's node.
    bool has_other_standby = false;
  };

  // simulation.cpp: time, requests and the judge.
  void schedule(Duration after, Kind kind, std::size_t subject = 0, NodeId node = 0);
  void handle(const Event& event);
  void request(std::size_t index);
  void await_end_of_ejections(std::size_t balancer);
  Life life_of(const Session& session) const;
  Known known_of(const Session& session, std::size_t balancer) const;
  void judge(const Session& session, const Balancer& balancer, const Answer& answer, const Known& known);
  void judge_bound(const Session& session, const Balancer& balancer, const Answer& answer, const Known& known);
  void judge_homeless(const Session& session, const Balancer& balancer, const Answer& answer, const Known& known);
  void judge_backup(const Answer& answer);
  bool backup_changes(const Session& session, const Answer& answer, const Known& known) const;
  void expect(const Answer& answer, affinity::Verdict verdict, bool cookie);
  void keep_books(Session& session, const Balancer& balancer, const Answer& answer);
  Duration pause();
  void watch_rules(std::size_t balancer);
  void fail(const std::string& what);

  // chaos.cpp: what goes wrong, and the attacks.
  void cause_trouble();
  void restart(std::size_t balancer);
  void change_reachability(std::size_t balancer, NodeId node);
  void change_plan();
  void change_node(NodePlan& node);
  void rotate_keys();
  void change_order(NodeId node);
  void carry_out_order(std::size_t balancer, NodeId node);
  void choose_buddies();
  void roll_out();
  void check_standings(std::size_t balancer);
  void attack(const Session& session, std::size_t balancer);
  std::string forge(const Session& session, std::size_t balancer);

  Random random_;
  Tally tally_;
  std::string violation_;
  TimePoint now_ = TimePoint{} + std::chrono::hours(1);
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t event_count_ = 0;

  std::vector<Session> sessions_;
  std::size_t sessions_left_;  // That have not ended.

  Plan plan_;  // What the operator wants; each balancer gets it a little later.
  std::uint32_t newest_key_ = 0;
  TimePoint keys_changed_{};
  std::array<std::optional<TimePoint>, node_count> drains_{};  // What the operator has ordered: their deadlines.
  std::array<NodeId, node_count> buddies_{};                   // Who has the replicas of a node's sessions.
  NodeFlags alive_{};
  std::array<NodeFlags, 2> partitioned_{};  // Alive, but not to be reached from this balancer.
  std::array<NodeFlags, 2> reachable_{};
  std::array<std::array<TimePoint, node_count>, 2> unchanged_since_{};
  std::deque<Balancer> balancers_;
};

}  // namespace stickler::sim
