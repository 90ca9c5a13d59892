// The other nodes, as --peers names them: "b=127.0.0.1:9102,c=127.0.0.1:9103". Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lb/base/address.h"
#include "lb/base/error.h"

namespace stickler::stub {

struct PeerAddress {
  std::string name;
  Address address;
};

// The error says what was expected.
Result<std::string> parse_node_name(std::string_view text);
Result<std::vector<PeerAddress>> parse_peers(std::string_view text);

}  // namespace stickler::stub
