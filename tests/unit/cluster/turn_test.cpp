#include "lb/cluster/turn.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>

#include "lb/base/random.h"

namespace stickler::cluster {
namespace {

using balance::Standing;

// A member in a word: "p" primary or "s" standby; then "+" healthy, "-" down by probes, "e" ejected, "d" drain,
// "D" drained, "x" down by configuration, "0" of weight 0, "o" of weight 0 and down by probes, "y" drain and down by
// probes.
Footing member(const std::string& word) {
  Footing footing;
  footing.role = word[0] == 's' ? Role::standby : Role::primary;
  const char what = word[1];
  if (what == '-' || what == 'o' || what == 'y') footing.health.probes = ProbeVerdict::down;
  if (what == 'e') footing.health.ejected = true;
  if (what == 'd' || what == 'y') footing.health.configured = Configured::drain;
  if (what == 'D') footing.health.configured = Configured::drained;
  if (what == 'x') footing.health.configured = Configured::down;
  if (what == '0' || what == 'o') footing.weight = 0;
  return footing;
}

std::vector<Footing> members_of(const std::string& words) {
  std::vector<Footing> members;
  std::istringstream stream(words);
  for (std::string word; stream >> word;) members.push_back(member(word));
  return members;
}

std::string words_of(const Turn& turn) {
  std::string words;
  for (const Standing standing : turn.standings) {
    constexpr const char* names[] = {"new", "standby", "bound", "drained", "down"};
    words += (words.empty() ? "" : " ") + std::string(names[static_cast<std::size_t>(standing)]);
  }
  return words;
}

TEST_CASE("what each member may be given, by what is known of all of them") {
  struct Row {
    const char* what;
    const char* members;
    std::uint32_t panic_below;
    const char* standings;
    const char* so;  // "", "panic", "standby".
  };
  const Row rows[] = {
      {"nobody", "", 50, "", ""},
      {"without standbys each stands for itself", "p+ p- pe pd pD px p0", 0, "new down down bound drained down bound",
       ""},
      {"a standby waits while a primary serves", "p+ s+", 0, "new standby", ""},
      {"or one of several does", "p- p+ s+ s+", 0, "down new standby standby", ""},
      {"all standbys serve when no primary does", "p- pe s+ s+", 0, "down down new new", "standby"},
      {"a primary that only keeps its sessions serves no new ones", "pd p0 s+", 0, "bound bound new", "standby"},
      {"one whose drain is over serves none", "pD s+", 0, "drained new", "standby"},
      {"a standby that is down, draining or of weight 0 does not take over", "p- s- sd s0 s+", 0,
       "down down bound bound new", "standby"},
      {"nobody is left", "p- s-", 0, "down down", ""},
      {"a pool of standbys serves", "s+ s+", 0, "new new", "standby"},

      {"half of them is not fewer than half", "p+ p-", 50, "new down", ""},
      {"fewer than half: all are used", "p+ p- p-", 50, "new new new", "panic"},
      {"an ejection counts as much as a probe", "p+ pe p-", 50, "new new new", "panic"},
      {"none: all are used", "p- pe", 50, "new new", "panic"},
      {"1%: only when nobody is left", "p+ p- p- p-", 1, "new down down down", ""},
      {"1%: nobody is left", "p- p-", 1, "new new", "panic"},
      {"100%: as soon as one is out", "p+ p+ p-", 100, "new new new", "panic"},
      {"100%: all are well", "p+ p+", 100, "new new", ""},
      {"0%: never", "p- p-", 0, "down down", ""},
      {"what the operator took out stays out, and does not count", "p+ px pd pD", 50, "new down bound drained", ""},
      {"also when it is down", "p+ p- p- py px", 50, "new new new down down", "panic"},
      {"who has weight 0 does not count, and keeps its sessions in panic", "p+ po po p0", 50, "new down down bound",
       ""},
      {"who has weight 0 and is down gets its sessions in panic", "p- po", 50, "new bound", "panic"},
      {"standbys do not count", "p+ s- s- s-", 50, "new down down down", ""},
      {"while few primaries are healthy the standbys wait", "p+ p- p- s+", 50, "new new new standby", "panic"},
      {"a healthy standby takes over before primaries that are all down are tried", "p- p- s+", 50, "down down new",
       "standby"},
      {"none is there: the primaries are", "p- p- s-", 50, "new new standby", "panic"},
      {"nor one that may take over", "p- p- sd", 50, "new new bound", "panic"},
      {"where the operator has left no primary, it is the standbys that count", "px pd s+ s- s-", 50,
       "down bound new new new", "panic"},
      {"so with a pool of standbys", "s+ s+ s-", 50, "new new down", "standby"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what, row.members);
    const Turn turn = turn_of(members_of(row.members), row.panic_below);
    CHECK(words_of(turn) == row.standings);
    CHECK(turn.panics == (std::string(row.so) == "panic"));
    if (!turn.panics) CHECK(turn.on_standby == (std::string(row.so) == "standby"));
  }
}

TEST_CASE("whatever is known of a pool, nobody is given what was taken from it, and nobody healthy is left out") {
  Random random(1);
  const std::string roles = "ps";
  const std::string states = "+-edDx0oy";
  for (int round = 0; round < 20'000; ++round) {
    std::string words;
    const std::uint32_t size = 1 + random.below(6);
    for (std::uint32_t i = 0; i < size; ++i) {
      words += std::string(1, roles[random.below(2)]) + states[random.below(static_cast<std::uint32_t>(states.size()))];
      words += " ";
    }
    const std::uint32_t below = random.below(3) * 50;
    CAPTURE(words, below);
    const std::vector<Footing> members = members_of(words);
    const Turn turn = turn_of(members, below);
    bool serves[2] = {false, false};
    bool healthy = false;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const Standing alone = standing_of(effective_state(members[i].health), members[i].weight);
      const Standing standing = turn.standings[i];
      const bool ordered_out = members[i].health.configured != Configured::up;
      if (ordered_out) REQUIRE(standing == alone);
      if (members[i].weight == 0) REQUIRE(standing != Standing::eligible);
      if (balance::takes_bound(alone)) REQUIRE(balance::takes_bound(standing));
      if (!turn.panics && !balance::takes_bound(alone)) REQUIRE(standing == alone);
      healthy |= alone == Standing::eligible;
      serves[static_cast<std::size_t>(members[i].role)] |= standing == Standing::eligible;
    }
    REQUIRE_FALSE((serves[0] && serves[1]));
    REQUIRE(serves[1] == turn.on_standby);
    if (healthy) REQUIRE((serves[0] || serves[1]));
    if (below == 0) REQUIRE_FALSE(turn.panics);
  }
}

}  // namespace
}  // namespace stickler::cluster
