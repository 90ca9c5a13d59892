#include "lb/io/child.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string_view>
#include <utility>

namespace stickler::io {
namespace {

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

// Ours, but for the names that `all` gives anew: of two equal names some programs take the first, some the last.
std::vector<std::string> environment_with(std::vector<std::string> all) {
  const auto name_of = [](std::string_view entry) { return entry.substr(0, entry.find('=')); };
  const std::size_t given = all.size();
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const auto same_name = [&](const std::string& other) { return name_of(other) == name_of(*entry); };
    if (std::none_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(given), same_name)) {
      all.emplace_back(*entry);
    }
  }
  return all;
}

// Every descriptor at its own number: then libuv only clears close-on-exec. To give them other numbers it would have to
// move them over each other, and over the pipe by which it hears that the program could not be executed.
std::vector<uv_stdio_container_t> inherited(std::vector<int> descriptors) {
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(standard, F_GETFD) >= 0) descriptors.push_back(standard);
  }
  std::vector<uv_stdio_container_t> all;
  for (const int fd : descriptors) {
    if (all.size() <= static_cast<std::size_t>(fd)) all.resize(static_cast<std::size_t>(fd) + 1);
    all[static_cast<std::size_t>(fd)] = {.flags = UV_INHERIT_FD, .data = {.fd = fd}};
  }
  return all;
}

std::string spell(std::int64_t code, int signal) {
  return signal != 0 ? "by signal " + std::to_string(signal) : "with code " + std::to_string(code);
}

}  // namespace

Result<std::unique_ptr<Child>> Child::start(Loop& loop, const Command& command, OnExit on_exit) {
  std::unique_ptr<Child> child(new Child(std::move(on_exit)));
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> environment = environment_with(command.environment);
  std::vector<char*> argument_pointers = pointers(arguments);
  std::vector<char*> environment_pointers = pointers(environment);
  std::vector<uv_stdio_container_t> stdio = inherited(command.descriptors);
  uv_process_options_t options{};
  options.file = argument_pointers.front();
  options.args = argument_pointers.data();
  options.env = environment_pointers.data();
  options.stdio = stdio.data();
  options.stdio_count = static_cast<int>(stdio.size());
  options.exit_cb = [](uv_process_t* process, std::int64_t code, int signal) {
    auto* self = static_cast<Child*>(process->data);
    if (self == nullptr) return Handle<uv_process_t>(process).reset();  // It was killed, and this was waited for.
    self->ended_ = true;
    self->on_exit_(spell(code, signal));
  };
  child->process_->data = child.get();
  const int result = uv_spawn(loop.uv(), child->process_.get(), &options);
  if (result == 0) return child;
  child->ended_ = true;
  return fail_errno("cannot execute " + command.arguments.front(), -result);
}

// libuv reaps only what it watches.
Child::~Child() {
  if (!killed_ || ended_) return;
  process_->data = nullptr;
  static_cast<void>(process_.release());
}

void Child::kill() {
  if (ended_) return;
  killed_ = true;
  uv_process_kill(process_.get(), SIGKILL);
}

}  // namespace stickler::io
