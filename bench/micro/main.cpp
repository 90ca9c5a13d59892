// Times what is done for a request, operation by operation. Options are Google Benchmark's, and --iterations=N.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include "bench/micro/suite.h"

namespace stickler::bench::micro {
namespace {

constexpr std::string_view iterations_option = "--iterations=";

// 0: not a number.
benchmark::IterationCount number(std::string_view text) {
  benchmark::IterationCount value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0 ? value : 0;
}

int run(int argc, char** argv) {
  benchmark::IterationCount iterations = 0;
  std::vector<char*> rest;
  for (char* argument : std::vector<char*>(argv, argv + argc)) {
    if (!std::string_view(argument).starts_with(iterations_option)) {
      rest.push_back(argument);
      continue;
    }
    iterations = number(argument + iterations_option.size());
    if (iterations > 0) continue;
    std::fprintf(stderr, "micro: %s: expected a whole number from 1 on\n", argument);
    return 2;
  }
  int count = static_cast<int>(rest.size());
  benchmark::Initialize(&count, rest.data());
  if (benchmark::ReportUnrecognizedArguments(count, rest.data())) return 2;
  Suite suite(iterations);
  add_heads(suite);
  add_routes(suite);
  add_policies(suite);
  add_cookies(suite);
  add_access_log(suite);
  const std::size_t ran = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return ran == 0 ? 1 : 0;  // No name fits the filter.
}

}  // namespace
}  // namespace stickler::bench::micro

int main(int argc, char** argv) { return stickler::bench::micro::run(argc, argv); }
