#include "tests/soak/backends.h"

#include <algorithm>
#include <csignal>

#include "tests/integration/harness/balancer.h"

namespace stickler::soak {

using namespace integration;

Backend::Backend(Kind kind, std::string name) : kind_(kind), name_(std::move(name)) { start(); }

void Backend::start() {
  Command command{.program = std::string(PROGRAM_DIR) + "/soak_origin", .arguments = {std::to_string(port_.number())}};
  if (kind_ == Kind::login) {
    command = {.program = login_stub_program(),
               .arguments = {"--listen", port_.address(), "--name", name_, "--password-cost", "off"}};
  }
  process_ = std::make_unique<Process>(std::move(command));
  process_->await_line("ready");
}

void Backend::kill() {
  ++deaths_;  // Before the fact: who finds his session gone looks here.
  process_->signal(SIGKILL);
  process_->wait();
  note_flaws();
  process_.reset();
}

void Backend::note_flaws() {
  if (process_ == nullptr) return;
  for (const std::string& line : process_->error_lines()) {
    if (line.starts_with("flaw: ")) flaws_.push_back(name_ + " was sent a " + line);
  }
}

std::string Backend::configured(std::string_view more) const {
  return "{name: " + name_ + ", address: \"" + port_.address() + "\"" + std::string(more) + "}";
}

Backends::Backends() {
  for (int i = 0; i < 2; ++i) calm_.emplace_back(Kind::origin, "calm-" + std::to_string(i));
  for (int i = 0; i < 4; ++i) app_.emplace_back(Kind::origin, "app-" + std::to_string(i));
  for (int i = 0; i < 3; ++i) login_.emplace_back(Kind::login, "login-" + std::to_string(i));
}

void Backends::trouble(Chance& chance) {
  std::list<Backend>& kind = chance.percent(70) ? app_ : login_;
  const auto dead = std::ranges::find_if(kind, &Backend::is_dead);
  if (dead != kind.end()) return dead->start();
  std::next(kind.begin(), static_cast<std::ptrdiff_t>(chance.below(kind.size())))->kill();
  ++kills_;
}

int Backends::deaths_of(std::string_view login_stub) const {
  const auto found = std::ranges::find(login_, login_stub, &Backend::name);
  return found == login_.end() ? 0 : found->deaths();
}

void Backends::revive_all() {
  for (std::list<Backend>* kind : {&app_, &login_}) {
    for (Backend& backend : *kind) {
      if (backend.is_dead()) backend.start();
    }
  }
}

std::vector<std::string> Backends::flaws() {
  std::vector<std::string> all;
  for (std::list<Backend>* kind : {&calm_, &app_, &login_}) {
    for (Backend& backend : *kind) {
      backend.note_flaws();
      all.insert(all.end(), backend.flaws().begin(), backend.flaws().end());
    }
  }
  return all;
}

}  // namespace stickler::soak
