#include "lb/metrics/prometheus.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace stickler::metrics {
namespace {

using namespace std::chrono_literals;

struct Bound {
  Duration duration;
  std::string_view seconds;
};

// What a proxy's requests take: from a cached answer over loopback to a long poll. Each is a bound of the histogram.
constexpr std::array<Bound, 16> bounds = {{{250us, "0.00025"},
                                           {500us, "0.0005"},
                                           {1ms, "0.001"},
                                           {2500us, "0.0025"},
                                           {5ms, "0.005"},
                                           {10ms, "0.01"},
                                           {25ms, "0.025"},
                                           {50ms, "0.05"},
                                           {100ms, "0.1"},
                                           {250ms, "0.25"},
                                           {500ms, "0.5"},
                                           {1s, "1"},
                                           {2500ms, "2.5"},
                                           {5s, "5"},
                                           {10s, "10"},
                                           {60s, "60"}}};

void append_escaped(std::string& out, std::string_view text, bool in_quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && in_quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

}  // namespace

void Labels::append(std::string_view name, std::string_view value) {
  if (!text_.empty()) text_ += ',';
  text_ += name;
  text_ += "=\"";
  append_escaped(text_, value, true);
  text_ += '"';
}

Labels Labels::with(std::string_view name, std::string_view value) const {
  Labels more = *this;
  more.append(name, value);
  return more;
}

void PrometheusText::family(const Family& family) {
  name_ = family.name;
  out_ += "# HELP ";
  out_ += family.name;
  out_ += ' ';
  append_escaped(out_, family.help, false);
  out_ += "\n# TYPE ";
  out_ += family.name;
  out_ += ' ';
  out_ += family.type;
  out_ += '\n';
}

void PrometheusText::sample(const Labels& labels, std::uint64_t value) { line("", labels, fmt::to_string(value)); }
void PrometheusText::sample(const Labels& labels, double value) { line("", labels, fmt::to_string(value)); }

void PrometheusText::sample(const Labels& labels, const HistogramTotals& totals) {
  for (const Bound& bound : bounds) {
    line("_bucket", labels.with("le", bound.seconds), fmt::to_string(totals.count_up_to(bound.duration)));
  }
  line("_bucket", labels.with("le", "+Inf"), fmt::to_string(totals.count));
  line("_sum", labels, fmt::to_string(std::chrono::duration<double>(totals.sum).count()));
  line("_count", labels, fmt::to_string(totals.count));
}

void PrometheusText::line(std::string_view suffix, const Labels& labels, std::string_view value) {
  out_ += name_;
  out_ += suffix;
  if (!labels.text().empty()) {
    out_ += '{';
    out_ += labels.text();
    out_ += '}';
  }
  out_ += ' ';
  out_ += value;
  out_ += '\n';
}

}  // namespace stickler::metrics
