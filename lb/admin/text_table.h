// TextTable: rows of text in aligned columns, for a terminal. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stickler::admin {

enum class Colour : std::uint8_t { none, bold, green, yellow, red };

std::string painted(Colour colour, std::string_view text);

// Without control characters: what a terminal is shown came from elsewhere.
std::string printable(std::string_view text);

struct Column {
  std::string title;
  bool is_number = false;  // To the right.
};

struct Cell {
  std::string text;
  Colour colour = Colour::none;
};

struct TextTable {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // Each with a cell a column.
  std::size_t indent = 0;
  bool in_colour = false;
};

// Lines with their line breaks.
std::string to_string(const TextTable& table);

}  // namespace stickler::admin
