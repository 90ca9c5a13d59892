#include "tests/integration/harness/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "tests/integration/harness/wire.h"

namespace stickler::integration {
namespace {

struct Pipe {
  Fd read;
  Fd write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  return {Fd(ends[0]), Fd(ends[1])};
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (std::string& string : strings) all.push_back(string.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_with(const std::vector<std::string>& extra) {
  std::vector<std::string> all = extra;  // The first of two equal names wins in getenv(3).
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

// Only async-signal-safe calls: the test process has threads.
[[noreturn]] void become(const Command& command, char* const* arguments, char* const* environment, int streams[2]) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (command.open_files_max > 0) {
    const rlimit limit{command.open_files_max, command.open_files_max};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  if (!command.directory.empty() && ::chdir(command.directory.c_str()) != 0) ::_exit(126);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(streams[0], STDOUT_FILENO);
  ::dup2(streams[1], STDERR_FILENO);
  ::execve(command.program.c_str(), arguments, environment);
  ::_exit(127);
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace

Process::Process(Command command) : name_(command.program) {
  Pipe output = make_pipe();
  Pipe errors = make_pipe();
  int streams[2] = {output.write.get(), errors.write.get()};
  std::vector<std::string> words = command.arguments;
  words.insert(words.begin(), command.program);
  std::vector<std::string> environment = environment_with(command.environment);
  const std::vector<char*> argument_pointers = pointers(words);
  const std::vector<char*> environment_pointers = pointers(environment);
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(command, argument_pointers.data(), environment_pointers.data(), streams);
  // Not pidfd_open(3): glibc 2.36 declares it without C linkage. Closed on exec by itself.
  exit_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  output_.fd = std::move(output.read);
  errors_.fd = std::move(errors.read);
  follower_ = std::thread([this] { follow(); });
}

Process::~Process() {
  if (!wait(Deadline(0ms))) {
    signal(SIGKILL);
    wait();
  }
  follower_.join();
  report_sanitizers();
}

void Process::signal(int number) const {
  if (!code_) ::kill(pid_, number);
}

std::optional<int> Process::wait(Deadline deadline) {
  if (code_) return code_;
  if (!wait_for(exit_.get(), POLLIN, deadline)) return std::nullopt;
  int status = 0;
  ::waitpid(pid_, &status, 0);
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return code_;
}

std::size_t Process::resident_bytes() const { return memory_bytes("VmRSS:"); }

std::size_t Process::resident_bytes_peak() const { return memory_bytes("VmHWM:"); }

std::size_t Process::memory_bytes(std::string_view line_name) const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(line_name)) return std::strtoull(line.c_str() + line_name.size(), nullptr, 10) * 1024;
  }
  throw std::runtime_error(name_ + " runs no more");
}

std::size_t Process::open_descriptors() const {
  const std::filesystem::directory_iterator entries("/proc/" + std::to_string(pid_) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

std::string Process::await_line(std::string_view text, std::size_t from, Deadline deadline) {
  return await(errors_, text, from, deadline);
}

std::string Process::await_output(std::string_view text, std::size_t from, Deadline deadline) {
  return await(output_, text, from, deadline);
}

std::vector<std::string> Process::error_lines() const {
  const std::lock_guard lock(mutex_);
  return errors_.lines;
}

std::vector<std::string> Process::output_lines() const {
  const std::lock_guard lock(mutex_);
  return output_.lines;
}

void Process::await_end_of_output(Deadline deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(deadline.remaining_ms()),
                    [this] { return output_.ended && errors_.ended; });
}

std::string Process::await(Stream& stream, std::string_view text, std::size_t from, Deadline deadline) {
  std::unique_lock lock(mutex_);
  for (std::size_t i = from;;) {
    for (; i < stream.lines.size(); ++i) {
      if (stream.lines[i].find(text) != std::string::npos) return stream.lines[i];
    }
    const bool changed = !stream.ended && changed_.wait_for(lock, std::chrono::milliseconds(deadline.remaining_ms()),
                                                            [&] { return stream.ended || i < stream.lines.size(); });
    if (!changed || (stream.ended && i >= stream.lines.size())) {
      throw TimedOut(name_ + " never printed '" + std::string(text) + "', but:\n" + joined(stream.lines) +
                     (&stream == &output_ ? joined(errors_.lines) : std::string()));
    }
  }
}

void Process::follow() {
  while (output_.fd || errors_.fd) {
    // poll(2) skips the -1 of a stream that has ended.
    pollfd entries[2] = {{output_.fd.get(), POLLIN, 0}, {errors_.fd.get(), POLLIN, 0}};
    if (::poll(entries, 2, -1) < 0 && errno != EINTR) return;
    if (entries[0].revents != 0) read_from(output_);
    if (entries[1].revents != 0) read_from(errors_);
  }
}

void Process::read_from(Stream& stream) {
  char bytes[8192];
  const ssize_t got = ::read(stream.fd.get(), bytes, sizeof bytes);
  if (got < 0 && errno == EINTR) return;
  const std::lock_guard lock(mutex_);
  if (got <= 0) {
    if (!stream.tail.empty()) stream.lines.push_back(std::move(stream.tail));
    stream.ended = true;
    stream.fd.close();
  } else {
    stream.tail.append(bytes, static_cast<std::size_t>(got));
    for (std::size_t end = stream.tail.find('\n'); end != std::string::npos; end = stream.tail.find('\n')) {
      stream.lines.push_back(stream.tail.substr(0, end));
      stream.tail.erase(0, end + 1);
    }
  }
  changed_.notify_all();
}

void Process::report_sanitizers() const {
  for (const std::string& line : errors_.lines) {
    const bool is_report = line.find("Sanitizer") != std::string::npos ||
                           line.find("runtime error:") != std::string::npos ||
                           line.find("Assertion") != std::string::npos;
    if (!is_report) continue;
    FAIL_CHECK(name_ << " left a report:\n" << joined(errors_.lines));
    return;
  }
}

Finished run(Command command, Deadline deadline) {
  Process process(std::move(command));
  const std::optional<int> code = process.wait(deadline);
  if (!code) throw TimedOut("a program that should have ended still runs");
  process.await_end_of_output(deadline);
  return {*code, joined(process.output_lines()), joined(process.error_lines())};
}

}  // namespace stickler::integration
