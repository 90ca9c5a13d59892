// Starting without the rights for it: to the letter what is said, and the exit code. As root the tests give their
// rights up; files that nobody may read have mode 0, which stops their owner too.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/integration/operation/commands.h"

namespace stickler::integration {
namespace {

// A directory that everybody may search and nobody write to. Modes are taken back, so that it can be removed.
class ForeignDirectory {
 public:
  ForeignDirectory() { set_mode("", 0555); }
  ~ForeignDirectory() { set_mode("", 0700); }
  ForeignDirectory(const ForeignDirectory&) = delete;
  ForeignDirectory& operator=(const ForeignDirectory&) = delete;

  std::string file(std::string_view name) const { return directory_.file(name); }

  std::string write(std::string_view name, std::string_view text, mode_t mode = 0444) {
    set_mode("", 0755);
    write_file(file(name), text);
    set_mode(name, mode);
    set_mode("", 0555);
    return file(name);
  }

 private:
  void set_mode(std::string_view name, mode_t mode) const { ::chmod(file(name).c_str(), mode); }

  TemporaryDirectory directory_;
};

Finished without_rights(const std::string& command, const std::string& path) {
  if (::geteuid() != 0) return stickler({command, path});
  return run(
      {.program = "/usr/bin/setpriv",
       .arguments = {"--reuid", "65534", "--regid", "65534", "--clear-groups", stickler_program(), command, path}});
}

std::string text(const std::string& listen, const std::string& admin = "{listen: off}", const std::string& more = "") {
  return "version: 1\nadmin: " + admin + "\nlisteners: {web: {listen: \"" + listen + "\", pool: app}}\n" +
         "pools: {app: {backends: [{name: a, address: \"127.0.0.1:9001\"}]}}\n" + more;
}

const std::string listen_advice =
    "Permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE, a unix path needs a writable directory\n";

TEST_CASE("a port below 1024 without the right to it: exit code 1 and what it takes") {
  if (std::atoi(read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start").c_str()) <= 1) {
    WARN("skipped: on this machine everybody may listen on every port");
    return;
  }
  ForeignDirectory directory;
  Finished finished = without_rights("run", directory.write("web.yaml", text("127.0.0.1:1")));
  CHECK(finished.code == 1);
  CHECK(last_error(finished) == "listeners.web: cannot listen on 127.0.0.1:1: " + listen_advice);
  finished = without_rights("run", directory.write("web.yaml", text("127.0.0.1:0", "{listen: \"127.0.0.1:1\"}")));
  CHECK(finished.code == 1);
  CHECK(last_error(finished) == "admin.listen: cannot listen on 127.0.0.1:1: " + listen_advice);
}

TEST_CASE("a unix socket where nobody may make a file: exit code 1 and what it takes") {
  ForeignDirectory directory;
  const std::string address = "unix:" + directory.file("web.sock");
  const Finished finished = without_rights("run", directory.write("web.yaml", text(address)));
  CHECK(finished.code == 1);
  CHECK(last_error(finished) == "listeners.web: cannot listen on " + address + ": " + listen_advice);
}

TEST_CASE("a configuration that nobody may read: exit code 2 and why") {
  ForeignDirectory directory;
  const std::string path = directory.write("web.yaml", text("127.0.0.1:0"), 0);
  for (const char* command : {"check", "run"}) {
    CAPTURE(command);
    const Finished finished = without_rights(command, path);
    CHECK(finished.code == 2);
    CHECK(contains(finished.errors, path + ": error: cannot be opened: Permission denied\n"));
  }
}

TEST_CASE("a token file that nobody may read: exit code 1 and which one") {
  ForeignDirectory directory;
  const std::string token = directory.write("token", "a token of some length, and more\n", 0);
  const std::string admin = "{listen: \"127.0.0.1:0\", token_file: " + token + "}";
  const Finished finished = without_rights("run", directory.write("web.yaml", text("127.0.0.1:0", admin)));
  CHECK(finished.code == 1);
  CHECK(last_error(finished) == "admin.token_file: cannot read the token file '" + token + "': Permission denied\n");
}

TEST_CASE("logs where nobody may make a file: exit code 1 and which one") {
  ForeignDirectory directory;
  const std::string log = directory.file("a.log");
  const auto start = [&](const std::string& line) {
    return without_rights("run", directory.write("web.yaml", text("127.0.0.1:0", "{listen: off}", line)));
  };
  const Finished access_log = start("access_log: {file: " + log + "}\n");
  CHECK(access_log.code == 1);
  CHECK(last_error(access_log) == "access_log.file: cannot open the access log " + log + ": Permission denied\n");
  const Finished process_log = start("log: {file: " + log + "}\n");
  CHECK(process_log.code == 1);
  CHECK(process_log.errors == "stickler: log.file: Failed opening file " + log + " for writing: Permission denied\n");
}

TEST_CASE("an access log that root may write and process.user may not: exit code 1 and who may not") {
  if (::geteuid() != 0) {
    WARN("not root: the switch to another user is not tested");
    return;
  }
  ForeignDirectory directory;
  const std::string log = directory.file("a.log");
  const Finished finished = stickler(
      {"run", directory.write("web.yaml", text("127.0.0.1:0", "{listen: off}",
                                               "process: {user: nobody}\naccess_log: {file: " + log + "}\n"))});
  CHECK(finished.code == 1);
  CHECK(last_error(finished) == "access_log.file: cannot open the access log " + log +
                                    ": Permission denied; it is opened as 'nobody' (process.user)\n");
}

}  // namespace
}  // namespace stickler::integration
