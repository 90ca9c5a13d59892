// Starting: what the machine refuses is said with a reason and a way out; the switch to another user.
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/operation/commands.h"
#include "tests/integration/operation/connect.h"

namespace stickler::integration {
namespace {

Checked start(const Setup& setup) { return with_file("run", yaml(setup)); }

const std::string taken = "Address already in use; another process listens there: stop it or choose another port\n";

TEST_CASE("a port that is taken: exit code 1 and which one") {
  const std::string workers = GENERATE("1", "2");
  CAPTURE(workers);
  ScriptedOrigin other(named("other"));
  const Checked started =
      start(Setup{.process = "{workers: " + workers + "}", .backends = {"127.0.0.1:9001"}, .listen = other.address()});
  CHECK(started.finished.code == 1);
  CHECK(last_error(started.finished) == "listeners.web: cannot listen on " + other.address() + ": " + taken);
}

TEST_CASE("a second balancer on the same port is refused, however many workers share it") {
  const std::string workers = GENERATE("1", "2");
  CAPTURE(workers);
  ScriptedOrigin origin(named("a"));
  Setup setup{.process = "{workers: " + workers + ", shutdown_grace: 500ms}", .backends = {origin.address()}};
  Balancer first(setup);
  setup.listen = "127.0.0.1:" + std::to_string(first.port());
  const TemporaryDirectory directory;
  write_file(directory.file("second.yaml"), yaml(setup));
  Process second({.program = stickler_program(), .arguments = {"run", directory.file("second.yaml")}});
  CHECK(second.wait(Deadline(10s)) == std::optional<int>(1));
  CHECK(fetch(first.port(), "/").status() == 200);
}

TEST_CASE("an admin port that is taken: exit code 1 and which one") {
  ScriptedOrigin other(named("other"));
  std::string text = yaml(Setup{.backends = {"127.0.0.1:9001"}});
  text.replace(text.find("\"127.0.0.1:0\""), 13, "\"" + other.address() + "\"");
  const Checked started = with_file("run", text);
  CHECK(started.finished.code == 1);
  CHECK(last_error(started.finished) == "admin.listen: cannot listen on " + other.address() + ": " + taken);
}

TEST_CASE("an address that is not of this machine: exit code 1 and why") {
  const Checked started = start(Setup{.backends = {"127.0.0.1:9001"}, .listen = "192.0.2.1:8080"});
  CHECK(started.finished.code == 1);
  CHECK(last_error(started.finished) ==
        "listeners.web: cannot listen on 192.0.2.1:8080: Cannot assign requested address; no interface of this machine "
        "has that address\n");
}

TEST_CASE("files that cannot be written or read: exit code 1 and which one") {
  struct Row {
    const char* line;
    const char* message;
  };
  const Row rows[] = {
      {"access_log: {file: /dev/null/access.log}",
       "access_log.file: cannot open the access log /dev/null/access.log: Not a directory\n"},
      {"admin: {listen: \"127.0.0.1:0\", token_file: /dev/null/token}",
       "admin.token_file: cannot read the token file '/dev/null/token': Not a directory\n"},
      {"log: {file: /dev/null/stickler.log}",
       "log.file: Failed opening file /dev/null/stickler.log for writing: Not "
       "a directory\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const std::string text = "version: 1\n" + std::string(row.line) +
                             "\nlisteners: {web: {listen: \"127.0.0.1:0\", pool: app}}\npools:\n  app:\n"
                             "    backends: [{name: a, address: \"127.0.0.1:9001\"}]\n" +
                             (contains(row.line, "admin") ? "" : "admin: {listen: off}\n");
    const Checked started = with_file("run", text);
    CHECK(started.finished.code == 1);
    CHECK(last_error(started.finished).ends_with(row.message));
  }
}

TEST_CASE("with too few descriptors to start: exit code 1 and the reason, however many there are") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("web.yaml");
  write_file(path, yaml(Setup{.backends = {"127.0.0.1:9001"}}));
  for (std::size_t files = 6; files <= 40; ++files) {
    CAPTURE(files);
    Process process({.program = stickler_program(), .arguments = {"run", path}, .open_files_max = files});
    const auto has_said = [&](std::string_view words) {
      return std::ranges::any_of(process.error_lines(), [&](const auto& line) { return contains(line, words); });
    };
    REQUIRE(eventually([&] { return has_said(" ready") || process.wait(Deadline(0ms)); }));
    if (has_said(" ready")) break;
    process.await_end_of_output();
    if (has_said("error while loading shared libraries")) continue;  // Too few for anything of ours to run.
    CHECK(process.wait().value() == 1);
    CHECK(has_said("open files"));
  }
}

TEST_CASE("an unknown user: exit code 1 and which one") {
  const Checked started = start(Setup{.process = "{user: no-such-user-here}", .backends = {"127.0.0.1:9001"}});
  CHECK(started.finished.code == 1);
  CHECK(last_error(started.finished) == "process.user: there is no user 'no-such-user-here' on this machine\n");
}

// The values of a line such as "Uid:" for every thread of the process.
std::vector<std::string> of_every_thread(pid_t pid, const std::string& name) {
  std::vector<std::string> values;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::istringstream status(read_file(task.path() / "status"));
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(name)) values.push_back(line.substr(name.size()));
    }
  }
  return values;
}

bool is_root() {
  if (::geteuid() == 0) return true;
  WARN("not root: the switch to another user is not tested");
  return false;
}

TEST_CASE("process.user: after binding, every thread runs as that user and can neither write nor return as root") {
  if (!is_root()) return;
  const passwd* nobody = ::getpwnam("nobody");
  REQUIRE(nobody != nullptr);
  const std::string ids = "\t" + std::to_string(nobody->pw_uid);
  const TemporaryDirectory logs;
  ::chmod(logs.path().c_str(), 0777);
  ScriptedOrigin origin(named("a"));
  Setup setup{.process = "{workers: 2, user: nobody, shutdown_grace: 500ms}",
              .top = {"access_log: {file: " + logs.file("access.log") + "}"},
              .backends = {origin.address()}};
  Balancer balancer(setup);
  ::chmod(balancer.directory().path().c_str(), 0755);
  CHECK(fetch(balancer.port(), "/").body == "a");
  const auto uids = of_every_thread(balancer.process().pid(), "Uid:");
  CHECK(uids.size() >= 3);
  for (const std::string& uid : uids) CHECK(uid == ids + ids + ids + ids);
  for (const std::string& groups : of_every_thread(balancer.process().pid(), "Groups:")) {
    CHECK_FALSE(contains(groups + " ", "\t0 "));
  }
  for (const std::string& effective : of_every_thread(balancer.process().pid(), "CapEff:")) {
    CHECK(effective == "\t0000000000000000");
  }
  struct stat log {};
  REQUIRE(eventually([&] { return ::stat(logs.file("access.log").c_str(), &log) == 0 && log.st_size > 0; }));
  CHECK(log.st_uid == nobody->pw_uid);

  setup.listener = {"timeouts: {idle: 30s}"};
  reload(balancer, setup);
  CHECK(fetch(balancer.port(), "/").body == "a");
}

TEST_CASE("process.user without the rights to switch: exit code 1 and why") {
  if (!is_root()) return;
  const TemporaryDirectory directory;
  ::chmod(directory.path().c_str(), 0755);
  write_file(directory.file("web.yaml"), yaml(Setup{.process = "{user: root}", .backends = {"127.0.0.1:9001"}}));
  const Finished finished = run({.program = "/usr/bin/setpriv",
                                 .arguments = {"--reuid", "65534", "--regid", "65534", "--clear-groups",
                                               stickler_program(), "run", directory.file("web.yaml")}});
  CHECK(finished.code == 1);
  CHECK(last_error(finished) == "process.user: only root can switch to 'root'; start as root or as that user\n");
}

TEST_CASE("workers: as many event loops as configured, or one for each CPU that the process may run on") {
  ScriptedOrigin origin(named("a"));
  for (const char* workers : {"1", "2", "5"}) {
    CAPTURE(workers);
    Balancer balancer(Setup{.process = "{workers: " + std::string(workers) + ", shutdown_grace: 500ms}",
                            .backends = {origin.address()}});
    CHECK(balancer.admin_json("/api/v1/status").at("workers") == std::atoi(workers));
    CHECK(balancer.metric("stickler_workers") == std::atoi(workers));
  }
  const TemporaryDirectory directory;
  write_file(directory.file("web.yaml"), yaml(Setup{.process = "{workers: auto}", .backends = {origin.address()}}));
  Process pinned(
      {.program = "/usr/bin/taskset", .arguments = {"-c", "0", stickler_program(), "run", directory.file("web.yaml")}});
  pinned.await_line("ready");
  const std::string admin = "127.0.0.1:" + std::to_string(await_port(pinned, "admin"));
  CHECK(contains(stickler({"status", "--json", "--admin", admin}).output, "\"workers\": 1,"));
  pinned.signal(SIGTERM);
  CHECK(pinned.wait() == std::optional<int>(0));
}

}  // namespace
}  // namespace stickler::integration
