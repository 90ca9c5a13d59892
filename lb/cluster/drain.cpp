#include "lb/cluster/drain.h"

#include <algorithm>
#include <cmath>

namespace stickler::cluster {
namespace {

constexpr std::chrono::hours forecast_max{24 * 365};

}  // namespace

std::optional<Duration> time_to_empty(std::uint64_t then, std::uint64_t left, Duration elapsed) {
  if (left == 0) return Duration::zero();
  if (left >= then || elapsed <= Duration::zero()) return std::nullopt;
  const auto was = static_cast<double>(then);
  const auto is = static_cast<double>(left);
  const double lives = std::log(2 * is) / std::log(was / is);  // Until half a session is left, which is none.
  const double seconds = lives * std::chrono::duration<double>(elapsed).count();
  const auto most = std::chrono::duration<double>(forecast_max).count();
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::min(seconds, most)));
}

}  // namespace stickler::cluster
