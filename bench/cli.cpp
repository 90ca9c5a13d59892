#include "bench/cli.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <functional>
#include <iostream>

#include "bench/load/driver.h"
#include "bench/origin/origin.h"
#include "bench/relay/relay.h"
#include "lb/io/signals.h"

namespace stickler::bench {
namespace {

constexpr int ok = 0;
constexpr int failed = 1;
constexpr int misused = 2;

struct LoadOptions {
  LoadSettings settings;
  std::string url;
  double seconds = 0;
  double warm_up_seconds = 0;
  double timeout_seconds = 30;
  bool close = false;
  bool no_cookies = false;
  bool json = false;
};

Duration from_seconds(double seconds) { return Duration(static_cast<std::int64_t>(seconds * 1e9)); }

// http://ADDRESS:PORT/PATH; a run does not look up names.
Result<void> read_url(const std::string& url, LoadSettings& settings) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return fail("expected a URL such as http://127.0.0.1:8080/path, got '" + url + "'");
  const std::string rest = url.substr(scheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  settings.host = rest.substr(0, slash);
  settings.path = slash == rest.size() ? "/" : rest.substr(slash);
  auto address = Address::parse(settings.host);
  if (!address) address = Address::parse(settings.host + ":80");
  if (!address) return tl::unexpected(address.error());
  settings.address = *address;
  return {};
}

int load(LoadOptions& options) {
  if (auto read = read_url(options.url, options.settings); !read) {
    std::cerr << "stickler-bench load: " << read.error().message << '\n';
    return misused;
  }
  LoadSettings& settings = options.settings;
  if (options.seconds == 0) options.seconds = settings.requests > 0 ? 3600 : 10;
  settings.duration = from_seconds(options.seconds);
  settings.warm_up = from_seconds(options.warm_up_seconds);
  settings.timeout = from_seconds(options.timeout_seconds);
  settings.keep_alive = !options.close;
  settings.keep_cookies = !options.no_cookies;
  if (settings.idle > 0) settings.on_idle_open = [&] { std::cerr << "idle " << settings.idle << std::endl; };
  const LoadResult result = Driver(settings).run();
  std::cout << (options.json ? to_json(result) + "\n" : to_text(result));
  return result.finished() > 0 && result.errors() == 0 && result.unfinished == 0 ? ok : failed;
}

// Serves until it is told to stop. `start(loop, address)` makes the server.
template <class Start>
int serve(const std::string& name, const std::string& listen, Start start) {
  const auto address = Address::parse(listen);
  if (!address) {
    std::cerr << "stickler-bench " << name << ": --listen: " << address.error().message << '\n';
    return misused;
  }
  io::Loop loop;
  io::Signals signals(loop);
  auto server = start(loop, *address);
  if (!server) {
    std::cerr << "stickler-bench " << name << ": " << server.error().message << '\n';
    return failed;
  }
  for (const int signal : {SIGINT, SIGTERM}) signals.on(signal, [&] { loop.stop(); });
  std::cout << "listening " << name << ' ' << (*server)->address().to_string() << std::endl;
  loop.run();
  return ok;
}

int origin(const std::string& listen) {
  return serve("origin", listen, [](io::Loop& loop, const Address& address) { return Origin::start(loop, address); });
}

int relay(const std::string& listen, const std::string& to) {
  const auto target = Address::parse(to);
  if (!target) {
    std::cerr << "stickler-bench relay: --to: " << target.error().message << '\n';
    return misused;
  }
  return serve("relay", listen,
               [&](io::Loop& loop, const Address& address) { return Relay::start(loop, address, *target); });
}

void add_load(CLI::App& command, LoadOptions& options) {
  LoadSettings& settings = options.settings;
  command.add_option("URL", options.url, "http://ADDRESS:PORT/PATH")->required();
  command.add_option("--connections,-c", settings.connections, "Connections that send")->check(CLI::Range(1, 100'000));
  command.add_option("--idle", settings.idle, "Connections beside them that stay idle")->check(CLI::Range(0, 100'000));
  command.add_option("--rate,-r", settings.rate, "Requests a second (open loop); 0: as many as possible")
      ->check(CLI::Range(0.0, 1e7));
  command.add_option("--requests,-n", settings.requests, "Stop after so many");
  command.add_option("--seconds,-d", options.seconds, "Length of the measured part")->check(CLI::Range(0.0, 86400.0));
  command.add_option("--warm-up", options.warm_up_seconds, "Seconds before it")->check(CLI::Range(0.0, 3600.0));
  command.add_option("--timeout", options.timeout_seconds, "Seconds that one request may take")
      ->check(CLI::Range(0.01, 3600.0));
  command.add_option("--method,-X", settings.method, "The method");
  command.add_option("--header,-H", settings.fields, "A further header line; several times");
  command.add_option("--body-bytes", settings.body_bytes, "Size of each request's body");
  command.add_option("--seed", settings.seed, "Of the arrivals");
  command.add_flag("--close", options.close, "A new connection for each request");
  command.add_flag("--no-cookies", options.no_cookies, "Do not send back the cookies of answers");
  command.add_flag("--json", options.json, "The result as JSON");
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app("Measures HTTP servers and balancers.", "stickler-bench");
  app.require_subcommand(1);
  LoadOptions options;
  std::string listen = "127.0.0.1:0";
  std::function<int()> command;

  CLI::App* load_command = app.add_subcommand("load", "Drive one URL; latency counts from when a request was due");
  add_load(*load_command, options);
  load_command->callback([&] { command = [&] { return load(options); }; });

  CLI::App* origin_command = app.add_subcommand("origin", "Serve a do-nothing origin; /bytes/N answers N bytes");
  origin_command->add_option("--listen", listen, "ADDRESS:PORT; port 0: any free one")->capture_default_str();
  origin_command->callback([&] { command = [&] { return origin(listen); }; });

  std::string to;
  CLI::App* relay_command = app.add_subcommand("relay", "Pass bytes on, nothing else: the floor of what a proxy costs");
  relay_command->add_option("--listen", listen, "ADDRESS:PORT; port 0: any free one")->capture_default_str();
  relay_command->add_option("--to", to, "ADDRESS:PORT of the origin")->required();
  relay_command->callback([&] { command = [&] { return relay(listen, to); }; });

  CLI::App* lab_command = app.add_subcommand("lab", "Compare session strategies (not available yet)");
  lab_command->allow_extras();
  lab_command->callback([&] {
    command = [] {
      std::cerr << "stickler-bench lab: not available yet\n";
      return misused;
    };
  });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ok : misused;
  }
  io::Signals::ignore_broken_pipes();
  return command();
}

}  // namespace stickler::bench
