#include "backend_stub/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "backend_stub/sessions/registry.h"
#include "backend_stub/units.h"
#include "lb/base/bytes.h"

namespace stickler::stub {
namespace {

constexpr int usage_error = 2;

constexpr std::string_view description =
    "A small log-in server that keeps its log-in sessions as --sessions says: the backend of\n"
    "Stickler's demo and lab, and an example of a stateful service.";

constexpr std::string_view examples = R"text(Example, two nodes and a log-in:
  login-stub --listen 127.0.0.1:9001 --name a --sessions memory &
  login-stub --listen 127.0.0.1:9002 --name b --sessions memory &
  curl -c jar -d user=eve -d password=eve http://127.0.0.1:9001/login
  curl -b jar http://127.0.0.1:9001/me      # the node that knows the session
  curl -b jar http://127.0.0.1:9002/me      # 401: the other one does not

A file for --users:
  echo "eve $(echo secret | login-stub --hash-password)" > users

Ends with SIGTERM or Ctrl-C, after the answers that are under way. Reference: docs/login-stub.md)text";

// Known from the lab's other strategies: refused, never ignored.
constexpr std::string_view later_options[] = {"--store", "--discover"};

constexpr std::string_view peer_options[] = {"--peer-listen", "--peers", "--peer-secret", "--replication"};

std::string not_available(std::string_view what) { return std::string(what) + " is not available yet"; }

// An option whose text `convert` makes a value of, or refuses with a sentence.
template <class T, class Convert>
CLI::Option* add(CLI::App& app, const std::string& name, T& target, Convert convert) {
  return app.add_option_function<std::string>(name, [name, &target, convert](const std::string& text) {
    const auto value = convert(text);
    if (!value) throw CLI::ValidationError(name, value.error().message);
    target = *value;
  });
}

std::string joined_names(auto items) {
  std::string names;
  for (const auto& item : items) names.append(names.empty() ? "" : ", ").append(item.name);
  return names;
}

Result<std::string> strategy_name(std::string_view text) {
  const Strategy* strategy = find_strategy(text);
  if (strategy == nullptr) {
    return fail("expected one of " + joined_names(strategies()) + "; got '" + std::string(text) + "'");
  }
  if (strategy->make == nullptr) return fail(not_available("'" + std::string(text) + "'"));
  return std::string(text);
}

Result<PasswordCost> password_cost(std::string_view text) {
  if (const PasswordCost* cost = find_password_cost(text)) return *cost;
  return fail("expected one of " + joined_names(password_costs()) + "; got '" + std::string(text) + "'");
}

Result<Duration> life(std::string_view text) {
  auto duration = parse_duration(text);
  if (duration && *duration < std::chrono::seconds(1))
    return fail("expected at least 1s, got '" + std::string(text) + "'");
  return duration;
}

Result<std::uint64_t> data_bytes(std::string_view text) {
  constexpr std::uint64_t most = 64 << 20;
  auto bytes = parse_bytes(text);
  if (bytes && *bytes > most) return fail("expected at most 64MiB, got '" + std::string(text) + "'");
  return bytes;
}

Result<std::size_t> session_count(std::string_view text) {
  constexpr std::uint64_t most = std::uint64_t{1} << 32;
  const auto number = parse_decimal(text);
  if (number && *number > 0 && *number <= most) return static_cast<std::size_t>(*number);
  return fail("expected a whole number from 1 to 4294967296, got '" + std::string(text) + "'");
}

// Shorter ones are guessed by who has one frame.
Result<std::string> secret(std::string_view text) {
  if (text.size() >= 16) return std::string(text);
  return fail("expected at least 16 characters");
}

Result<bool> is_sync(std::string_view text) {
  if (text == "sync" || text == "async") return text == "sync";
  return fail("expected sync or async, got '" + std::string(text) + "'");
}

std::string strategies_text() {
  std::string text = "where log-in sessions live:";
  for (const Strategy& strategy : strategies()) {
    text.append("\n  ").append(strategy.name).append(": ").append(strategy.where);
    if (strategy.make == nullptr) text.append(" (not available yet)");
  }
  return text;
}

std::string costs_text() {
  std::string text = "Argon2id's cost of a log-in without --users:";
  for (const PasswordCost& cost : password_costs()) {
    text.append("\n  ").append(cost.name).append(": ").append(cost.what);
  }
  return text;
}

void declare(CLI::App& app, Options& options) {
  app.set_version_flag("--version", "login-stub " STICKLER_VERSION);
  app.footer(std::string(examples));
  add(app, "--listen", options.listen, Address::parse)
      ->description("where to serve: HOST:PORT, [IPV6]:PORT or unix:/path; port 0: any free one")
      ->type_name("ADDRESS");
  add(app, "--name", options.name, parse_node_name)
      ->description("of this node: in X-Node, and in what users see")
      ->type_name("NAME");
  add(app, "--sessions", options.sessions, strategy_name)
      ->description(strategies_text())
      ->type_name("STRATEGY")
      ->default_str("memory");
  add(app, "--ttl", options.ttl, life)
      ->description("the life of a session that nobody uses")
      ->type_name("DURATION")
      ->default_str("30m");
  add(app, "--session-bytes", options.session_bytes, data_bytes)
      ->description("the most data that PUT /me/data may write into a session")
      ->type_name("SIZE")
      ->default_str("64KiB");
  add(app, "--sessions-max", options.sessions_max, session_count)
      ->description("the most sessions; then log-ins get 503 'full'")
      ->type_name("NUMBER")
      ->default_str("1000000");
  app.add_option("--users", options.users_file)
      ->description(
          "who may log in: a file with a name and its Argon2id hash a line;\n"
          "without it, any user whose password is the user name")
      ->type_name("FILE");
  add(app, "--password-cost", options.password_cost, password_cost)
      ->description(costs_text())
      ->type_name("COST")
      ->default_str("interactive");
  app.add_flag("--hash-password", options.hash_password,
               "read a password from standard input, print its hash for --users, and exit");
}

void declare_peers(CLI::App& app, Options& options) {
  add(app, "--peer-listen", options.peer_listen, Address::parse)
      ->description("where the other nodes connect to, for all-to-all and primary-backup")
      ->type_name("ADDRESS");
  add(app, "--peers", options.peers, parse_peers)
      ->description("the other nodes: b=127.0.0.1:9102,c=127.0.0.1:9103")
      ->type_name("NAME=ADDRESS,...");
  add(app, "--peer-secret", options.peer_secret, secret)
      ->description("by which nodes know each other: at least 16 characters, the same for all")
      ->type_name("SECRET");
  add(app, "--replication", options.replicate_sync, is_sync)
      ->description("sync: a change is answered once the replicas have it; async: at once")
      ->type_name("MODE")
      ->default_str("sync");
}

void declare_later(CLI::App& app) {
  for (const std::string_view option : later_options) {
    app.add_option(std::string(option))->group("")->expected(0, 1);  // In no group: not in --help.
  }
}

// Of the options about peers; "" if they fit.
std::string flaw_of_peers(const CLI::App& app, const Options& options) {
  if (!find_strategy(options.sessions)->replicates) {
    for (const std::string_view option : peer_options) {
      if (app.count(std::string(option)) > 0) {
        return std::string(option) + ": has no effect with --sessions " + options.sessions;
      }
    }
    return "";
  }
  for (const std::string_view option : {"--peer-listen", "--peers", "--peer-secret"}) {
    if (app.count(std::string(option)) == 0) {
      return std::string(option) + " is required with --sessions " + options.sessions;
    }
  }
  if (std::ranges::find(options.peers, options.name, &PeerAddress::name) != options.peers.end()) {
    return "--peers: names the other nodes, and '" + options.name + "' is this one";
  }
  return "";
}

// What no option can tell alone; "" if they fit.
std::string flaw_of(const CLI::App& app, const Options& options) {
  for (const std::string_view option : later_options) {
    if (app.count(std::string(option)) > 0) return not_available(option);
  }
  const bool has_users = !options.users_file.empty();
  if (options.hash_password) {
    if (has_users) return "--hash-password makes a hash for a file; --users reads one: give one of them";
    return options.password_cost.passes == 0 ? "--hash-password: the cost 'off' makes no hash" : "";
  }
  if (app.count("--listen") == 0) return "--listen is required, e.g. --listen 127.0.0.1:9001";
  if (app.count("--name") == 0) return "--name is required, e.g. --name a";
  if (has_users && app.count("--password-cost") > 0) {
    return "--password-cost: has no effect with --users, where each hash has its own cost";
  }
  return flaw_of_peers(app, options);
}

CommandLine refusal(std::string error) {
  return {.options = {}, .output = {}, .error = std::move(error), .exit_code = usage_error};
}

}  // namespace

CommandLine parse_command_line(int count, const char* const* words) {
  CLI::App app{std::string(description), "login-stub"};
  Options options;
  declare(app, options);
  declare_peers(app, options);
  declare_later(app);
  try {
    app.parse(count, words);
  } catch (const CLI::CallForHelp&) {
    return {.options = {}, .output = app.help(), .error = {}};
  } catch (const CLI::CallForVersion& version) {
    return {.options = {}, .output = std::string(version.what()) + "\n", .error = {}};
  } catch (const CLI::ParseError& error) {
    return refusal(error.what());
  }
  if (std::string flaw = flaw_of(app, options); !flaw.empty()) return refusal(std::move(flaw));
  return {.options = std::move(options), .output = {}, .error = {}};
}

}  // namespace stickler::stub
