#include "lb/io/child.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tests/unit/io/run_until.h"

namespace stickler::io {
namespace {

std::string end_of(const Child::Command& command) {
  Loop loop;
  std::string how;
  auto child = Child::start(loop, command, [&how](const std::string& told) { how = told; });
  if (!child) return child.error().message;
  CHECK(how.empty());
  run_until(loop, [&] { return !how.empty(); });
  return how;
}

std::string end_of_script(const std::string& script) { return end_of({.arguments = {"sh", "-c", script}}); }

TEST_CASE("how a child ended is told") {
  CHECK(end_of_script("exit 0") == "with code 0");
  CHECK(end_of_script("exit 7") == "with code 7");
  CHECK(end_of_script("kill -KILL $$") == "by signal 9");
}

TEST_CASE("what cannot be executed is an error of the start") {
  CHECK(end_of({.arguments = {"/nowhere/program"}}) == "cannot execute /nowhere/program: No such file or directory");
}

TEST_CASE("the child has the environment that it is given, instead of our own where both have a name") {
  ::setenv("CHILD_TEST_OURS", "ours", 1);
  ::setenv("CHILD_TEST_BOTH", "ours", 1);
  const std::string script = R"([ "$CHILD_TEST_OURS$CHILD_TEST_BOTH$CHILD_TEST_NEW" = ourstheirsnew ])";
  CHECK(end_of({.arguments = {"sh", "-c", script}, .environment = {"CHILD_TEST_BOTH=theirs", "CHILD_TEST_NEW=new"}}) ==
        "with code 0");
  ::unsetenv("CHILD_TEST_OURS");
  ::unsetenv("CHILD_TEST_BOTH");
}

TEST_CASE("the descriptors named keep their numbers, others stay here") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const int given = fcntl(ends[1], F_DUPFD_CLOEXEC, 200);
  const int kept = fcntl(ends[1], F_DUPFD_CLOEXEC, 201);
  const std::string number = std::to_string(given);
  const std::string script =
      "[ -e /proc/$$/fd/" + number + " ] && [ ! -e /proc/$$/fd/" + std::to_string(kept) + " ] && exit 5";
  CHECK(end_of({.arguments = {"sh", "-c", script}, .descriptors = {given}}) == "with code 5");
  CHECK((fcntl(given, F_GETFD) & FD_CLOEXEC) != 0);  // Here it is as it was.
  for (const int fd : {ends[0], ends[1], given, kept}) ::close(fd);
}

TEST_CASE("a child that is killed is reaped, also when nobody waits for it any more") {
  int pid = 0;
  {
    Loop loop;
    auto child = Child::start(loop, {.arguments = {"sleep", "600"}}, [](const std::string&) {});
    REQUIRE(child);
    pid = (*child)->pid();
    (*child)->kill();
    child->reset();
  }
  CHECK(::waitpid(pid, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}

TEST_CASE("a child outlives its owner") {
  int pid = 0;
  {
    Loop loop;
    auto child = Child::start(loop, {.arguments = {"sleep", "600"}}, [](const std::string&) {});
    REQUIRE(child);
    pid = (*child)->pid();
  }
  CHECK(::kill(pid, 0) == 0);
  ::kill(pid, SIGKILL);
  CHECK(::waitpid(pid, nullptr, 0) == pid);
}

}  // namespace
}  // namespace stickler::io
