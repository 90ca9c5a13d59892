// What `stickler-bench load` is asked to do. Values.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lb/base/address.h"
#include "lb/base/clock.h"

namespace stickler::bench {

struct LoadSettings {
  Address address;
  std::string host;        // For the Host field.
  std::string path = "/";  // With the query.
  std::string method = "GET";
  std::vector<std::string> fields;  // Further header lines, without CRLF.
  std::uint64_t body_bytes = 0;     // Of each request.
  std::uint32_t connections = 64;
  std::uint32_t idle = 0;      // Connections beside them that send one request and then nothing.
  double rate = 0;             // Requests a second, at seeded random instants; 0: as many as the connections carry.
  std::uint64_t requests = 0;  // To stop after; 0: no limit.
  Duration duration{};         // Of the measured part.
  Duration warm_up{};          // Before it; not measured.
  Duration timeout = std::chrono::seconds(30);  // Of one request.
  std::uint64_t seed = 1;
  std::function<void()> on_idle_open;  // The idle connections stand; may be empty.
  bool keep_alive = true;              // False: a connection for each request.
  bool keep_cookies = true;            // A connection sends back the cookies it was given, as a browser does.
};

}  // namespace stickler::bench
