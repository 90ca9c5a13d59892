// faults [--seconds N] [--only WORD] [--haproxy PROGRAM]: see faults.cpp.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "tests/faults/options.h"

int main(int argc, char** argv) {
  using Catch::clara::Opt;
  stickler::faults::Options& options = stickler::faults::options();
  Catch::Session session;
  session.cli(session.cli() | Opt(options.seconds, "seconds")["--seconds"]("how long the faults take together") |
              Opt(options.only, "word")["--only"]("the faults whose name contains this") |
              Opt(options.haproxy, "program")["--haproxy"]("an HAProxy to compare with, which is not judged"));
  if (const int wrong = session.applyCommandLine(argc, argv); wrong != 0) return wrong;
  return session.run();
}
