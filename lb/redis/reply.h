// Reply: what became of one command: what Redis said, or that it said nothing. A value; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stickler::redis {

struct Reply {
  enum class Kind : std::uint8_t {
    status,   // `text`, such as "OK".
    error,    // `text`, such as "READONLY You can't write against a read only replica.".
    integer,  // `integer`
    nil,
    text,     // `text`
    list,     // `items`
    timeout,  // No answer came in time.
    lost,     // The connection broke, or spoke nonsense.
  };

  Kind kind = Kind::nil;
  std::string text{};
  std::int64_t integer = 0;
  std::vector<std::optional<std::string>> items{};  // nullopt: nil. Lists of lists are refused.

  bool is_ok() const { return kind == Kind::status && text == "OK"; }
};

}  // namespace stickler::redis
