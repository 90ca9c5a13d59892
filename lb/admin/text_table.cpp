#include "lb/admin/text_table.h"

#include <algorithm>

namespace stickler::admin {
namespace {

constexpr std::size_t gap = 2;

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

// Characters of UTF-8, each taken to be one place wide.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::vector<std::size_t> widths_of(const TextTable& table) {
  std::vector<std::size_t> widths;
  for (const Column& column : table.columns) widths.push_back(width_of(column.title));
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i].text));
  }
  return widths;
}

void append_row(std::string& out, const TextTable& table, const std::vector<std::size_t>& widths,
                const std::vector<Cell>& row) {
  std::string line(table.indent, ' ');
  std::size_t owed = 0;  // Blanks go out with the text that follows them, so that no line ends in any.
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string& text = row[i].text;
    const std::size_t padding = widths[i] - width_of(text);
    const bool right = table.columns[i].is_number;
    if (right) owed += padding;
    if (!text.empty()) {
      line.append(owed, ' ');
      line += table.in_colour ? painted(row[i].colour, text) : text;
      owed = 0;
    }
    owed += gap + (right ? 0 : padding);
  }
  out += line + '\n';
}

}  // namespace

std::string painted(Colour colour, std::string_view text) {
  if (colour == Colour::none) return std::string(text);
  constexpr std::string_view codes[] = {"0", "1", "32", "33", "31"};
  return "\033[" + std::string(codes[static_cast<std::size_t>(colour)]) + "m" + std::string(text) + "\033[0m";
}

std::string printable(std::string_view text) {
  std::string clean;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    const bool is_c1 = byte == 0xc2 && next >= 0x80 && next < 0xa0;  // U+009B begins a command, as ESC does.
    clean += byte < 0x20 || byte == 0x7f || is_c1 ? '?' : text[i];
    if (is_c1) ++i;
  }
  return clean;
}

std::string to_string(const TextTable& table) {
  const std::vector<std::size_t> widths = widths_of(table);
  std::string out;
  std::vector<Cell> titles;
  for (const Column& column : table.columns) titles.push_back({column.title, Colour::bold});
  append_row(out, table, widths, titles);
  for (const auto& row : table.rows) append_row(out, table, widths, row);
  return out;
}

}  // namespace stickler::admin
