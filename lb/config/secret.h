// What must not be shown in a message, an excerpt or the rendered configuration. Pure; any thread.
#pragma once

#include <string_view>

namespace stickler::config {

inline constexpr std::string_view masked = "***";

// Whether the value of a key or of a header field of this name is a secret: "keys", "password", "Authorization",
// "X-Api-Key", and what is close enough to have been meant as "keys". A file that holds a secret ("token_file") is
// none.
bool names_a_secret(std::string_view name);

// Whether a value is a URL that has one: "redis://:PASSWORD@HOST:PORT".
bool has_a_password(std::string_view value);

// Whether a key is long and no word: a slip above it, such as a quote that does not end, may have made it of a secret.
bool may_hold_a_secret(std::string_view key);

}  // namespace stickler::config
