// One client of a soak: does ever other things at random, good and bad, and judges what it gets back.
// A thread of its own runs it; the test reads the tally once that has ended.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "tests/integration/harness/raw_client.h"
#include "tests/soak/backends.h"
#include "tests/soak/chance.h"
#include "tests/soak/tally.h"
#include "tests/soak/user.h"

namespace stickler::soak {

class Client {
 public:
  Client(std::uint16_t port, int number, const Backends& backends, std::uint64_t seed);

  void run(const std::atomic<bool>& stop);
  const Tally& tally() const { return tally_; }

 private:
  struct Request {
    std::string id;
    std::string path;
    std::string method = "GET";
    std::size_t answer_size = 0;
    bool chunked = false;   // The answer is to be.
    bool streamed = false;  // The body comes in pieces, too many to be held for a second attempt.
    std::string body{};
    std::string fields() const;
  };
  struct Deed {
    std::size_t share;
    void (Client::*does)();
  };
  static const Deed deeds[];

  // Good.
  void exchange();
  void read_slowly();
  void upload_slowly();
  void pipeline();
  void use_tunnel();
  void use_session();
  // Bad.
  void leave_amid_head();
  void leave_amid_body();
  void leave_amid_answer();
  void leave_at_once();
  void send_nonsense();

  Request any_request();
  std::unique_ptr<integration::RawClient> connect(int receive_buffer_bytes = 0);
  void leave(integration::RawClient& wire);
  void judge(const Request& request, const std::optional<integration::Message>& answer);

  std::uint16_t port_;
  int number_;
  Chance chance_;
  User user_;
  Tally tally_;
  std::uint64_t next_id_ = 0;
  std::unique_ptr<integration::RawClient> kept_;
  std::list<std::unique_ptr<integration::RawClient>> tunnels_;
};

}  // namespace stickler::soak
