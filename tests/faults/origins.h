// The origins of a fault run: processes of their own that are killed, stopped, started again, and told how to behave.
// The test's thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/faults/mood.h"
#include "tests/integration/failure/addresses.h"
#include "tests/integration/harness/process.h"
#include "tests/integration/harness/raw_client.h"

namespace stickler::faults {

class Origin {
 public:
  // Notes the POSTs that it is sent in the file `record`, over all its lives.
  Origin(std::string name, std::string record);

  void start();  // Returns when it listens.
  void kill();
  void stop() const { process_->signal(SIGSTOP); }
  void go_on() const { process_->signal(SIGCONT); }
  void behave(Mood mood);  // Returns when it does.

  const std::string& name() const { return name_; }
  std::string address() const { return port_.address(); }
  std::vector<std::string> posts() const;  // The ids, as often as they arrived.

 private:
  std::string name_;
  std::string record_;
  integration::ReservedPort port_;
  std::unique_ptr<integration::Process> process_;
  std::optional<integration::RawClient> control_;
};

}  // namespace stickler::faults
