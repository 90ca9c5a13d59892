// SIGUSR2: whatever is wrong with the new process, the old one serves on and says why.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/integration/failure/named.h"
#include "tests/integration/upgrade/lineage.h"

namespace stickler::integration {
namespace {

const std::string serves_on = "upgrade failed, this process serves on: ";

// A program whose file may be replaced.
class Installed {
 public:
  Installed() { std::filesystem::create_symlink(stickler_program(), path()); }
  std::string path() const { return directory_.file("stickler"); }

  void replace(const std::string& script) {
    std::filesystem::remove(path());
    write_file(path(), script);
    ::chmod(path().c_str(), 0755);
  }
  void remove() { std::filesystem::remove(path()); }
  void install() {
    remove();
    std::filesystem::create_symlink(stickler_program(), path());
  }

 private:
  TemporaryDirectory directory_;
};

Setup plain(const ScriptedOrigin& origin) {
  return {.process = "{workers: 2, shutdown_grace: 5s}", .backends = {backend("a", origin)}};
}

void check_that_it_serves(Lineage& lineage) {
  for (int i = 0; i < 5; ++i) CHECK(fetch(lineage.port(), "/").body == "a");
  CHECK(lineage.is_asked());
}

TEST_CASE("a configuration that is refused, or cannot be put into force") {
  ScriptedOrigin origin(named("a"));
  Lineage lineage(plain(origin));
  Fd taken = listen_on();
  const std::string occupied = "127.0.0.1:" + std::to_string(port_of(taken));
  struct Row {
    std::string text;
    std::string why;
  };
  Setup elsewhere = plain(origin);
  elsewhere.listeners = "  other: {listen: \"" + occupied + "\", pool: app}\n";
  TemporaryDirectory directory;
  write_file(directory.file("plain"), "");
  const std::string no_log = "{file: " + directory.file("plain") + "/a.log}";
  std::string unlogged = yaml(plain(origin));
  unlogged.replace(unlogged.find("log: {"), std::string("log: {").size(),
                   "log: {file: " + directory.file("plain") + "/a.log, ");
  Setup untold = plain(origin);
  untold.top = {"access_log: " + no_log};
  const Row rows[] = {{"version: 1\nlisteners: {web: {listen: \"127.0.0.1:0\", pool: nope}}\n", "no pool 'nope'"},
                      {"{", "error"},
                      {yaml(elsewhere), "listeners.other: cannot listen on " + occupied},
                      {unlogged, "log.file: "},
                      {yaml(untold), "access_log.file: "}};
  for (const Row& row : rows) {
    CAPTURE(row.why);
    lineage.balancer().rewrite(row.text);
    const std::size_t from = lineage.lines();
    lineage.signal(SIGUSR2);
    const std::string line = lineage.balancer().process().await_line(serves_on, from);
    CHECK(line.find(row.why) != std::string::npos);
    check_that_it_serves(lineage);
  }
  lineage.upgrade(plain(origin));
  check_that_it_serves(lineage);
}

TEST_CASE("a program that cannot be executed, ends or is killed before it is ready; then one that works") {
  ScriptedOrigin origin(named("a"));
  Installed program;
  Lineage lineage(plain(origin), {.program = program.path()});
  struct Row {
    std::string script;  // Empty: there is no program.
    std::string why;
  };
  const Row rows[] = {{"", "cannot execute " + program.path() + ": No such file or directory"},
                      {"#!/bin/sh\nexit 3\n", "it ended with code 3 before it was ready"},
                      {"#!/bin/sh\nexit 0\n", "it ended with code 0 before it was ready"},
                      {"#!/bin/sh\nkill -SEGV $$\n", "it ended by signal 11 before it was ready"},
                      {"#!/nowhere/sh\n", "cannot execute " + program.path()}};
  for (const Row& row : rows) {
    CAPTURE(row.why);
    row.script.empty() ? program.remove() : program.replace(row.script);
    const std::size_t from = lineage.lines();
    lineage.signal(SIGUSR2);
    const std::string line = lineage.balancer().process().await_line(serves_on, from);
    CHECK(line.find(row.why) != std::string::npos);
    check_that_it_serves(lineage);
  }
  program.install();
  lineage.upgrade();
  check_that_it_serves(lineage);
}

// It writes its process id, and hangs.
std::string hanging(const std::string& file) {
  return "#!/bin/sh\necho $$ >" + file + ".new && mv " + file + ".new " + file + "\nexec sleep 600\n";
}

pid_t pid_from(const std::string& file) {
  if (!eventually([&] { return std::filesystem::exists(file); })) throw std::runtime_error("it did not start");
  return std::atoi(read_file(file).c_str());
}

TEST_CASE("a program that never gets ready is killed; until then there is no other upgrade, no reload and no order") {
  ScriptedOrigin origin(named("a"));
  Installed program;
  TemporaryDirectory directory;
  Lineage lineage(plain(origin), {.program = program.path()});
  program.replace(hanging(directory.file("pid")));
  lineage.signal(SIGUSR2);
  const pid_t child = pid_from(directory.file("pid"));
  lineage.signal(SIGUSR2);
  lineage.await_line("upgrade refused: one is under way");
  CHECK(reload_by_command(lineage.balancer()).status() == 409);
  const Message order = RawClient(lineage.balancer().admin_port())
                            .exchange(
                                "POST /api/v1/pools/app/backends/a/drain HTTP/1.1\r\nHost: localhost\r\n"
                                "Content-Length: 0\r\n\r\n");
  CHECK(order.status() == 409);
  CHECK(order.body.find("an upgrade is under way") != std::string::npos);
  check_that_it_serves(lineage);
  lineage.await_line(serves_on + "it was not ready within 10 s");
  CHECK(eventually([child] { return !runs(child); }));  // Reaped as well.
  check_that_it_serves(lineage);
  program.install();
  lineage.upgrade();
  check_that_it_serves(lineage);
}

TEST_CASE("a process that is told to stop amid an upgrade takes the other one with it") {
  ScriptedOrigin origin(named("a"));
  Installed program;
  TemporaryDirectory directory;
  pid_t child = 0;
  {
    Lineage lineage(plain(origin), {.program = program.path()});
    program.replace(hanging(directory.file("pid")));
    lineage.signal(SIGUSR2);
    child = pid_from(directory.file("pid"));
  }
  CHECK(eventually([child] { return !runs(child); }));
}

}  // namespace
}  // namespace stickler::integration
