// A running `stickler`, started from YAML on ports of its own. Its end is part of every test: it must stop with code 0
// when told to. `login-stub` is started the same way.
// The test's thread owns it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/harness/config_file.h"
#include "tests/integration/harness/process.h"
#include "tests/integration/harness/raw_client.h"

namespace stickler::integration {

std::string stickler_program();
std::string login_stub_program();

// The port in a program's line "listening NAME ADDRESS".
std::uint16_t await_port(Process& process, std::string_view name);

// What a Balancer is started with, beside its configuration.
struct Surroundings {
  std::vector<std::string> environment{};
  std::size_t open_files_max = 0;
  std::string program{};  // Empty: the one that was built.
};

class Balancer {
 public:
  explicit Balancer(const Setup& setup, Surroundings surroundings = {})
      : Balancer(yaml(setup), std::move(surroundings)) {}
  explicit Balancer(const std::string& text, Surroundings surroundings = {});
  ~Balancer();

  std::uint16_t port() { return port("web"); }
  std::uint16_t port(std::string_view listener) { return await_port(process_, listener); }
  std::uint16_t admin_port() { return await_port(process_, "admin"); }
  std::string admin_address() { return "127.0.0.1:" + std::to_string(admin_port()); }
  Process& process() { return process_; }
  const TemporaryDirectory& directory() const { return directory_; }
  std::string config_path() const { return directory_.file("stickler.yaml"); }

  void rewrite(const std::string& text) { write_file(config_path(), text); }  // SIGHUP is the caller's to send

  Message admin(std::string_view target);              // GET
  nlohmann::json admin_json(std::string_view target);  // GET, status 200 required

  // Of GET /metrics: the sum of all samples of `name` whose label set contains `labels`; 0 when there is none.
  double metric(std::string_view name, std::string_view labels = "");

  // The access-log entry of the request with this path; needs `access_log: {file: stdout}`.
  nlohmann::json access_entry(std::string_view path);

  void expect_exit(int code);  // instead of 0 from SIGTERM in the destructor: it has been made to end already

 private:
  TemporaryDirectory directory_;
  Process process_;
  bool ended_ = false;
};

inline const std::string access_log_to_stdout = "access_log: {file: stdout, format: json}";

}  // namespace stickler::integration
