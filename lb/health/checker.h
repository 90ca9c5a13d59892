// Checker: probes every backend of the pools with active health, and says when one went down or came up, and once that
// it was found up at all. Owned by the server; control thread.
//
// A backend is up until a verdict says otherwise. First probes are spread over one interval, and every interval varies
// by a tenth, so that neither backends nor balancers are probed in step.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/base/address.h"
#include "lb/base/clock.h"
#include "lb/base/random.h"
#include "lb/health/probe.h"
#include "lb/health/verdict.h"
#include "lb/io/loop.h"

namespace stickler::health {

struct Target {
  std::string pool;
  std::string backend;
  Address address;
  ProbeSettings probe;
  Duration interval = std::chrono::seconds(2);  // From the start of one probe to the start of the next.
  VerdictRules rules;
  std::optional<bool> known_up{};  // A verdict from before this checker's time.
};

struct TargetChange {
  const std::string& pool;
  const std::string& backend;
  bool up;
  const std::string& reason;  // Of the last probe of the streak.
};

// What is known of a target now.
struct TargetView {
  bool up = true;
  std::uint64_t probes = 0;
  std::uint64_t failures = 0;  // Probes that failed.
  std::string last_reason;     // "": not probed yet.
  std::string generation;      // The last X-Node-Generation; "": none was sent.
};

class Checker {
 public:
  using OnChange = std::function<void(const TargetChange& change)>;
  using OnGeneration = std::function<void(const Target& target, std::string_view generation)>;

  // `on_change` may call configure(). `on_generation` is told when a backend names another generation than before.
  Checker(io::Loop& loop, std::uint64_t seed, OnChange on_change, OnGeneration on_generation = {});
  ~Checker();

  // All targets from now on. One that was there with the same address keeps its verdict; with the same probe and
  // interval its schedule; with the same rules as well its streak.
  void configure(std::vector<Target> targets);

  std::optional<TargetView> view(std::string_view pool, std::string_view backend) const;

 private:
  class Watch;
  using Key = std::pair<std::string, std::string>;

  io::Loop& loop_;
  Random random_;
  OnChange on_change_;
  OnGeneration on_generation_;
  std::map<Key, std::unique_ptr<Watch>> watches_;
};

}  // namespace stickler::health
