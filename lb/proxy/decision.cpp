#include "lb/proxy/decision.h"

#include <array>

namespace stickler::proxy {
namespace {

namespace words {
constexpr std::string_view failed = "tried_and_failed";
constexpr std::string_view other_node = "not_the_sessions_node";
constexpr std::string_view full = "full";
constexpr std::string_view higher_load = "higher_load";
constexpr std::string_view more_sessions = "more_sessions";
constexpr std::string_view not_its_turn = "not_its_turn";
constexpr std::string_view not_drawn = "not_drawn";
constexpr std::string_view other_key = "other_key";
constexpr std::string_view later_in_list = "later_in_list";
constexpr std::string_view not_needed = "not_asked";
constexpr std::string_view another_tried = "another_on_trial";

constexpr std::array all = {failed,
                            other_node,
                            full,
                            higher_load,
                            more_sessions,
                            not_its_turn,
                            not_drawn,
                            other_key,
                            later_in_list,
                            not_needed,
                            another_tried,
                            std::string_view("weight_0"),
                            std::string_view("standby"),
                            std::string_view("trial"),
                            std::string_view("draining"),
                            std::string_view("drained"),
                            std::string_view("ejected"),
                            std::string_view("down")};
}  // namespace words

bool has_more_load(const Judged& member) {
  if (!member.load || !member.load_of_chosen) return false;
  return std::uint64_t{*member.load_of_chosen} * member.weight < std::uint64_t{*member.load} * member.weight_of_chosen;
}

std::string_view passed_over(const Judged& member, const Judging& choice) {
  switch (choice.decided_by) {
    case balance::DecidedBy::turn:
      break;
    case balance::DecidedBy::load:
      return has_more_load(member) ? words::higher_load : words::not_its_turn;
    case balance::DecidedBy::sessions:
      return words::more_sessions;
    case balance::DecidedBy::draw:
    case balance::DecidedBy::draw_and_load:
      return words::not_drawn;
    case balance::DecidedBy::key:
      return choice.has_key ? words::other_key : words::not_drawn;
    case balance::DecidedBy::place_in_list:
      return words::later_in_list;
  }
  return words::not_its_turn;
}

}  // namespace

std::string_view why_not(const Judged& member, const Judging& choice) {
  if (member.has_failed) return words::failed;
  if (member.was_waited_for) return words::full;
  if (member.exclusion != cluster::Exclusion::none) return cluster::to_string(member.exclusion);
  switch (choice.by) {
    case ChosenBy::nobody:
      return words::not_needed;
    case ChosenBy::session:
    case ChosenBy::backup:
      return words::other_node;
    case ChosenBy::trial:
      return words::another_tried;
    case ChosenBy::policy:
      break;
  }
  return member.is_full ? words::full : passed_over(member, choice);
}

std::span<const std::string_view> why_not_words() { return words::all; }

SessionFound::State state_of(const Session& session) {
  using State = SessionFound::State;
  if (session.app_key) {
    if (session.app_key->node) return State::valid;
    const bool was_learned = session.app_key->unbound == affinity::Verdict::expired;
    return was_learned ? State::expired : State::unbound;
  }
  if (!session.cookie) return State::absent;
  switch (session.cookie->seal) {
    case affinity::Seal::ok:
      return State::valid;
    case affinity::Seal::expired:
      return State::expired;
    case affinity::Seal::forged:
      break;
  }
  return State::forged;
}

std::string_view to_string(ChosenBy by) {
  constexpr std::array<std::string_view, 5> all = {"", "session", "backup", "policy", "trial"};
  return all[static_cast<std::size_t>(by)];
}

std::string_view to_string(SessionFound::State state) {
  constexpr std::array<std::string_view, 5> all = {"absent", "valid", "expired", "forged", "unbound"};
  return all[static_cast<std::size_t>(state)];
}

}  // namespace stickler::proxy
