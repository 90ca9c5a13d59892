#include "lb/cli/asked_request.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "lb/base/bytes.h"

namespace stickler::cli {
namespace {

constexpr std::size_t file_bytes_max = 1UL << 20;

std::string with_carriage_returns(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  if (!out.ends_with("\r\n")) out += "\r\n";
  if (out.find("\r\n\r\n") == std::string::npos) out += "\r\n";
  return out;
}

struct Url {
  std::string host;
  std::string target;
};

Result<Url> split(std::string_view url) {
  if (url.starts_with('/')) return Url{.host = "localhost", .target = std::string(url.substr(0, url.find('#')))};
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignore_case(url.substr(0, scheme.size()), scheme)) continue;
    const std::string_view rest = url.substr(scheme.size());
    const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    std::string host(rest.substr(0, end));
    if (host.empty() || host.find('@') != std::string::npos) break;
    const bool has_port = host.find(':', host.find(']') == std::string::npos ? 0 : host.find(']')) != std::string::npos;
    if (scheme == "https://" && !has_port) host += ":443";
    std::string target(rest.substr(end, rest.find('#') - end));
    if (!target.starts_with('/')) target.insert(0, "/");
    return Url{.host = std::move(host), .target = std::move(target)};
  }
  return fail("--get: expected http://HOST[:PORT]/PATH or /PATH, got '" + std::string(url) + "'");
}

bool is_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

}  // namespace

Result<std::string> request_from_file(const std::string& path) {
  if (std::error_code ignored; std::filesystem::is_directory(path, ignored)) {
    return fail("--request: " + path + " is a directory");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail_errno("--request: cannot read " + path, errno);
  std::string text(file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > file_bytes_max) return fail("--request: " + path + " holds more than 1 MiB; is it a request?");
  if (text.empty()) return fail("--request: " + path + " is empty");
  return text.find('\r') == std::string::npos ? with_carriage_returns(text) : text;
}

Result<std::string> request_for_url(std::string_view url, const std::vector<std::string>& fields) {
  auto parts = split(url);
  if (!parts) return tl::unexpected(parts.error());
  std::string lines;
  bool has_host = false;
  for (const std::string& field : fields) {
    const std::size_t colon = field.find(':');
    if (colon == 0 || colon == std::string::npos || !is_line(field)) {
      return fail("--header: expected 'Name: value', got '" + field + "'");
    }
    has_host = has_host || equals_ignore_case(std::string_view(field).substr(0, colon), "host");
    lines += field + "\r\n";
  }
  if (!is_line(url)) return fail("--get: a URL holds no line breaks");
  if (!has_host) lines.insert(0, "Host: " + parts->host + "\r\n");
  return "GET " + parts->target + " HTTP/1.1\r\n" + lines + "\r\n";
}

}  // namespace stickler::cli
