#include "lb/proxy/decision.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace stickler::proxy {
namespace {

using balance::DecidedBy;
using cluster::Exclusion;

TEST_CASE("why a backend was not the one, in one word") {
  struct Row {
    Judged member;
    Judging choice;
    std::string_view word;
  };
  const Judging by_turn{.by = ChosenBy::policy, .decided_by = DecidedBy::turn};
  const Judging by_load{.by = ChosenBy::policy, .decided_by = DecidedBy::load};
  const Row rows[] = {
      {{}, by_turn, "not_its_turn"},
      {{.exclusion = Exclusion::weight_0}, by_turn, "weight_0"},
      {{.exclusion = Exclusion::draining}, by_turn, "draining"},
      {{.exclusion = Exclusion::drained}, by_turn, "drained"},
      {{.exclusion = Exclusion::ejected}, by_turn, "ejected"},
      {{.exclusion = Exclusion::down}, by_turn, "down"},
      {{.exclusion = Exclusion::standby}, by_turn, "standby"},
      {{.exclusion = Exclusion::trial}, by_turn, "trial"},
      {{}, {.by = ChosenBy::trial}, "another_on_trial"},
      {{.is_full = true}, by_turn, "full"},
      {{.exclusion = Exclusion::down, .has_failed = true}, by_turn, "tried_and_failed"},
      {{.load = 2, .load_of_chosen = 1}, by_load, "higher_load"},
      {{.load = 1, .load_of_chosen = 1}, by_load, "not_its_turn"},
      {{.load = 4, .load_of_chosen = 3, .weight = 2, .weight_of_chosen = 1}, by_load, "not_its_turn"},
      {{.load = 4, .load_of_chosen = 3, .weight = 1, .weight_of_chosen = 2}, by_load, "higher_load"},
      {{.load_of_chosen = 1}, by_load, "not_its_turn"},
      {{.load = 2, .load_of_chosen = 1}, by_turn, "not_its_turn"},
      {{}, {.by = ChosenBy::policy, .decided_by = DecidedBy::draw}, "not_drawn"},
      {{}, {.by = ChosenBy::policy, .decided_by = DecidedBy::draw_and_load}, "not_drawn"},
      {{}, {.by = ChosenBy::policy, .decided_by = DecidedBy::key, .has_key = true}, "other_key"},
      {{}, {.by = ChosenBy::policy, .decided_by = DecidedBy::key}, "not_drawn"},
      {{}, {.by = ChosenBy::policy, .decided_by = DecidedBy::place_in_list}, "later_in_list"},
      {{}, {.by = ChosenBy::session}, "not_the_sessions_node"},
      {{.is_full = true}, {.by = ChosenBy::backup}, "not_the_sessions_node"},
      {{.exclusion = Exclusion::down}, {.by = ChosenBy::session}, "down"},
      {{}, {.by = ChosenBy::nobody}, "not_asked"},
  };
  for (const Row& row : rows) {
    CAPTURE(&row - rows);
    CHECK(why_not(row.member, row.choice) == row.word);
    CHECK(std::ranges::count(why_not_words(), row.word) == 1);
  }
}

}  // namespace
}  // namespace stickler::proxy
