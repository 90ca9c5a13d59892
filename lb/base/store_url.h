// StoreUrl: where a store in Redis is, as the operator writes it: "redis://[:PASSWORD@]HOST:PORT[/DATABASE]". A value;
// any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/base/address.h"
#include "lb/base/error.h"

namespace stickler {

struct StoreUrl {
  Address address;
  std::string password{};  // "": none is sent.
  std::uint32_t database = 0;

  // HOST is an IP address. What is no letter or digit of the password may be written as %XX. The error says what is
  // wrong without showing any of the text: it may be the password.
  static Result<StoreUrl> parse(std::string_view text);

  std::string to_string() const;  // What parse() takes.
  std::string masked() const;     // The same, with *** for the password.

  friend bool operator==(const StoreUrl&, const StoreUrl&) = default;
};

}  // namespace stickler
