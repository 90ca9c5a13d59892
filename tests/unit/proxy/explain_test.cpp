#include "lb/proxy/explain.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tests/unit/proxy/explained.h"

namespace stickler::proxy {
namespace {

const Considered& member(const Decision& decision, std::string_view name) {
  for (const Considered& one : decision.members) {
    if (one.name == name) return one;
  }
  throw std::runtime_error("no such member");
}

std::map<std::string, std::string> reasons(const Decision& decision) {
  std::map<std::string, std::string> all;
  for (const Considered& one : decision.members) all[one.name] = one.why_not;
  return all;
}

// What a stream does with the request: the steps of Stream::choose_node, attempt() and give_up_waiting(), on what is in
// force.
struct Real {
  affinity::Verdict verdict;
  Target target;
};

Real send(Explained& world, const std::string& head_bytes, std::string_view client_ip) {
  http::RequestHead head;
  REQUIRE(http::scan_request(head_bytes, world.listener.head_limits, head).outcome ==
          http::ScanResult::Outcome::complete);
  const EpochPool& pool = world.pools[0];
  const Session session = find_session(head, pool, {.now = world.now, .wall = some_time});
  const affinity::Choice& choice = session.choice;
  if (choice.refused) return {.verdict = choice.verdict, .target = {}};
  Seeking seeking{.pool = pool,
                  .head = head,
                  .path = "/",
                  .client_ip = client_ip,
                  .choice = choice,
                  .can_be_resent = head.framing.empty(),
                  .now = world.now};
  const PlacesInForce places{pool.settings->connections_per_backend_max};
  Real real{.verdict = choice.verdict, .target = next_target(seeking, pool.runtime->pick_state, places)};
  if (!real.target.has_place && is_of_session(real.target.by) &&
      pool.settings->affinity->overload.queue == Duration::zero()) {
    seeking.full = real.target.node;
    real.target = next_target(seeking, pool.runtime->pick_state, places);
  }
  const bool elsewhere = choice.pinned && choice.pinned != real.target.node;
  if (elsewhere && seeking.full) real.verdict = affinity::Verdict::overflow;
  if (elsewhere && choice.returns && real.target.node == choice.backup) real.verdict = affinity::Verdict::bound;
  return real;
}

// A request of any kind there is: without a session, of one that is bound to somebody, of one that is over, or forged.
std::string any_cookie(const Explained& world, Random& random) {
  if (!world.settings->affinity) return "";
  const std::size_t node = random.below(static_cast<std::uint32_t>(world.pools[0].set->size()));
  const auto other = [&] { return random.below(static_cast<std::uint32_t>(world.pools[0].set->size())); };
  switch (random.below(8)) {
    case 0:
      return "";
    case 3:
      return world.cookie_with(node, other());
    case 4: {
      const std::size_t home = other();
      return world.cookie_with(node, random.below(2) == 0 ? other() : home, home);
    }
    case 1:
      return world.cookie(node, std::chrono::hours(1));
    case 2:
      return world.cookie(node, {}, "another pool");
    default:
      return world.cookie(node);
  }
}

// Loads, health and time move on between two requests.
void change(Explained& world, Random& random) {
  const auto size = static_cast<std::uint32_t>(world.pools[0].set->size());
  for (int i = 0; i < 2; ++i) world.load(random.below(size)).in_flight = random.below(5);
  world.load(random.below(size)).answer_time.record(std::chrono::milliseconds(1 + random.below(100)), world.now);
  world.now += std::chrono::milliseconds(random.below(1000));
  if (random.below(4) == 0) world.backend(random.below(size)).trial.leave();
  if (random.below(40) == 0) world.put_on_trial(world.pools[0].set->names()[random.below(size)]);
  if (random.below(10) == 0) {
    world.set_down(world.pools[0].set->names()[random.below(size)], random.below(3) == 0);
  }
}

void give_rules(AffinitySettings& affinity, Random& random) {
  affinity.when_unavailable = affinity::WhenUnavailable(random.below(3));
  affinity.overload.then = affinity::OverloadThen(random.below(3));
  affinity.overload.queue = std::chrono::seconds(random.below(2));
  affinity.failback = affinity::FailbackRule(random.below(3));
}

TEST_CASE("10,000 requests go where it was explained that they would, by every policy and from every kind of session") {
  Random random(1);
  std::set<std::string_view> words;
  std::set<affinity::Verdict> verdicts;
  std::size_t compared = 0;
  std::size_t waiting = 0;
  std::size_t trials = 0;
  for (const balance::PolicyEntry& policy : balance::policies()) {
    for (const bool with_affinity : {true, false}) {
      for (const std::uint32_t places : {UINT32_MAX, 3U}) {
        Explained world(policy.name, with_affinity);
        world.settings->connections_per_backend_max = places;
        if (with_affinity) give_rules(*world.settings->affinity, random);
        world.configure({3, 1, 0, 2, 256, 1});
        world.registry.order("login", "d", {.state = cluster::Configured::drain, .since = world.now}, world.now);
        for (int i = 0; i < 400; ++i) {
          change(world, random);
          const std::string head = get(any_cookie(world, random));
          const std::string client = "192.0.2." + std::to_string(random.below(256));
          const Decision explained = world.explain(head, client);
          for (int again = 0; again < 2; ++again) REQUIRE(world.explain(head, client).backend == explained.backend);
          const Real real = send(world, head, client);
          CAPTURE(policy.name, with_affinity, i);
          REQUIRE(explained.by == real.target.by);
          if (explained.by != ChosenBy::nobody) {
            REQUIRE(explained.backend == world.pools[0].set->names()[real.target.node]);
            REQUIRE(explained.waits == !real.target.has_place);
            REQUIRE(member(explained, explained.backend).is_chosen);
            waiting += explained.waits ? 1 : 0;
            trials += explained.by == ChosenBy::trial ? 1 : 0;
          }
          for (const Considered& one : explained.members) {
            REQUIRE(one.is_chosen == one.why_not.empty());
            if (!one.is_chosen) words.insert(one.why_not);
          }
          if (with_affinity && explained.by != ChosenBy::nobody) REQUIRE(explained.verdict == real.verdict);
          verdicts.insert(explained.verdict);
          ++compared;
        }
      }
    }
  }
  CHECK(compared >= 10'000);
  CHECK(waiting > 0);
  CHECK(trials > 0);
  using affinity::Verdict;
  for (const Verdict verdict : {Verdict::none, Verdict::fresh, Verdict::bound, Verdict::expired, Verdict::forged,
                                Verdict::moved, Verdict::refused, Verdict::failover, Verdict::overflow}) {
    CAPTURE(affinity::to_string(verdict));
    CHECK(verdicts.contains(verdict));
  }
  for (const char* word :
       {"down", "draining", "weight_0", "full", "not_the_sessions_node", "higher_load", "not_its_turn", "not_drawn",
        "other_key", "later_in_list", "not_asked", "trial", "another_on_trial"}) {
    CAPTURE(word);
    CHECK(words.contains(word));
  }
}

TEST_CASE("every other backend has its reason") {
  Explained world("least_connections");
  std::vector<cluster::BackendSettings> backends;
  for (const char* name : {"free", "busy", "drains", "gone", "rests"})
    backends.push_back({.name = name, .address = {}});
  backends[2].state = cluster::Configured::drain;
  backends[4].weight = 0;
  world.configure(backends);
  world.set_down("gone", true);
  world.load(1).in_flight = 4;
  const Decision decision = world.explain(get());
  CHECK(decision.listener == "web");
  CHECK(decision.route == "default");
  CHECK(decision.pool == "login");
  CHECK(decision.policy == "least_connections");
  CHECK(decision.backend == "free");
  CHECK(decision.by == ChosenBy::policy);
  CHECK(decision.refusal == http::Refusal::none);
  CHECK(reasons(decision) ==
        std::map<std::string, std::string>{
            {"free", ""}, {"busy", "higher_load"}, {"drains", "draining"}, {"gone", "down"}, {"rests", "weight_0"}});
  CHECK(member(decision, "busy").in_flight == 4);
  CHECK(world.explain(get("", "/api/x")).route == "/api");
}

TEST_CASE("where the session's node is full it is told how long the request waits, and what becomes of it then") {
  struct Row {
    affinity::OverloadThen then;
    bool others_full;
    std::string goes_to;
    ChosenBy by;
    http::Refusal refusal;
  };
  using Then = affinity::OverloadThen;
  const Row rows[] = {
      {Then::backup, false, "b", ChosenBy::backup, http::Refusal::none},
      {Then::backup, true, "", ChosenBy::nobody, http::Refusal::node_full},
      {Then::redispatch, false, "c", ChosenBy::policy, http::Refusal::none},
      {Then::redispatch, true, "", ChosenBy::nobody, http::Refusal::node_full},
      {Then::reject, false, "", ChosenBy::nobody, http::Refusal::node_full},
  };
  const bool by_queue = GENERATE(true, false);  // Why it may not wait, in the end.
  Explained world("least_connections");
  world.settings->connections_per_backend_max = 2;
  world.configure({1, 1, 1});
  const std::string head = get(world.cookie_with(0, 1));
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.then), row.others_full);
    world.settings->affinity->overload = {.queue = std::chrono::seconds(1), .then = row.then};
    world.load(0).in_flight = 2;
    world.load(0).waiting = 0;
    world.load(1).in_flight = row.others_full ? 2 : 1;
    world.load(2).in_flight = row.others_full ? 2 : 0;
    const Decision waits = world.explain(head);
    CHECK(waits.backend == "a");
    CHECK(waits.waits);
    CHECK(waits.verdict == affinity::Verdict::bound);
    REQUIRE(waits.gives_up);
    CHECK(waits.gives_up->after == std::chrono::seconds(1));
    CHECK(waits.gives_up->backend == row.goes_to);
    CHECK(waits.gives_up->by == row.by);
    CHECK(waits.gives_up->refusal == row.refusal);
    // It does not wait where it may not, or where too many do already.
    if (by_queue) world.load(0).waiting = world.settings->queue_max;
    if (!by_queue) world.settings->affinity->overload.queue = {};
    const Decision goes_on = world.explain(head);
    CHECK(goes_on.backend == row.goes_to);
    CHECK(goes_on.waited_at == "a");
    CHECK_FALSE(goes_on.waits);
    CHECK_FALSE(goes_on.sets_cookie);
    const auto verdict = row.goes_to.empty() ? affinity::Verdict::refused : affinity::Verdict::overflow;
    CHECK(goes_on.verdict == verdict);
    CHECK(goes_on.refusal == row.refusal);
    CHECK(reasons(goes_on)["a"] == "full");
  }
  world.load(0).in_flight = world.load(1).in_flight = world.load(2).in_flight = 2;
  const Decision unbound = world.explain(get());
  CHECK(unbound.waits);
  REQUIRE(unbound.gives_up);
  CHECK(unbound.gives_up->refusal == http::Refusal::queue_timeout);
}

TEST_CASE("a session that goes home is told with the home that its cookie names, and stays where that is full") {
  Explained world("round_robin");
  world.settings->affinity->failback = affinity::FailbackRule::immediate;
  world.settings->connections_per_backend_max = 2;
  world.configure({1, 1, 1});
  const std::string head = get(world.cookie_with(1, 0, 0));
  CHECK(world.explain(head).backend == "b");  // Nobody is steady so soon after the start.
  world.now += std::chrono::seconds(10);
  world.registry.end_what_is_over(world.now);
  world.publish();
  const Decision back = world.explain(head);
  CHECK(back.backend == "a");
  CHECK(back.by == ChosenBy::session);
  CHECK(back.verdict == affinity::Verdict::moved);
  CHECK(back.sets_cookie);
  REQUIRE(back.cookie);
  CHECK(back.cookie->primary == "b");
  CHECK(back.cookie->backup == "a");
  CHECK(back.cookie->home == "a");
  world.load(0).in_flight = 2;
  const Decision stays = world.explain(head);
  CHECK(stays.backend == "b");
  CHECK(stays.verdict == affinity::Verdict::bound);
  CHECK_FALSE(stays.sets_cookie);
}

TEST_CASE("a backend on trial is said to be tried, and its turn is not taken by saying it") {
  Explained world("round_robin");
  world.configure({1, 1, 1});
  REQUIRE(world.put_on_trial("b"));
  const cluster::TrialTurn& turn = world.backend(1).trial;
  for (int i = 0; i < 3; ++i) {
    const Decision decision = world.explain(get());
    CHECK(decision.by == ChosenBy::trial);
    CHECK(decision.backend == "b");
    CHECK(member(decision, "b").state == cluster::State::trial);
    CHECK(reasons(decision)["a"] == "another_on_trial");
    CHECK(turn.stage() == cluster::TrialTurn::Stage::free);
  }
  const Decision bound = world.explain(get(world.cookie(0)));
  CHECK(bound.backend == "a");
  CHECK(reasons(bound)["b"] == "trial");
  for (const std::string& not_tried :
       {std::string("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"), get("Content-Length: 5\r\n"),
        get("Connection: Upgrade\r\nUpgrade: websocket\r\n")}) {
    CAPTURE(not_tried);
    CHECK(world.explain(not_tried).by == ChosenBy::policy);
  }

  CHECK(send(world, get(), "192.0.2.1").target.by == ChosenBy::trial);
  const Decision meanwhile = world.explain(get());
  CHECK(meanwhile.by == ChosenBy::policy);
  CHECK(reasons(meanwhile)["b"] == "trial");
  world.backend(1).trial.leave();
  world.settings->connections_per_backend_max = 1;
  world.load(1).in_flight = 1;
  CHECK(world.explain(get()).by == ChosenBy::policy);  // No place for it.
}

TEST_CASE("standbys, drained backends and panic are told") {
  Explained world("first");
  world.panic_below_percent = 50;
  std::vector<cluster::BackendSettings> backends;
  for (const char* name : {"a", "b", "drained", "spare"}) backends.push_back({.name = name, .address = {}});
  backends[2].state = cluster::Configured::drained;
  backends[3].role = cluster::Role::standby;
  world.configure(backends);
  CHECK(reasons(world.explain(get())) ==
        std::map<std::string, std::string>{
            {"a", ""}, {"b", "later_in_list"}, {"drained", "drained"}, {"spare", "standby"}});
  CHECK(member(world.explain(get()), "spare").state == cluster::State::up);

  world.set_down("spare", true);
  world.set_down("a", true);
  CHECK_FALSE(world.explain(get()).panics);
  CHECK(reasons(world.explain(get()))["a"] == "down");
  world.set_down("b", true);
  const Decision panic = world.explain(get());
  CHECK(panic.panics);
  CHECK(panic.backend == "a");
  CHECK(member(panic, "a").state == cluster::State::down);
  CHECK(reasons(panic)["b"] == "later_in_list");
}

TEST_CASE("a session that is learned is told, and neither bound nor kept by telling it") {
  Explained world("round_robin");
  const Duration idle = std::chrono::minutes(30);
  const auto table = std::make_shared<affinity::LearnedTable>(10);
  world.settings->affinity->app_session =
      AppSessionSource{.how = AppSessionSource::How::learned_header, .name = "x-user", .table = table, .idle = idle};
  world.configure({1, 1, 1});
  CHECK(world.explain(get()).cookie->state == SessionFound::State::absent);
  const Decision unbound = world.explain(get("X-User: joe\r\n"));
  CHECK(unbound.cookie->state == SessionFound::State::unbound);
  CHECK(unbound.verdict == affinity::Verdict::fresh);
  CHECK_FALSE(unbound.sets_cookie);
  CHECK(table->size() == 0);

  const affinity::SessionDigest joe = table->digest("joe");
  table->bind(joe, world.pools[0].nodes->id_of(2), world.now, idle);
  const TimePoint bound_at = world.now;
  world.now += std::chrono::minutes(20);
  const Decision bound = world.explain(get("X-User: joe\r\n"));
  CHECK(bound.cookie->state == SessionFound::State::valid);
  CHECK(bound.cookie->primary == "c");
  CHECK(bound.verdict == affinity::Verdict::bound);
  CHECK(bound.backend == "c");
  CHECK(bound.by == ChosenBy::session);
  world.set_down("c", true);
  const Decision moves = world.explain(get("X-User: joe\r\n"));
  CHECK(moves.verdict == affinity::Verdict::moved);
  CHECK(moves.cookie->primary == "c");
  CHECK(table->look_up(joe, world.now, idle) == world.pools[0].nodes->id_of(2));
  CHECK(table->look_up(joe, bound_at + idle + std::chrono::seconds(1), idle) == affinity::no_node);
}

TEST_CASE("a session is told by the node in the application's cookie") {
  Explained world("round_robin");
  world.settings->affinity->app_session = AppSessionSource{.name = "JSESSIONID", .separator = "."};
  world.configure({1, 1, 1});
  const Decision bound = world.explain(get("Cookie: JSESSIONID=0123.b\r\n"));
  CHECK(bound.cookie->state == SessionFound::State::valid);
  CHECK(bound.cookie->primary == "b");
  CHECK(bound.verdict == affinity::Verdict::bound);
  CHECK(bound.backend == "b");
  const Decision unknown = world.explain(get("Cookie: JSESSIONID=0123.zz\r\n"));
  CHECK(unknown.cookie->state == SessionFound::State::unbound);
  CHECK(unknown.verdict == affinity::Verdict::unknown_node);
}

TEST_CASE("no cookie, one that counts, one that is over and one that is forged are told apart") {
  Explained world("round_robin");
  world.configure({1, 1, 1});
  const Decision absent = world.explain(get());
  CHECK(absent.cookie->state == SessionFound::State::absent);
  CHECK(absent.verdict == affinity::Verdict::fresh);
  CHECK(absent.sets_cookie);

  const Decision valid = world.explain(get(world.cookie(1, std::chrono::minutes(5))));
  CHECK(valid.cookie->state == SessionFound::State::valid);
  CHECK(valid.cookie->primary == "b");
  CHECK(valid.cookie->unused == std::chrono::minutes(5));
  CHECK(valid.verdict == affinity::Verdict::bound);
  CHECK_FALSE(valid.sets_cookie);
  CHECK(valid.backend == "b");
  CHECK(valid.by == ChosenBy::session);
  CHECK(reasons(valid)["a"] == "not_the_sessions_node");

  const Decision expired = world.explain(get(world.cookie(1, std::chrono::hours(9))));
  CHECK(expired.cookie->state == SessionFound::State::expired);
  CHECK(expired.cookie->primary == "b");
  CHECK(expired.cookie->age == std::chrono::hours(9));
  CHECK(expired.verdict == affinity::Verdict::expired);
  CHECK(expired.by == ChosenBy::policy);

  for (const std::string& forged : {world.cookie(1, {}, "shop"), std::string("Cookie: STICKLER=x\r\n")}) {
    const Decision decision = world.explain(get(forged));
    CHECK(decision.cookie->state == SessionFound::State::forged);
    CHECK(decision.cookie->primary.empty());
    CHECK(decision.verdict == affinity::Verdict::forged);
    CHECK(decision.sets_cookie);
  }
  CHECK_FALSE(Explained("round_robin", false).settings->affinity.has_value());
}

TEST_CASE("what no backend gets is explained with our own answer") {
  struct Row {
    std::string head;
    http::Refusal refusal;
  };
  Explained world("first");
  world.settings->affinity->when_unavailable = affinity::WhenUnavailable::fail;
  world.configure({1, 1});
  world.set_down("a", true);
  const Row rows[] = {
      {"CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n", http::Refusal::connect_refused},
      {"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", http::Refusal::unknown_method},
      {get("", "/%2e%2e/x"), http::Refusal::path_climbs_out},
      {get("", "/api%2fx"), http::Refusal::ambiguous_path},
      {get("", std::string(9000, '/')), http::Refusal::uri_too_long},
      {get(world.cookie(0)), http::Refusal::node_down},
  };
  for (const Row& row : rows) {
    CAPTURE(row.head.substr(0, 40));
    const Decision decision = world.explain(row.head);
    CHECK(decision.refusal == row.refusal);
    CHECK(decision.backend.empty());
    CHECK(decision.by == ChosenBy::nobody);
  }
  const Decision refused = world.explain(get(world.cookie(0)));
  CHECK(refused.verdict == affinity::Verdict::refused);
  CHECK(reasons(refused) == std::map<std::string, std::string>{{"a", "down"}, {"b", "not_asked"}});
  world.set_down("b", true);
  CHECK(world.explain(get()).refusal == http::Refusal::no_backend);
}

}  // namespace
}  // namespace stickler::proxy
