#include "tests/integration/harness/config_file.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace stickler::integration {

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "stickler-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  const std::filesystem::path fresh = path.string() + ".new";
  {
    std::ofstream out(fresh, std::ios::binary);
    out << text;
    if (!out.flush()) throw std::runtime_error("cannot write " + fresh.string());
  }
  std::filesystem::rename(fresh, path);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string yaml(const Setup& setup) {
  std::string text =
      "version: 1\nprocess: " + setup.process + "\nadmin: {listen: \"127.0.0.1:0\"}\nlog: {level: info}\n";
  for (const std::string& line : setup.top) text += line + "\n";
  text += "listeners:\n  web:\n    listen: " + setup.listen + "\n";
  for (const std::string& line : setup.listener) text += "    " + line + "\n";
  text += "    pool: app\n" + setup.listeners + "pools:\n  app:\n";
  for (const std::string& line : setup.pool) text += "    " + line + "\n";
  text += "    backends:\n";
  char name = 'a';
  for (const std::string& backend : setup.backends) {
    const bool whole = backend.starts_with('{');
    text +=
        "      - " + (whole ? backend : "{name: " + std::string(1, name) + ", address: \"" + backend + "\"}") + "\n";
    ++name;
  }
  return text + setup.pools;
}

}  // namespace stickler::integration
