// From the text of a YAML file to all that is wrong with it, in one run, whatever the file is for. Any thread; no
// exception leaves.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/error.h"
#include "lb/config/field.h"
#include "lb/config/problem.h"
#include "lb/config/yaml_tree.h"

namespace stickler::config {

inline constexpr std::size_t file_bytes_max = 1U << 20;
inline constexpr std::size_t problems_max = 500;  // What is beyond is counted.

// What a file is for: it takes what is said there, and judges it as a whole.
struct Form {
  std::string_view first;  // What stands first in it, for who has left it empty.
  std::function<void(Node& root, Reading& reading)> read;
  std::function<std::vector<Problem>(const Reading& reading)> check;  // Not called where the syntax breaks.
};

// By line and column.
std::vector<Problem> read_text(std::string_view yaml, const Form& form);

bool has_error(const std::vector<Problem>& problems);

// The error of a file as a whole.
Problem error_of_file(std::string message);

// At most one byte more than a file may have. The error says what cannot be done with it.
Result<std::string> read_text_file(const std::string& path);

}  // namespace stickler::config
