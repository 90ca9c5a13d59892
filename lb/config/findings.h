// Findings: what the rules of check.h find, kept apart from what reading the file has already said. One thread, during
// load.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lb/config/check.h"

namespace stickler::config {

class Findings {
 public:
  explicit Findings(const Reading& reading) : reading_(reading) {}

  // "PATH: MESSAGE". Not noted unless is_read(path); the same for warn().
  void error(const std::string& path, std::string_view message);
  // "PATH MESSAGE": the path is the subject of the sentence.
  void warn(const std::string& path, std::string_view message);

  // Neither the value at the path nor a block around it was wrong when it was read, whatever may be wrong below it.
  bool is_read(std::string_view path) const;
  // Nor was anything below it. A rule that holds one value against another asks for both.
  bool is_sound(std::string_view path) const { return is_read(path) && reading_.is_sound(path); }
  // The file gives the key.
  bool is_written(std::string_view path) const { return reading_.marks.contains(path); }

  std::vector<Problem> take() { return std::move(problems_); }

 private:
  void note(Severity severity, const std::string& path, std::string_view sentence);

  const Reading& reading_;
  std::vector<Problem> problems_;
};

// The rules by section of the file.
void check_process(const CheckInput& input, Findings& findings);
void check_listeners(const CheckInput& input, Findings& findings);
void check_routes(const CheckInput& input, Findings& findings);
void check_pools(const CheckInput& input, Findings& findings);
void check_affinity(const CheckInput& input, Findings& findings);

// The backends of a pool from `first` on, which stand in the list at `path`, or, where that is "", are one whose keys
// stand at the top. Those before have been checked.
struct BackendsOf {
  const Pool& pool;
  std::string path;
  std::size_t first = 0;
  bool others_follow = false;  // These may be none.
};
void check_backends(const BackendsOf& list, Findings& findings);

// Whether a request for the second host is one for the first: "" any, "*.example.com", "www.example.com".
bool host_covers(std::string_view host, std::string_view other);
// Whether every request that the second route would take has been taken by the first.
bool covers(const Route& route, const Route& other);

}  // namespace stickler::config
