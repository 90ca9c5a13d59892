// What is wrong with a configuration file, and where. Values; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stickler::config {

// A place in the file, counted from 1, columns in characters (while the file is read, in bytes). Line 0: the file as a
// whole.
struct Mark {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// Where each key of the file was written, by its dotted path: "pools.login.backends[1].weight".
using Marks = std::map<std::string, Mark, std::less<>>;

// The mark of the path or, where the file leaves the key to its default, of the closest block around it.
Mark mark_of(const Marks& marks, std::string_view path);

enum class Severity : std::uint8_t { error, warning };

struct Problem {
  Mark at;
  Severity severity = Severity::error;
  std::string path;     // "" where no key is to blame.
  std::string message;  // The whole sentence, the path included.
  std::string excerpt;  // The file's own line with its secrets blanked; "" where there is none to show.
  std::string file{};   // "": the configuration file itself, not one that it names.
};

// "conf/web.yaml:14:5: error: pools.login.polcy: unknown key; did you mean 'policy'?", then the line and a caret below
// it where there is an excerpt. Ends without a line break.
std::string describe(const Problem& problem, std::string_view file);

// All of them, each on lines of its own; "" for none. Ends without a line break.
std::string describe(const std::vector<Problem>& problems, std::string_view file);

}  // namespace stickler::config
