#include "lb/cluster/drain.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace stickler::cluster {
namespace {

constexpr std::chrono::hours forecast_max{24 * 365};
constexpr double early_seconds = 10;  // So long a rate is believed whatever has moved.

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Duration forecast(double seconds) {
  const double most = seconds_of(forecast_max);
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::min(seconds, most)));
}

// Moves a second.
double pace_of(const DrainSoFar& drain) {
  const double elapsed = seconds_of(drain.elapsed);
  if (drain.rate <= 0 || elapsed < early_seconds) return drain.rate;
  return std::min(drain.rate, static_cast<double>(drain.moved) / elapsed);
}

}  // namespace

std::optional<Duration> time_to_empty(const DrainSoFar& drain) {
  if (drain.left == 0) return Duration::zero();
  const auto left = static_cast<double>(drain.left);
  const double pace = pace_of(drain);
  const std::uint64_t accounted = drain.left + drain.moved;
  const bool some_ended = accounted < drain.then && drain.elapsed > Duration::zero();
  if (!some_ended) return pace > 0 ? std::optional(forecast(left / pace)) : std::nullopt;
  const auto then = static_cast<double>(drain.then);
  const double decay = std::log(then / static_cast<double>(accounted)) / seconds_of(drain.elapsed);  // A second.
  // Left by themselves until half a session is left, which is none; or dL/dt = -pace - decay L.
  if (pace <= 0) return forecast(std::log(2 * left) / decay);
  return forecast(std::log1p(decay * left / pace) / decay);
}

}  // namespace stickler::cluster
