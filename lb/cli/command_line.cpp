#include "lb/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "lb/base/address.h"
#include "lb/config/suggest.h"
#include "lb/config/units.h"

namespace stickler::cli {
namespace {

void add_config(CLI::App& app, Options& options) {
  app.add_option("CONFIG", options.config_path, "The configuration file (YAML)")->required()->type_name("");
}

void add_admin(CLI::App& app, Options& options) {
  const auto problem_of = [](const std::string& text) {
    const auto address = Address::parse(text);
    return address ? std::string() : address.error().message;
  };
  app.add_option("--admin", options.admin, "Its admin.listen, also [IPV6]:PORT or unix:/path")
      ->check(problem_of)
      ->type_name("ADDRESS")
      ->capture_default_str();
}

void add_status(CLI::App& app, Options& options) {
  add_admin(app, options);
  app.add_flag("--json", options.as_json, "Print the admin API's own JSON instead of tables");
}

void add_token(CLI::App& app, Options& options) {
  add_admin(app, options);
  app.add_option("--token-file", options.token_file, "The file that holds the admin token, where one is configured")
      ->type_name("FILE");
}

void add_order(CLI::App& app, Options& options) {
  const auto problem_of = [](const std::string& text) {
    const std::size_t slash = text.find('/');
    const bool named = slash != std::string::npos && slash > 0 && slash + 1 < text.size();
    return named ? std::string() : "expected a pool and one of its backends, as in login/a, got '" + text + "'";
  };
  app.add_option("BACKEND", options.backend, "The pool and the backend, as POOL/BACKEND")
      ->required()
      ->check(problem_of)
      ->type_name("");
  add_token(app, options);
}

// Sessions a second, as "20/s" or "0.5/s".
std::optional<double> parse_rate(std::string_view text) {
  constexpr std::string_view unit = "/s";
  constexpr double rate_max = 1e6;
  if (!text.ends_with(unit)) return std::nullopt;
  text.remove_suffix(unit.size());
  double rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate, std::chars_format::fixed);
  const bool is_sound = error == std::errc() && end == text.data() + text.size() && rate > 0 && rate <= rate_max;
  return is_sound ? std::optional(rate) : std::nullopt;
}

void add_drain(CLI::App& app, Options& options) {
  add_order(app, options);
  app.add_option_function<std::string>(
         "--deadline",
         [&options](const std::string& text) {
           options.deadline = config::parse_duration(text);
           if (options.deadline) return;
           const std::string advice = config::duration_advice(text);
           throw CLI::ValidationError("--deadline", "expected a duration such as 30m, got '" + text + "'" +
                                                        (advice.empty() ? "" : "; " + advice));
         },
         "When the sessions that are left move to other backends (default: never)")
      ->type_name("DURATION");
  app.add_option_function<std::string>(
         "--rate",
         [&options](const std::string& text) {
           options.rate = parse_rate(text);
           if (options.rate) return;
           throw CLI::ValidationError("--rate", "expected sessions a second such as 20/s or 0.5/s, got '" + text + "'");
         },
         "How many sessions move every second before that, those that were silent longest first (default: none)")
      ->type_name("N/s");
  app.add_flag("--wait", options.wait, "Return when no session is left, or the deadline is over");
}

void add_explain(CLI::App& app, Options& options) {
  add_status(app, options);
  app.add_option("CONFIG", options.config_path, "The configuration file (YAML); not needed with --admin")
      ->type_name("");
  CLI::Option* file = app.add_option("--request", options.request_file, "A file that holds the head of a request");
  file->type_name("FILE");
  CLI::Option* url = app.add_option("--get", options.url, "Instead: http://HOST[:PORT]/PATH, or /PATH");
  url->type_name("URL");
  CLI::Option* header = app.add_option("--header", options.headers, "'Name: value', with --get; as often as needed");
  header->type_name("LINE")->allow_extra_args(false);
  app.add_option("--listener", options.listener, "Which listener gets it (default: by the port of its host)")
      ->type_name("NAME");
  app.add_option("--client", options.client_ip, "The client's address (default: 127.0.0.1)")->type_name("IP");
  app.get_option("--admin")->each([&options](const std::string&) { options.asks_process = true; });
  app.callback([&options, file, url, header] {
    if ((file->count() > 0) == (url->count() > 0)) throw CLI::ValidationError("one of --request and --get is needed");
    if (file->count() > 0 && header->count() > 0) throw CLI::ValidationError("--header goes with --get");
    if (options.config_path.empty() && !options.asks_process) throw CLI::ValidationError("CONFIG or --admin is needed");
  });
}

void add_why(CLI::App& app, Options& options) {
  add_status(app, options);
  app.add_option("REQUEST-ID", options.request_id, "As in the access log, or in X-Request-Id at the backend")
      ->required()
      ->type_name("");
}

void add_weight(CLI::App& app, Options& options) {
  add_order(app, options);
  app.add_option("N", options.weight, "0 to 256; 0: no new sessions, those bound to it stay")
      ->required()
      ->check(CLI::Range(0, 256))
      ->type_name("");
}

struct Known {
  std::string_view name;
  std::string_view help;
  std::optional<Command> command;              // Empty: not available yet.
  void (*add)(CLI::App&, Options&) = nullptr;  // What it takes.
};

constexpr Known all_known[] = {
    {"run", "Run in the foreground; SIGTERM drains and stops, SIGHUP reloads, SIGUSR2 upgrades", Command::run,
     add_config},
    {"check", "Report every error and warning of a configuration", Command::check, add_config},
    {"status", "Show listeners, pools and backends of the running process", Command::status, add_status},
    {"reload", "Reload the configuration of the running process and print the result", Command::reload, add_token},
    {"drain", "Let a backend's sessions end and give it no new ones", Command::drain, add_drain},
    {"undrain", "End a drain", Command::undrain, add_order},
    {"disable", "Take a backend out at once, as if it were down", Command::disable, add_order},
    {"enable", "Put a disabled or draining backend back", Command::enable, add_order},
    {"weight", "Change a backend's weight, until its configuration changes", Command::weight, add_weight},
    {"explain", "Say where a request would go, and why", Command::explain, add_explain},
    {"why", "Say why a request that was served went where it went", Command::why, add_why},
    {"version", "Show the version, libraries and features", Command::version},
    {"doctor", "Check the machine for what a configuration needs (not available yet)", {}},
};

CommandLine misuse(const CLI::App& app, const std::string& problem) {
  const std::string name = app.get_parent() == nullptr ? "stickler" : "stickler " + app.get_name();
  return {.command = {},
          .options = {},
          .exit = Exit::misused,
          .text = name + ": " + problem + "\nSee '" + name + " --help'.\n"};
}

std::string unknown_command(const std::string& word) {
  std::vector<std::string_view> names;
  std::string list;
  for (const Known& known : all_known) {
    names.push_back(known.name);
    if (known.command) list += (list.empty() ? "" : ", ") + std::string(known.name);
  }
  return "unknown command '" + word + "'" + config::did_you_mean(config::closest(word, names)) + "\nThe commands are " +
         list + ".";
}

std::string unknown_option(const CLI::App& app, const std::string& word) {
  std::vector<std::string> options;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) options.push_back("--" + name);
  }
  const std::vector<std::string_view> names(options.begin(), options.end());
  return "unknown option '" + word + "'" + config::did_you_mean(config::closest(word.substr(0, word.find('=')), names));
}

const Known& known_of(const CLI::App& command) {
  return *std::ranges::find(all_known, command.get_name(), &Known::name);
}

CommandLine not_available(const CLI::App& command) {
  return {.command = {},
          .options = {},
          .exit = Exit::misused,
          .text = "stickler " + command.get_name() + ": not available yet\n"};
}

// What a refused command line says: the library's own words, unless there is more to say.
CommandLine refuse(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  const CLI::App& blamed = chosen.empty() ? app : *chosen.back();
  if (!chosen.empty() && !known_of(blamed).command) return not_available(blamed);
  const std::vector<std::string> left = blamed.remaining();
  if (left.empty()) {
    if (chosen.empty()) return {.command = {}, .options = {}, .exit = Exit::misused, .text = app.help()};
    return misuse(blamed, error.what());
  }
  const auto option = std::ranges::find_if(left, [](const std::string& word) { return word.starts_with('-'); });
  if (option != left.end()) return misuse(blamed, unknown_option(blamed, *option));
  if (chosen.empty()) return misuse(app, unknown_command(left[0]));
  return misuse(blamed, "'" + left[0] + "' is one argument too many");
}

}  // namespace

CommandLine parse(std::span<const char* const> arguments) {
  CLI::App app("A load balancer that never lets go of a session.", "stickler");
  CommandLine line;
  app.require_subcommand(1);
  app.set_version_flag("--version", "", "The same as the command version");
  for (const Known& known : all_known) {
    CLI::App* sub = app.add_subcommand(std::string(known.name), std::string(known.help));
    if (known.add != nullptr) known.add(*sub, line.options);
  }
  try {
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::CallForHelp&) {
    return {.command = {}, .options = {}, .exit = Exit::ok, .text = app.help()};
  } catch (const CLI::CallForVersion&) {
    line.command = Command::version;
    return line;
  } catch (const CLI::ParseError& error) {
    return refuse(app, error);
  }
  const CLI::App& chosen = *app.get_subcommands().front();
  line.command = known_of(chosen).command;
  return line.command ? line : not_available(chosen);
}

}  // namespace stickler::cli
