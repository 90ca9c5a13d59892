// Stage: what documents describe, on this machine: their addresses on free ports, their backends as origins that answer
// everything with 200, their variables of the environment. The test's thread.
#pragma once

#include <list>
#include <map>
#include <string>
#include <vector>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/harness/config_file.h"
#include "tests/integration/harness/scripted_origin.h"

namespace stickler::integration {

class Stage {
 public:
  Stage();

  // A whole configuration whose listeners and backends are ours. Where it does not say where the admin API is, that is
  // on a free port.
  std::string configuration(const std::string& text);

  // Addresses of this machine in a script or a listener, the same port for the same port.
  std::string on_free_ports(const std::string& text);

  // Everything that a sample may ask for.
  std::vector<std::string> environment() const;

  const TemporaryDirectory& folder() const { return folder_; }

 private:
  std::string backend_address(const std::string& written);

  TemporaryDirectory folder_;
  std::list<ScriptedOrigin> origins_;
  std::map<std::string, std::string> backends_;
  std::list<ReservedPort> reserved_;
  std::map<std::string, std::string> ports_;
};

}  // namespace stickler::integration
