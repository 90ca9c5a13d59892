// A configuration on disk, made from pieces of YAML and rewritten for reloads, in a directory that goes with it.
// One thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace stickler::integration {

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, std::string_view text);  // all at once: a reader sees old or new
std::string read_file(const std::filesystem::path& path);                   // empty when there is none

// One http listener `web` and one pool `app`. Every string is one line of its block; `pools` and `listeners` are whole
// further blocks, indented by two.
struct Setup {
  std::string process = "{workers: 1, shutdown_grace: 500ms}";
  std::vector<std::string> top{};
  std::vector<std::string> listener{};
  std::vector<std::string> pool{};
  std::vector<std::string> backends{};  // addresses, named a, b, c, ..., or whole {name: ...} entries
  std::string listen = "127.0.0.1:0";
  std::string listeners{};
  std::string pools{};
};

std::string yaml(const Setup& setup);

}  // namespace stickler::integration
