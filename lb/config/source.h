// The text of a configuration file: is it text at all, where is a place in it, what may be shown of it. One thread.
//
// Columns of a Mark that goes in count bytes, as yaml-cpp does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/config/problem.h"
#include "lb/config/yaml_tree.h"

namespace stickler::config {

class Source {
 public:
  // Borrows the text.
  explicit Source(std::string_view text);

  // The first byte that is no UTF-8, or a control character.
  std::optional<SyntaxError> find_foreign_byte() const;

  // The first quote of these scalars that no other quote ends: yaml-cpp takes the rest of the file for the text.
  std::optional<SyntaxError> find_open_quote(const Node& root) const;

  // A syntax error, with a better reason where its line shows one.
  SyntaxError explain(SyntaxError error) const;

  // Whether a text stands in the line where it begins, letter by letter, and does not go on below it.
  bool is_in_one_line(const Node& scalar) const;

  // From now on excerpts blank the values below keys whose name says that they are secret.
  void hide_secrets(const Node& root);
  // The same by the look of the lines alone, for a file whose syntax breaks.
  void hide_secret_lines();

  Mark in_characters(Mark at) const;

  // The line of the place, cut and cleaned for a terminal; "" where it cannot be shown.
  std::string excerpt(Mark at) const;

 private:
  std::string_view line(std::uint32_t number) const;
  void hide(std::size_t index, std::size_t shown_bytes);
  void hide_values_below(const Node& node);
  void hide_whole(const Node& node);
  void hide_from(Mark at, bool ends_in_line);
  void hide_blocks();

  std::vector<std::string_view> lines_;
  std::vector<std::size_t> shown_;  // Of each line, how many bytes may be shown.
  std::vector<bool> opens_block_;   // A secret begins in the line and may go on below it.
};

}  // namespace stickler::config
