#include "tests/faults/origins.h"

#include <csignal>
#include <sstream>
#include <stdexcept>

#include "tests/integration/harness/config_file.h"

namespace stickler::faults {

using namespace integration;

Origin::Origin(std::string name, std::string record) : name_(std::move(name)), record_(std::move(record)) { start(); }

void Origin::start() {
  process_ = std::make_unique<Process>(Command{.program = std::string(PROGRAM_DIR) + "/fault_origin",
                                               .arguments = {std::to_string(port_.number()), record_}});
  const std::string line = process_->await_line("control ");
  control_.emplace(static_cast<std::uint16_t>(std::stoi(line.substr(line.find(' ') + 1))));
}

void Origin::kill() {
  process_->signal(SIGKILL);
  process_->wait();
  control_.reset();
  process_.reset();
}

void Origin::behave(Mood mood) {
  control_->send(std::string(to_string(mood)) + "\n");
  if (control_->read_until("\n") != "done\n") throw std::runtime_error("origin " + name_ + " does not obey");
}

std::vector<std::string> Origin::posts() const {
  std::vector<std::string> ids;
  std::istringstream lines(read_file(record_));
  for (std::string id; std::getline(lines, id);) ids.push_back(id);
  return ids;
}

}  // namespace stickler::faults
