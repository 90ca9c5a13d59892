// The command line as a value: which sub-command with which options, or what to print instead of running one. Pure;
// main thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lb/base/clock.h"
#include "lb/cli/cli.h"

namespace stickler::cli {

enum class Command : std::uint8_t {
  run,
  check,
  status,
  reload,
  drain,
  undrain,
  disable,
  enable,
  weight,
  explain,
  why,
  version
};

struct Options {
  std::string config_path;
  std::string admin = "127.0.0.1:9900";
  std::string token_file;  // "": none.
  bool as_json = false;
  std::string backend;               // "POOL/BACKEND"
  std::optional<Duration> deadline;  // Of a drain.
  std::optional<double> rate;        // Likewise: sessions a second.
  bool wait = false;                 // Until the drain is over.
  // Of explain: one of the first two is given.
  std::string request_file;
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string listener;              // "": as the request's host tells.
  std::string client_ip;             // "": 127.0.0.1.
  bool asks_process = false;         // --admin was given.
  std::string request_id;            // Of why.
  std::uint32_t weight = 0;
};

struct CommandLine {
  std::optional<Command> command;  // Empty: there is `text` to print, on stderr unless `exit` is ok.
  Options options;
  Exit exit = Exit::ok;
  std::string text;
};

// `arguments` begins with the program's own name, as argv does.
CommandLine parse(std::span<const char* const> arguments);

}  // namespace stickler::cli
