// Clients that come one after the other as fast as they are served, each on a connection of its own with one request.
// The test's thread owns it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/integration/harness/raw_client.h"

namespace stickler::integration {

class Flood {
 public:
  static constexpr int threads = 3;
  static constexpr int requests_max = 9000;  // Of all of them: then they rest.

  explicit Flood(std::uint16_t port) : port_(port) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this, i] { run(first_failures_[static_cast<std::size_t>(i)]); });
    }
  }
  ~Flood() { stop(); }

  void stop() {
    stop_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  int served() const { return served_; }
  int failed() const { return failed_; }
  std::string first_failures() const {
    std::string all;
    for (const std::string& failure : first_failures_) all += failure;
    return all;
  }

 private:
  void run(std::string& first_failure) {
    while (!stop_ && served_ + failed_ < requests_max) {
      std::string failure;
      try {
        RawClient client(port_);
        client.send(get("/", "Connection: close\r\n"));
        const auto answer = client.read_response();
        if (!answer) failure = client.was_reset() ? "reset" : "closed without an answer";
        if (answer && (answer->status() != 200 || !answer->complete)) failure = answer->head + answer->body;
      } catch (const std::exception& error) {
        failure = error.what();
      }
      ++(failure.empty() ? served_ : failed_);
      if (first_failure.empty() && !failure.empty()) first_failure = failure + "\n";
    }
  }

  std::uint16_t port_;
  std::atomic<bool> stop_{false};
  std::atomic<int> served_{0};
  std::atomic<int> failed_{0};
  std::string first_failures_[threads];
  std::vector<std::thread> threads_;
};

}  // namespace stickler::integration
