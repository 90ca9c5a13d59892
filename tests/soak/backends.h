// The backends of a soak, processes of their own: `calm` ones that live throughout, `app` ones and login-stubs that are
// killed and started again at the same address.
// The thread that makes them starts and kills them, and outlives them; deaths_of() is for any thread.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/harness/process.h"
#include "tests/soak/chance.h"

namespace stickler::soak {

enum class Kind : std::uint8_t { origin, login };

class Backend {
 public:
  Backend(Kind kind, std::string name);

  void start();
  void kill();
  bool is_dead() const { return process_ == nullptr; }
  int deaths() const { return deaths_; }
  const std::string& name() const { return name_; }
  std::string configured(std::string_view more = "") const;
  const std::vector<std::string>& flaws() const { return flaws_; }  // Malformed requests that it was sent.
  void note_flaws();

 private:
  Kind kind_;
  std::string name_;
  integration::ReservedPort port_;
  std::unique_ptr<integration::Process> process_;
  std::atomic<int> deaths_{0};
  std::vector<std::string> flaws_;
};

class Backends {
 public:
  Backends();

  // Kills one that lives or revives a dead one; at most one of each kind is dead at a time.
  void trouble(Chance& chance);
  void revive_all();

  const std::list<Backend>& calm() const { return calm_; }
  const std::list<Backend>& app() const { return app_; }
  const std::list<Backend>& login() const { return login_; }

  int kills() const { return kills_; }
  int deaths_of(std::string_view login_stub) const;  // With each all its sessions end.
  std::vector<std::string> flaws();

 private:
  std::list<Backend> calm_;
  std::list<Backend> app_;
  std::list<Backend> login_;
  int kills_ = 0;
};

}  // namespace stickler::soak
