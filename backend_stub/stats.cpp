#include "backend_stub/stats.h"

#include <nlohmann/json.hpp>

namespace stickler::stub {
namespace {

constexpr std::array<std::string_view, 5> status_names = {"ok", "missing", "conflict", "full", "unavailable"};

double microseconds(Duration duration) { return std::chrono::duration<double, std::micro>(duration).count(); }

Json figures_of(const CallFigures& figures) {
  const std::uint64_t count = figures.count();
  Json json{{"count", count}};
  for (std::size_t i = 0; i < status_names.size(); ++i) json[std::string(status_names[i])] = figures.by_status[i];
  json["mean_us"] = count == 0 ? 0.0 : microseconds(figures.total) / static_cast<double>(count);
  json["longest_us"] = microseconds(figures.longest);
  return json;
}

}  // namespace

Json stats(const StatsView& view) {
  const StoreStats held = view.store.stats();
  Json calls = Json::object();
  for (std::size_t i = 0; i < store_call_names.size(); ++i) {
    calls[std::string(store_call_names[i])] = figures_of(view.store.figures(static_cast<StoreCall>(i)));
  }
  return {{"node", view.node},
          {"generation", view.generation},
          {"store", view.store_name},
          {"uptime_seconds", std::chrono::duration<double>(view.uptime).count()},
          {"sessions", held.sessions},
          {"bytes_held", held.bytes_held},
          {"sessions_created", held.created},
          {"sessions_expired", held.expired},
          {"replication",
           {{"messages_in", held.messages_in},
            {"messages_out", held.messages_out},
            {"bytes_in", held.bytes_in},
            {"bytes_out", held.bytes_out}}},
          {"store_calls", std::move(calls)},
          {"password_checks", {{"running", view.passwords.running()}, {"waiting", view.passwords.waiting()}}},
          {"fault", to_json(view.fault)}};
}

}  // namespace stickler::stub
