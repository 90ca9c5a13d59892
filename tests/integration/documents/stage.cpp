#include "tests/integration/documents/stage.h"

#include <pwd.h>
#include <unistd.h>

#include <functional>
#include <regex>

#include "tests/integration/documents/page.h"
#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

using Replace = std::function<std::string(const std::string& found)>;

// Every match of the second group of `pattern` becomes what `replace` makes of it.
std::string replaced(const std::string& text, const std::string& pattern, const Replace& replace) {
  const std::regex expression(pattern);
  std::string result;
  auto rest = text.cbegin();
  for (std::sregex_iterator at(text.begin(), text.end(), expression); at != std::sregex_iterator(); ++at) {
    result.append(rest, (*at)[2].first).append(replace((*at)[2]));
    rest = (*at)[2].second;
  }
  return result.append(rest, text.cend());
}

}  // namespace

Stage::Stage() { write_file(folder_.file("token"), "token-of-the-admin-api\n"); }

std::string Stage::backend_address(const std::string& written) {
  auto [known, is_new] = backends_.try_emplace(written);
  if (is_new) known->second = origins_.emplace_back(named("served")).address();
  return known->second;
}

std::string Stage::configuration(const std::string& text) {
  std::string ours;
  for (const std::string& line : lines_of(text)) {
    const bool is_listen = line.find("listen:") != std::string::npos;
    const auto on_free_port = [this](const std::string& written) {
      return written.starts_with("127.0.0.1:") ? on_free_ports(written) : reserved_.emplace_back().address();
    };
    std::string changed = line;
    if (is_listen) changed = replaced(changed, R"re(()(\d+\.\d+\.\d+\.\d+:\d+|\[::\]:\d+))re", on_free_port);
    changed = replaced(changed, R"re((address:\s*"?)(\d+\.\d+\.\d+\.\d+:\d+))re",
                       [this](const std::string& written) { return backend_address(written); });
    // Where nobody listens: the one of this machine is none of the test's business.
    changed = replaced(changed, R"re((redis://)(\d+\.\d+\.\d+\.\d+:\d+))re",
                       [this](const std::string&) { return reserved_.emplace_back().address(); });
    const bool switches_user = line.find("user: www-data") != std::string::npos && ::geteuid() != 0;
    if (!switches_user) ours += changed + "\n";
  }
  if (text.find("\nadmin:") == std::string::npos) ours += "admin: {listen: \"127.0.0.1:0\"}\n";
  return ours;
}

std::string Stage::on_free_ports(const std::string& text) {
  return replaced(text, R"re((127\.0\.0\.1:)(\d+))re", [this](const std::string& written) {
    auto [known, is_new] = ports_.try_emplace(written);
    if (is_new) known->second = std::to_string(reserved_.emplace_back().number());
    return known->second;
  });
}

std::vector<std::string> Stage::environment() const {
  const passwd* self = ::getpwuid(::geteuid());
  return {"STICKLER_KEY=a key for the samples, of 32 bytes and more",
          "STICKLER_OLD_KEY=another key for the samples, 32 bytes as well",
          "STICKLER_TOKEN_FILE=" + folder_.file("token"),
          "STICKLER_LOG_DIR=" + folder_.path().string(),
          "STICKLER_USER=" + std::string(self != nullptr ? self->pw_name : ""),
          "STICKLER_LISTEN=127.0.0.1:0"};
}

}  // namespace stickler::integration
