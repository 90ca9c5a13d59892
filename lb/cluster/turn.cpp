#include "lb/cluster/turn.h"

#include <algorithm>
#include <cstddef>

namespace stickler::cluster {
namespace {

using balance::Standing;

bool is_wanted(const Footing& member) { return member.health.configured == Configured::up && member.weight > 0; }

Standing standing_of(const Footing& member) { return standing_of(effective_state(member.health), member.weight); }

bool panics(std::span<const Footing> members, std::uint32_t below_percent) {
  const auto is_wanted_primary = [](const Footing& m) { return m.role == Role::primary && is_wanted(m); };
  const Role judged = std::ranges::any_of(members, is_wanted_primary) ? Role::primary : Role::standby;
  std::size_t wanted = 0;
  std::size_t healthy = 0;
  bool others_healthy = false;
  for (const Footing& member : members) {
    const bool is_healthy = standing_of(member) == Standing::eligible;
    if (member.role != judged) {
      others_healthy |= is_healthy;
    } else if (is_wanted(member)) {
      ++wanted;
      healthy += is_healthy ? 1 : 0;
    }
  }
  const bool standbys_take_over = healthy == 0 && others_healthy;
  return healthy * 100 < below_percent * wanted && !standbys_take_over;
}

}  // namespace

Turn turn_of(std::span<const Footing> members, std::uint32_t panic_below_percent) {
  Turn turn{.standings = {}, .panics = panics(members, panic_below_percent)};
  bool primaries_serve = false;
  for (Footing member : members) {
    if (turn.panics && member.health.configured == Configured::up) member.health = {};
    const Standing standing = standing_of(member);
    turn.standings.push_back(standing);
    primaries_serve |= standing == Standing::eligible && member.role == Role::primary;
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].role == Role::primary || turn.standings[i] != Standing::eligible) continue;
    if (primaries_serve) turn.standings[i] = Standing::standby;
    turn.on_standby |= !primaries_serve;
  }
  return turn;
}

}  // namespace stickler::cluster
