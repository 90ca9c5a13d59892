#include "tests/integration/documents/page.h"

#include <algorithm>

#include "tests/integration/harness/config_file.h"

namespace stickler::integration {
namespace {

std::vector<std::filesystem::path> files_in(const std::string& folder, const std::string& extension) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(source_folder / folder)) {
    if (entry.path().extension() == extension) files.push_back(folder / entry.path().filename());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<Block> blocks_of(const std::filesystem::path& page) {
  std::vector<Block> blocks;
  bool inside = false;
  int number = 0;
  for (const std::string& line : lines_of(read_file(source_folder / page))) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({.language = line.substr(3), .text = "", .line = number + 1});
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

std::vector<std::filesystem::path> pages() {
  std::vector<std::filesystem::path> all = files_in("docs", ".md");
  all.insert(all.begin(), "README.md");
  return all;
}

std::vector<std::filesystem::path> sample_configurations() { return files_in("conf", ".yaml"); }

}  // namespace stickler::integration
