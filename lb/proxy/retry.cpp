#include "lb/proxy/retry.h"

#include <algorithm>

namespace stickler::proxy {
namespace {

std::int64_t second_of(TimePoint now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

}  // namespace

RetryBudget::Bucket& RetryBudget::bucket(TimePoint now) {
  const std::int64_t second = second_of(now);
  Bucket& bucket = buckets_[static_cast<std::size_t>(second) % seconds];
  if (bucket.second != second) bucket = {.second = second, .requests = 0, .retries = 0};
  return bucket;
}

bool RetryBudget::take(TimePoint now, std::uint32_t percent) {
  const std::int64_t oldest = second_of(now) - static_cast<std::int64_t>(seconds) + 1;
  std::uint64_t requests = 0;
  std::uint64_t retries = 0;
  for (const Bucket& bucket : buckets_) {
    if (bucket.second < oldest) continue;
    requests += bucket.requests;
    retries += bucket.retries;
  }
  const std::uint64_t floor = std::max<std::uint64_t>(1, floor_per_second * seconds / workers_);
  if (retries >= std::max(floor, requests * percent / 100)) return false;
  ++bucket(now).retries;
  return true;
}

}  // namespace stickler::proxy
