// Prometheus text format 0.0.4: families of samples, appended to a string. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/metrics/histogram.h"

namespace stickler::metrics {

// Labels of a sample as the format writes them between the braces: name="value",...
class Labels {
 public:
  Labels() = default;
  Labels(std::string_view name, std::string_view value) { append(name, value); }

  // With one more.
  Labels with(std::string_view name, std::string_view value) const;
  std::string_view text() const { return text_; }

 private:
  void append(std::string_view name, std::string_view value);
  std::string text_;
};

struct Family {
  std::string_view name;
  std::string_view type;  // counter gauge histogram
  std::string_view help;  // A sentence.
};

class PrometheusText {
 public:
  explicit PrometheusText(std::string& out) : out_(out) {}

  // Its samples follow. Requires: each family once.
  void family(const Family& family);

  void sample(const Labels& labels, std::uint64_t value);
  void sample(const Labels& labels, double value);
  void sample(const Labels& labels, const HistogramTotals& totals);  // All lines of a histogram, in seconds.

 private:
  void line(std::string_view suffix, const Labels& labels, std::string_view value);

  std::string& out_;
  std::string_view name_;
};

}  // namespace stickler::metrics
