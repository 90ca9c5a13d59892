// Suite: the operations that are measured one by one. Main thread; `main` owns it.
#pragma once

#include <benchmark/benchmark.h>

#include <string>

namespace stickler::bench::micro {

class Suite {
 public:
  // `iterations` of every operation; 0: as many as it takes to time it well. A fixed number is for counting
  // instructions: what two numbers of iterations differ by is the operation's alone.
  explicit Suite(benchmark::IterationCount iterations) : iterations_(iterations) {}

  // An Operation is made once, from `args`, and called again and again; it must do the same work every time and return
  // something of what it made.
  template <class Operation, class... Args>
  void add(const std::string& name, Args... args) {
    benchmark::internal::Benchmark* const added =
        benchmark::RegisterBenchmark(name.c_str(), [args...](benchmark::State& state) {
          Operation operation(args...);
          for (auto _ : state) benchmark::DoNotOptimize(operation());
        });
    if (iterations_ > 0) added->Iterations(iterations_);
  }

 private:
  benchmark::IterationCount iterations_;
};

void add_heads(Suite& suite);
void add_routes(Suite& suite);
void add_policies(Suite& suite);
void add_cookies(Suite& suite);
void add_access_log(Suite& suite);

}  // namespace stickler::bench::micro
