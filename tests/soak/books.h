// The books of the balancer after a soak: its metrics against its access log, line by line. The test's thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "tests/integration/harness/balancer.h"
#include "tests/soak/tally.h"

namespace stickler::soak {

// The access log, added up.
struct LogTotals {
  std::uint64_t lines = 0;
  std::map<std::string, std::uint64_t> by_class;  // "2xx" ..., "none"
  std::map<std::string, std::uint64_t> by_pool;   // "": refused before a route was found
  std::uint64_t client_aborts = 0;
  std::uint64_t attempts = 0;
  std::unordered_map<std::string, std::string> reasons;  // of the paths that were asked for
};

LogTotals read_log(const std::string& path, const std::vector<Unserved>& reasons_of);

// Checks that every counter agrees with the log and with what the clients saw; nothing is in flight any more.
void check_books(integration::Balancer& balancer, const LogTotals& log, const Tally& clients);

// Checks that whatever was not served was a kill's.
void check_unserved(const LogTotals& log, const std::vector<Unserved>& unserved);

}  // namespace stickler::soak
