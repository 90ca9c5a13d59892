// YAML text to a tree of our own; yaml-cpp stays behind this door. Pure; any thread.
//
// Built from yaml-cpp's events rather than its Node, which neither keeps the place of a key nor bounds what aliases
// expand to. Aliases are copied; merge keys ("<<") are not supported, nor is a second document.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/config/problem.h"

namespace stickler::config {

inline constexpr std::size_t nodes_max = 100'000;  // After the aliases are expanded.
inline constexpr std::string_view tab_indents = "a tab cannot indent; use spaces";

enum class Kind : std::uint8_t {
  nothing,
  scalar,
  list,
  map,
  unresolved,  // A scalar whose ${...} could not be replaced (environment.h).
};

struct Entry;

struct Node {
  Kind kind = Kind::nothing;
  Mark at;                     // Columns in bytes until Source has converted them.
  std::string text;            // Of a scalar; of an unresolved one, why it is.
  std::string written;         // As it stands in the file, where text came from the environment.
  std::vector<Node> items;     // Of a list.
  std::vector<Entry> entries;  // Of a map, in the file's order; a key may stand twice.
};

struct Entry {
  std::string key;
  Mark at;
  Node value;
};

struct SyntaxError {
  Mark at;
  std::string message;
};

struct Tree {
  Node root;  // What was understood before the error, if there is one; nothing for an empty file.
  std::optional<SyntaxError> error;
  // Where an error is, what the reader may trust less: the outermost [ or { that was not closed before it, and the last
  // text, which may have swallowed the line below it.
  std::optional<Mark> open_bracket;
  Node last_text;
};

Tree parse_yaml(std::string_view text);

}  // namespace stickler::config
