// soak [--seconds N] [--seed N]: see soak.cpp.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <random>

#include "tests/soak/options.h"

int main(int argc, char** argv) {
  using Catch::clara::Opt;
  stickler::soak::Options& options = stickler::soak::options();
  Catch::Session session;
  session.cli(session.cli() | Opt(options.seconds, "seconds")["--seconds"]("how long traffic is driven") |
              Opt(options.seed, "seed")["--seed"]("of everything random; 0: a random one"));
  if (const int wrong = session.applyCommandLine(argc, argv); wrong != 0) return wrong;
  if (options.seed == 0) options.seed = std::random_device{}();
  return session.run();
}
