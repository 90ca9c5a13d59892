// What a client has done and what came of it. One client's thread writes; the test reads once the thread has ended.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace stickler::soak {

// A good request that was not served because its backend was killed, as far as the client can tell.
struct Unserved {
  std::string path;
  std::string what;     // method and status
  bool may_be = false;  // it may not be sent again; otherwise the access log must excuse it
};

struct Tally {
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;  // good ones, whose whole answer was awaited
  std::uint64_t served = 0;
  std::uint64_t aborts = 0;
  std::uint64_t refused = 0;  // malformed requests
  std::uint64_t tunnels = 0;
  std::uint64_t log_ins = 0;
  std::uint64_t bytes = 0;  // of bodies and tunnels, both ways
  std::vector<Unserved> unserved{};
  std::vector<std::string> wrongs{};  // what must not happen, whatever is killed

  void wrong(std::string what) {
    constexpr std::size_t shown_max = 20;
    if (wrongs.size() < shown_max) wrongs.push_back(std::move(what));
  }

  void add(const Tally& other) {
    connections += other.connections;
    requests += other.requests;
    served += other.served;
    aborts += other.aborts;
    refused += other.refused;
    tunnels += other.tunnels;
    log_ins += other.log_ins;
    bytes += other.bytes;
    unserved.insert(unserved.end(), other.unserved.begin(), other.unserved.end());
    wrongs.insert(wrongs.end(), other.wrongs.begin(), other.wrongs.end());
  }
};

}  // namespace stickler::soak
