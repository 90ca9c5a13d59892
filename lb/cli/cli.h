// The sub-commands of `stickler`. Main thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stickler::cli {

// 0 ok, 1 runtime failure, 2 usage or configuration error.
enum Exit : int { ok = 0, failed = 1, misused = 2 };

int main(int argc, const char* const* argv);

enum class Command : std::uint8_t;
struct Options;

// One sub-command a file. Each says on stderr what went wrong.
Exit run(const std::string& config_path, std::vector<std::string> arguments);  // All of the process's own.
Exit check(const std::string& config_path);
Exit status(const std::string& admin_address, bool as_json);
Exit reload(const std::string& admin_address, const std::string& token_file);
Exit order(Command command, const Options& options);  // drain, undrain, disable, enable, weight.
Exit explain(const Options& options);
Exit why(const Options& options);
Exit version();

}  // namespace stickler::cli
