#include "lb/cluster/health_state.h"

#include <catch2/catch.hpp>

namespace stickler::cluster {
namespace {

using balance::Standing;

TEST_CASE("what configuration, probes and traffic say together") {
  struct Row {
    Configured configured;
    ProbeVerdict probes;
    bool ejected;
    State state;
    Standing standing;
  };
  constexpr auto up = Configured::up;
  constexpr auto drain = Configured::drain;
  const std::vector<Row> rows = {
      {up, ProbeVerdict::unknown, false, State::up, Standing::eligible},
      {up, ProbeVerdict::up, false, State::up, Standing::eligible},
      {up, ProbeVerdict::up, true, State::ejected, Standing::down},
      {up, ProbeVerdict::unknown, true, State::ejected, Standing::down},
      {up, ProbeVerdict::down, false, State::down, Standing::down},
      {up, ProbeVerdict::down, true, State::down, Standing::down},
      {drain, ProbeVerdict::up, false, State::draining, Standing::bound_only},
      {drain, ProbeVerdict::unknown, false, State::draining, Standing::bound_only},
      {drain, ProbeVerdict::up, true, State::ejected, Standing::down},
      {drain, ProbeVerdict::down, false, State::down, Standing::down},
      {Configured::drained, ProbeVerdict::up, false, State::drained, Standing::drained},
      {Configured::drained, ProbeVerdict::unknown, true, State::ejected, Standing::down},
      {Configured::drained, ProbeVerdict::down, false, State::down, Standing::down},
      {Configured::down, ProbeVerdict::up, false, State::down, Standing::down},
      {Configured::down, ProbeVerdict::unknown, true, State::down, Standing::down},
  };
  for (const Row& row : rows) {
    const State state = effective_state({.configured = row.configured, .probes = row.probes, .ejected = row.ejected});
    CAPTURE(&row - rows.data());
    CHECK(state == row.state);
    CHECK(standing_of(state, 1) == row.standing);
  }
}

TEST_CASE("a backend on trial keeps the sessions bound to it, and whatever else is known counts first") {
  struct Row {
    Configured configured;
    ProbeVerdict probes;
    State state;
    Standing standing;
  };
  const std::vector<Row> rows = {
      {Configured::up, ProbeVerdict::up, State::trial, Standing::bound_only},
      {Configured::up, ProbeVerdict::unknown, State::trial, Standing::bound_only},
      {Configured::up, ProbeVerdict::down, State::down, Standing::down},
      {Configured::drain, ProbeVerdict::up, State::draining, Standing::bound_only},
      {Configured::drained, ProbeVerdict::up, State::drained, Standing::drained},
      {Configured::down, ProbeVerdict::up, State::down, Standing::down},
  };
  for (const Row& row : rows) {
    const State state = effective_state({.configured = row.configured, .probes = row.probes, .on_trial = true});
    CAPTURE(&row - rows.data());
    CHECK(state == row.state);
    CHECK(standing_of(state, 1) == row.standing);
  }
}

TEST_CASE("weight 0 is like draining, and does not bring back what is down") {
  CHECK(standing_of(State::up, 0) == Standing::bound_only);
  CHECK(standing_of(State::draining, 0) == Standing::bound_only);
  CHECK(standing_of(State::drained, 0) == Standing::drained);
  CHECK(standing_of(State::ejected, 0) == Standing::down);
  CHECK(standing_of(State::down, 0) == Standing::down);
}

TEST_CASE("a state is one word") {
  CHECK(to_string(State::up) == "up");
  CHECK(to_string(State::draining) == "draining");
  CHECK(to_string(State::drained) == "drained");
  CHECK(to_string(State::trial) == "trial");
  CHECK(to_string(State::ejected) == "ejected");
  CHECK(to_string(State::down) == "down");
}

TEST_CASE("why a backend gets no new session, by its state and by the turn of its pool") {
  struct Row {
    State state;
    Standing standing;
    std::string_view word;
  };
  const Row rows[] = {
      {State::up, Standing::eligible, ""},
      {State::up, Standing::bound_only, "weight_0"},
      {State::up, Standing::standby, "standby"},
      {State::trial, Standing::bound_only, "trial"},
      {State::draining, Standing::bound_only, "draining"},
      {State::drained, Standing::drained, "drained"},
      {State::ejected, Standing::down, "ejected"},
      {State::down, Standing::down, "down"},
      {State::down, Standing::eligible, ""},  // In panic, as are those that follow.
      {State::ejected, Standing::eligible, ""},
      {State::down, Standing::bound_only, "weight_0"},
      {State::ejected, Standing::bound_only, "weight_0"},
  };
  for (const Row& row : rows) {
    CAPTURE(&row - rows);
    CHECK(to_string(exclusion_of(row.state, row.standing)) == row.word);
  }
}

}  // namespace
}  // namespace stickler::cluster
