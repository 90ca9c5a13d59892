// Any path: what it is matched by is absolute, resolved and in its final form, and no reading of it climbs.
#include <cstdint>
#include <string>
#include <string_view>

#include "lb/http/host.h"
#include "lb/http/path.h"
#include "tests/fuzz/http_fuzz.h"

namespace {

using namespace stickler::http;
using namespace stickler::fuzz;

bool has_segment(std::string_view path, std::string_view wanted) {
  while (!path.empty()) {
    if (path[0] == '/') path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == wanted) return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)is_host_and_port(text);
  std::string path;
  const bool loose_differs = has_two_readings(text);
  if (!normalise_path(text, path) || text == "*") return 0;
  require(path.starts_with('/') && path.find("//") == std::string::npos);
  require(!has_segment(path, ".") && !has_segment(path, ".."));

  std::string again;
  const bool escaped = path.find('%') != std::string::npos;  // Decoded once, it may look encoded.
  if (!escaped) require(normalise_path(path, again) && again == path);

  const std::string loose = loose_reading(text);
  std::string other;
  const bool good = normalise_path(loose, other);
  require(!has_two_readings(loose));
  if (!loose_differs) require(good && other == path);
  return 0;
}
