#include "bench/load/result.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

namespace stickler::bench {
namespace {

constexpr std::array<double, 6> shares = {0.5, 0.75, 0.9, 0.99, 0.999, 0.9999};
constexpr std::array<std::string_view, 6> share_words = {"p50", "p75", "p90", "p99", "p999", "p9999"};
constexpr std::array<std::string_view, 6> class_words = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

double milliseconds(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

}  // namespace

std::uint64_t LoadResult::finished() const { return std::accumulate(endings.begin(), endings.end(), std::uint64_t{0}); }

std::uint64_t LoadResult::errors() const { return finished() - endings[0] + statuses[5]; }

double LoadResult::per_second() const {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  return seconds > 0 ? static_cast<double>(endings[0]) / seconds : 0;
}

std::string to_text(const LoadResult& result) {
  std::string text =
      fmt::format("{} requests in {:.2f} s, {:.1f} a second, {} errors\n", result.finished(),
                  std::chrono::duration<double>(result.elapsed).count(), result.per_second(), result.errors());
  text += "latency ms:";
  for (std::size_t i = 0; i < shares.size(); ++i) {
    text += fmt::format("  {} {:.3f}", share_words[i], milliseconds(result.latency.quantile(shares[i])));
  }
  text += fmt::format("  max {:.3f}\nanswers:", milliseconds(result.latency.max()));
  for (std::size_t i = 0; i < class_words.size(); ++i) {
    if (result.statuses[i] > 0) text += fmt::format("  {} {}", class_words[i], result.statuses[i]);
  }
  for (std::size_t i = 1; i < ending_words.size(); ++i) {
    if (result.endings[i] > 0) text += fmt::format("  {} {}", ending_words[i], result.endings[i]);
  }
  if (result.unfinished > 0) text += fmt::format("  unfinished {}", result.unfinished);
  if (result.unsent > 0) text += fmt::format("  unsent {}", result.unsent);
  return text + "\n";
}

std::string to_json(const LoadResult& result) {
  nlohmann::ordered_json json;
  json["requests"] = result.finished();
  json["errors"] = result.errors();
  json["requests_per_second"] = result.per_second();
  json["elapsed_seconds"] = std::chrono::duration<double>(result.elapsed).count();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    json["latency_ms"][std::string(share_words[i])] = milliseconds(result.latency.quantile(shares[i]));
  }
  json["latency_ms"]["mean"] = milliseconds(result.latency.mean());
  json["latency_ms"]["max"] = milliseconds(result.latency.max());
  for (std::size_t i = 0; i < class_words.size(); ++i) {
    json["statuses"][std::string(class_words[i])] = result.statuses[i];
  }
  for (std::size_t i = 0; i < ending_words.size(); ++i) {
    json["endings"][std::string(ending_words[i])] = result.endings[i];
  }
  json["unfinished"] = result.unfinished;
  json["unsent"] = result.unsent;
  json["connects"] = result.connects;
  json["body_bytes"] = result.body_bytes;
  return json.dump();
}

}  // namespace stickler::bench
