#include "lb/balance/least_time.h"

#include <utility>

namespace stickler::balance {
namespace {

// One that has not answered yet is tried, but by one request at a time.
constexpr std::chrono::seconds unknown_time{1};
constexpr std::chrono::microseconds least_time{1};  // So that what is open decides among those that rest.

}  // namespace

LeastTime::LeastTime(std::vector<Candidate> candidates, const PolicyOptions& options)
    : candidates_(std::move(candidates)), draw_(candidates_), weight_unit_(options.weight_unit) {}

double LeastTime::cost(std::size_t index, TimePoint now) const {
  const Candidate& candidate = candidates_[index];
  const std::uint32_t open = candidate.load->in_flight.load(std::memory_order_relaxed);
  Duration time = least_time;
  if (candidate.load->answer_time.measured()) {
    time += candidate.load->answer_time.value(now);
  } else if (open > 0) {
    time = unknown_time;
  }
  return static_cast<double>(time.count()) * (1 + static_cast<double>(open) * weight_unit_ / candidate.weight);
}

Pick LeastTime::pick(const PickContext& context, PickState& state) const {
  return draw_.better_of_two(context, state.random,
                             [&](std::size_t a, std::size_t b) { return cost(a, context.now) < cost(b, context.now); });
}

}  // namespace stickler::balance
