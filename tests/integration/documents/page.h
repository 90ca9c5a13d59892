// The fenced blocks of a Markdown page. Pure; any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace stickler::integration {

inline const std::filesystem::path source_folder = STICKLER_SOURCE_DIR;

struct Block {
  std::string language;  // "sh", "yaml"; empty: none given.
  std::string text;
  int line = 0;  // Of its first line in the page.
};

std::vector<Block> blocks_of(const std::filesystem::path& page);
std::vector<std::string> lines_of(std::string_view text);

// README.md and docs/*.md, as paths below the source folder.
std::vector<std::filesystem::path> pages();
std::vector<std::filesystem::path> sample_configurations();  // conf/*.yaml

}  // namespace stickler::integration
