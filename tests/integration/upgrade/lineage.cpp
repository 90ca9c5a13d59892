#include "tests/integration/upgrade/lineage.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>

namespace stickler::integration {
namespace {

const std::string took_over = " took over";

// Who takes over is the child of a process that ends: it becomes ours, so that its end can be awaited.
const Setup& adopting(const Setup& setup) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  return setup;
}

pid_t pid_in(const std::string& line) {
  const std::string word = "upgraded: process ";
  return std::atoi(line.c_str() + line.find(word) + word.size());
}

}  // namespace

Lineage::Lineage(const Setup& setup, Surroundings surroundings)
    : first_(adopting(setup), std::move(surroundings)), pid_(first_.process().pid()) {}

Lineage::~Lineage() {
  if (pid_ == first_.process().pid()) return;
  ::kill(pid_, SIGTERM);
  CHECK(await_end(pid_) == 0);
  first_.process().signal(SIGTERM);  // Where a grace still holds it.
  first_.expect_exit(0);
}

void Lineage::upgrade() {
  const std::size_t from = lines();
  signal(SIGUSR2);
  pid_ = pid_in(first_.process().await_line(took_over, from));
}

void Lineage::upgrade(const Setup& setup) {
  first_.rewrite(yaml(setup));
  upgrade();
}

void Lineage::upgrade_and_settle() {
  const std::size_t from = lines();
  upgrade();
  await_line("stopped", from);
}

bool Lineage::status_comes_to(std::string_view name, int value) {
  return eventually([&] { return first_.admin_json("/api/v1/status").at(std::string(name)) == value; });
}

int await_end(pid_t pid) {
  int status = 0;
  int code = -1;
  // Not ours to wait for before its parent has ended.
  const bool ended = eventually([&] {
    const pid_t result = ::waitpid(pid, &status, WNOHANG);
    if (result == pid) code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result == pid;
  });
  if (!ended) ::kill(pid, SIGKILL);
  return code;
}

bool runs(pid_t pid) { return ::kill(pid, 0) == 0; }

}  // namespace stickler::integration
