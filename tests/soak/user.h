// A user of the login-stubs, who must stay logged in as long as his own one lives, whatever happens to the others.
// One client's thread.
#pragma once

#include <map>
#include <string>

#include "tests/integration/harness/raw_client.h"
#include "tests/soak/backends.h"
#include "tests/soak/tally.h"

namespace stickler::soak {

class User {
 public:
  User(std::uint16_t port, std::string name, const Backends& backends)
      : port_(port), name_(std::move(name)), backends_(backends) {}

  void visit(Tally& tally);  // Logs in first if he is not.

 private:
  integration::Message send(std::string_view target, const std::string& form, Tally& tally);
  void log_in(Tally& tally);

  std::uint16_t port_;
  std::string name_;
  const Backends& backends_;
  std::string node_;  // Empty: not logged in.
  int deaths_ = 0;    // Of that node, before he logged in.
  int visits_ = 0;
  std::map<std::string, std::string> cookies_;
};

}  // namespace stickler::soak
