// Backends that are named elsewhere than in the configuration: in the list at discover.file, or one by one through the
// admin API. One reader and one set of rules, whoever names them. Any thread.
//
// Variables of the environment are not replaced in them: what a program writes is data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lb/base/error.h"
#include "lb/config/problem.h"
#include "lb/config/schema.h"

namespace stickler::config {

struct BackendList {
  std::vector<Backend> backends;  // Complete only if ok().
  std::vector<Problem> problems;  // Each names the file.

  bool ok() const;
};

// The list at discover.file, as a path from where the process is. Requires: the backends of `pool` are those that it
// has beside the list.
BackendList load_backend_list(const Pool& pool);
BackendList read_backend_list(std::string_view yaml, const Pool& pool);

// One that is to join the pool, as JSON. The error says all that is wrong with it.
Result<Backend> read_backend(std::string_view json, const Pool& pool);

// {"weight": N}
Result<std::uint32_t> read_weight(std::string_view json);

// Whether a pool may have the backends that it has, whoever has named them.
Result<void> may_have_backends(const Pool& pool);

}  // namespace stickler::config
