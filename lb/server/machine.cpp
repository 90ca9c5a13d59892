#include "lb/server/machine.h"

#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace stickler::server {

std::uint32_t usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&set)));
}

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

Result<void> require_descriptors(std::uint32_t workers) {
  const std::uint64_t least = 16 + std::uint64_t{4} * workers;
  const std::uint64_t limit = raise_descriptor_limit();
  if (limit >= least) return {};
  return fail("the limit of open files (ulimit -n) is " + std::to_string(limit) + "; " + std::to_string(workers) +
              " workers need at least " + std::to_string(least));
}

Result<uid_t> find_user(const std::string& name) {
  errno = 0;
  const passwd* entry = getpwnam(name.c_str());
  if (entry == nullptr) return fail("process.user: there is no user '" + name + "' on this machine", errno);
  return entry->pw_uid;
}

Result<void> switch_user(const std::string& user) {
  errno = 0;
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) return fail("process.user: there is no user '" + user + "' on this machine", errno);
  if (entry->pw_uid == geteuid()) return {};
  if (geteuid() != 0)
    return fail("process.user: only root can switch to '" + user + "'; start as root or as that user");
  if (initgroups(user.c_str(), entry->pw_gid) != 0 || setgid(entry->pw_gid) != 0 || setuid(entry->pw_uid) != 0) {
    return fail_errno("process.user: cannot switch to '" + user + "'", errno);
  }
  if (setuid(0) == 0) return fail("process.user: root rights could be taken back after the switch");
  return {};
}

}  // namespace stickler::server
