// Where the logs go, and that they can be rotated: moved away, then SIGHUP.
#include <catch2/catch.hpp>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/operation/commands.h"

namespace stickler::integration {
namespace {

bool comes_to_hold(const std::string& path, std::string_view text) {
  return eventually([&] { return contains(read_file(path), text); });
}

std::size_t lines_with(const std::string& path, std::string_view text) {
  std::size_t count = 0;
  const std::string all = read_file(path);
  for (std::size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
  return count;
}

TEST_CASE("the access log goes to a file, and after a rotation to a new one: no line is lost or doubled") {
  const TemporaryDirectory logs;
  const std::string path = logs.file("access.log");
  ScriptedOrigin origin(named("a"));
  const Setup setup{.process = "{workers: 2, shutdown_grace: 500ms}",
                    .top = {"access_log: {file: " + path + "}"},
                    .backends = {origin.address()}};
  Balancer balancer(setup);
  RawClient client(balancer.port());
  int sent = 0;
  for (int rotation = 0; rotation < 4; ++rotation) {
    for (int i = 0; i < 25; ++i) client.exchange(get("/line-" + std::to_string(sent++) + "-"));
    REQUIRE(comes_to_hold(path, "/line-" + std::to_string(sent - 1) + "-"));
    std::filesystem::rename(path, path + "." + std::to_string(rotation));
    reload(balancer, setup);
    REQUIRE(eventually([&] { return std::filesystem::exists(path); }));
  }
  client.exchange(get("/after"));
  CHECK(comes_to_hold(path, "/after"));
  std::string all;
  for (int rotation = 0; rotation < 4; ++rotation) all += read_file(path + "." + std::to_string(rotation));
  for (int i = 0; i < sent; ++i) {
    const std::string mark = "/line-" + std::to_string(i) + "-";
    CHECK(contains(all, mark));
    CHECK(all.find(mark) == all.rfind(mark));
  }
}

TEST_CASE("no line is lost when the process stops") {
  const TemporaryDirectory logs;
  const std::string path = logs.file("access.log");
  ScriptedOrigin origin(named("a"));
  {
    Balancer balancer(Setup{.top = {"access_log: {file: " + path + "}"}, .backends = {origin.address()}});
    RawClient client(balancer.port());
    for (int i = 0; i < 50; ++i) client.exchange(get("/last-words"));
  }
  CHECK(lines_with(path, "\"path\":\"/last-words\"") == 50);
}

TEST_CASE("an access log that cannot be opened anew goes on in the old file, and the log says so") {
  const TemporaryDirectory logs;
  const std::string folder = logs.file("folder");
  std::filesystem::create_directory(folder);
  const std::string path = folder + "/access.log";
  ScriptedOrigin origin(named("a"));
  const Setup setup{.top = {"access_log: {file: " + path + "}"}, .backends = {origin.address()}};
  Balancer balancer(setup);
  std::filesystem::rename(folder, folder + ".moved");
  reload(balancer, setup);
  balancer.process().await_line("access_log.file: ");
  CHECK(fetch(balancer.port(), "/still-logged").body == "a");
  CHECK(comes_to_hold(folder + ".moved/access.log", "/still-logged"));
}

// Setup writes `log: {level: info}` itself.
std::string with_log(const Setup& setup, const std::string& log) {
  std::string text = yaml(setup);
  const std::string line = "log: {level: info}";
  return text.replace(text.find(line), line.size(), "log: " + log);
}

TEST_CASE("the process log goes to a file, and after a rotation to a new one") {
  const TemporaryDirectory logs;
  const std::string path = logs.file("stickler.log");
  ReservedPort port;
  ReservedPort admin;
  ScriptedOrigin origin(named("a"));
  std::string text = with_log(Setup{.backends = {origin.address()}, .listen = port.address()}, "{file: " + path + "}");
  write_file(logs.file("web.yaml"), text);
  Process process({.program = stickler_program(), .arguments = {"run", logs.file("web.yaml")}});
  REQUIRE(comes_to_hold(path, "ready"));
  CHECK(fetch(port.number(), "/").body == "a");
  std::filesystem::rename(path, path + ".1");
  process.signal(SIGHUP);
  REQUIRE(eventually([&] { return std::filesystem::exists(path); }));
  process.signal(SIGHUP);
  CHECK(comes_to_hold(path, "reloaded"));
  const std::string before = read_file(path + ".1");
  process.signal(SIGTERM);
  CHECK(process.wait() == std::optional<int>(0));
  CHECK(comes_to_hold(path, "stopped"));
  CHECK(read_file(path + ".1") == before);
  process.await_end_of_output();
  CHECK(process.error_lines().empty());
}

TEST_CASE("log.level says how much is told, and a reload changes it") {
  ScriptedOrigin origin(named("a"));
  const Setup setup{.backends = {origin.address()}};
  Balancer balancer(setup);
  reload(balancer, with_log(setup, "{level: error}"));
  const std::size_t lines = balancer.process().error_lines().size();
  reload(balancer, with_log(setup, "{level: error}"));
  balancer.rewrite("not: good\n");
  balancer.process().signal(SIGHUP);
  balancer.process().await_line("reload refused", lines);
  for (std::size_t i = lines; i < balancer.process().error_lines().size(); ++i) {
    CHECK_FALSE(contains(balancer.process().error_lines()[i], " info "));
  }
  reload(balancer, with_log(setup, "{level: info}"));
  balancer.process().await_line(" info reloaded", lines);
}

TEST_CASE("log.file: stdout leaves the error stream empty") {
  ScriptedOrigin origin(named("a"));
  const TemporaryDirectory directory;
  write_file(directory.file("web.yaml"), with_log(Setup{.backends = {origin.address()}}, "{file: stdout}"));
  Process process({.program = stickler_program(), .arguments = {"run", directory.file("web.yaml")}});
  process.await_output("ready");
  process.signal(SIGTERM);
  CHECK(process.wait() == std::optional<int>(0));
  process.await_end_of_output();
  CHECK(process.error_lines().empty());
}

}  // namespace
}  // namespace stickler::integration
