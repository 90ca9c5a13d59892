// Every documented key, in one table: what the reader accepts, what docs/configuration.md describes. Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stickler::config {

enum class Availability : std::uint8_t {
  built,  // Read, and acted upon.
  open,   // Built; the keys below it are the user's own (header names).
  later,  // Documented, but refused: "not available yet".
};

// Where the user chooses a name, the path says NAME; the elements of a list are "[]": "pools.NAME.backends[].weight".
struct Key {
  std::string_view path;
  Availability availability = Availability::built;
};

std::span<const Key> key_list();

const Key* find_key(std::string_view path);  // nullptr: no such key.

// The last words of the keys directly below a path, "" for the top.
std::vector<std::string_view> keys_below(std::string_view path);

// The one key that ends in this word, or nullptr if there are none or several.
const Key* only_key_named(std::string_view word);

}  // namespace stickler::config
