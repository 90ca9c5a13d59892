// The load of a fault run: so many requests a second whatever becomes of them, each judged by its answer. Requests name
// themselves, so that an answer that belongs to another is known. Threads of its own send; the test's thread owns it,
// and reads what was sent once it has ended.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/harness/raw_client.h"

namespace stickler::faults {

enum class End : std::uint8_t {
  served,
  failed,       // 5xx, cut, or no answer: the client was told.
  hung,         // No end within the client's patience.
  misdirected,  // The answer of another request.
};

struct Sent {
  std::string id;
  std::string method;
  std::size_t fault = 0;                       // Whose time it was when the request was due.
  std::chrono::steady_clock::duration took{};  // From when it was due.
  int status = 0;                              // 0: no answer.
  End end = End::hung;
};

class Load {
 public:
  static constexpr int requests_per_second = 150;
  static constexpr std::chrono::seconds patience{15};

  explicit Load(std::uint16_t port);
  ~Load() { finish(); }

  void begin_fault(std::size_t fault) { fault_ = fault; }
  std::vector<Sent> finish();  // Once what is under way has ended.

 private:
  struct Sender {
    std::unique_ptr<integration::RawClient> wire;
    std::vector<Sent> sent;
    std::thread thread;
  };

  void run(Sender& sender);
  void exchange(Sender& sender, Sent& sent) const;

  std::uint16_t port_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::size_t> fault_{0};
  std::atomic<bool> stopping_{false};
  std::vector<Sender> senders_;  // Enough that none is late while a quarter of all requests waits for its patience.
};

}  // namespace stickler::faults
