#include "tests/integration/harness/balancer.h"

#include <catch2/catch.hpp>
#include <cstdlib>

namespace stickler::integration {
namespace {

std::string written(const std::string& path, const std::string& text) {
  write_file(path, text);
  return path;
}

}  // namespace

std::string stickler_program() { return STICKLER_PROGRAM; }
std::string login_stub_program() { return LOGIN_STUB_PROGRAM; }

std::uint16_t await_port(Process& process, std::string_view name) {
  const std::string line = process.await_line("listening " + std::string(name) + " ");
  return static_cast<std::uint16_t>(std::atoi(line.c_str() + line.rfind(':') + 1));
}

Balancer::Balancer(const std::string& text, Surroundings surroundings)
    : process_({.program = surroundings.program.empty() ? stickler_program() : surroundings.program,
                .arguments = {"run", written(config_path(), text)},
                .environment = std::move(surroundings.environment),
                .open_files_max = surroundings.open_files_max}) {
  process_.await_line("ready");
}

Balancer::~Balancer() {
  if (ended_) return;
  process_.signal(SIGTERM);
  const std::optional<int> code = process_.wait();
  const bool stopped = code == std::optional<int>(0);
  if (stopped) return;
  std::string log;
  for (const std::string& line : process_.error_lines()) log += line + "\n";
  FAIL_CHECK("stickler did not stop with code 0 but " << (code ? std::to_string(*code) : "not at all") << ":\n" << log);
}

void Balancer::expect_exit(int code) {
  ended_ = true;
  CHECK(process_.wait() == std::optional<int>(code));
}

// The admin API answers to loopback names only, and `test.example` of get() is none.
Message Balancer::admin(std::string_view target) {
  const std::string request =
      "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  return RawClient(admin_port()).exchange(request);
}

nlohmann::json Balancer::admin_json(std::string_view target) {
  const Message answer = admin(target);
  INFO(answer.head << answer.body);
  REQUIRE(answer.status() == 200);
  return nlohmann::json::parse(answer.body);
}

double Balancer::metric(std::string_view name, std::string_view labels) {
  const std::string text = admin("/metrics").body;
  double sum = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    const bool is_sample =
        line.starts_with(name) && line.size() > name.size() && (line[name.size()] == '{' || line[name.size()] == ' ');
    if (!is_sample || line.find(labels) == std::string_view::npos) continue;
    sum += std::atof(std::string(line.substr(line.rfind(' ') + 1)).c_str());
  }
  return sum;
}

nlohmann::json Balancer::access_entry(std::string_view path) {
  return nlohmann::json::parse(process_.await_output("\"path\":\"" + std::string(path) + "\""));
}

}  // namespace stickler::integration
