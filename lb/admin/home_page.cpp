#include "lb/admin/home_page.h"

#include <fmt/format.h>

#include <chrono>
#include <numeric>

#include "lb/admin/path_pattern.h"

namespace stickler::admin {
namespace {

constexpr std::string_view head_html = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5">
<title>Stickler</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em; max-width: 70em; color: #222; }
table { border-collapse: collapse; margin: 0.5em 0 1.5em; }
th, td { padding: 0.2em 1em 0.2em 0; text-align: left; border-bottom: 1px solid #ddd; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.up { color: #176b2c; }
.draining, .trial { color: #7a5b00; }
.ejected, .down { color: #a11212; font-weight: bold; }
</style>
</head>
<body>
)";

constexpr std::string_view links_html = R"(<h2>Links</h2>
<p><a href="/api/v1/status">status</a> · <a href="/api/v1/pools">pools</a> · <a href="/api/v1/config">configuration</a>
· <a href="/metrics">metrics</a> · <a href="/healthz">healthz</a> · <a href="/readyz">readyz</a></p>
</body>
</html>
)";

std::uint64_t sum(const RequestCounts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::string cell(std::string_view text) { return "<td>" + escape_html(text) + "</td>"; }
std::string cell(std::uint64_t number) { return fmt::format("<td class=\"number\">{}</td>", number); }

void append_listeners(std::string& out, const StatusReport& report) {
  out +=
      "<h2>Listeners</h2>\n<table>\n<tr><th>name</th><th>addresses</th><th class=\"number\">connections</th>"
      "<th class=\"number\">requests</th></tr>\n";
  for (const ListenerReport& listener : report.listeners) {
    std::string addresses;
    for (const std::string& address : listener.addresses) addresses += (addresses.empty() ? "" : ", ") + address;
    out += "<tr>" + cell(listener.name) + cell(addresses) + cell(listener.connections) + cell(sum(listener.requests)) +
           "</tr>\n";
  }
  out += "</table>\n";
}

void append_backend(std::string& out, const PoolReport& pool, const BackendReport& backend) {
  const std::string path =
      fmt::format("/api/v1/pools/{}/backends/{}", percent_encode(pool.name), percent_encode(backend.name));
  const std::string state = escape_html(backend.state);
  out += fmt::format("<tr><td><a href=\"{}\">{}</a></td>", path, escape_html(backend.name));
  out += cell(backend.address);
  out += fmt::format("<td class=\"{}\">{}</td>", state, state);
  out += cell(backend.reason.empty() ? backend.health : backend.health + ": " + backend.reason);
  out += cell(backend.weight) + cell(backend.in_flight) + cell(sum(backend.requests)) + cell(backend.failures);
  out += "</tr>\n";
}

void append_pool(std::string& out, const PoolReport& pool) {
  out += fmt::format("<h2>Pool <a href=\"/api/v1/pools/{}\">{}</a></h2>\n", percent_encode(pool.name),
                     escape_html(pool.name));
  out += fmt::format("<p>policy {}, affinity {}, {} requests, {} retries, {} waiting</p>\n", escape_html(pool.policy),
                     escape_html(pool.affinity.empty() ? "none" : pool.affinity), sum(pool.requests), pool.retries,
                     pool.queued);
  out +=
      "<table>\n<tr><th>backend</th><th>address</th><th>state</th><th>health</th><th class=\"number\">weight</th>"
      "<th class=\"number\">in flight</th><th class=\"number\">requests</th><th class=\"number\">failures</th></tr>\n";
  for (const BackendReport& backend : pool.backends) append_backend(out, pool, backend);
  out += "</table>\n";
  for (const std::string& name : pool.removed) out += "<p>" + escape_html(name) + " was removed at run time.</p>\n";
  if (pool.discover && !pool.discover->problem.empty()) {
    out += "<p class=\"down\">" + escape_html(pool.discover->file) +
           " is refused, the list before it is in force.</p>\n<pre>" + escape_html(pool.discover->problem) + "</pre>\n";
  }
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string home_page(const StatusReport& report) {
  std::string out(head_html);
  out += fmt::format("<h1>Stickler {}</h1>\n", escape_html(report.version));
  out += fmt::format("<p>process {}, up {} s, {} workers, configuration {}, generation {}</p>\n", report.pid,
                     std::chrono::duration_cast<std::chrono::seconds>(report.uptime).count(), report.workers,
                     escape_html(report.config_file), report.generation);
  if (report.draining) out += "<p class=\"draining\">Draining: no new connections are accepted.</p>\n";
  append_listeners(out, report);
  for (const PoolReport& pool : report.pools) append_pool(out, pool);
  out += links_html;
  return out;
}

service::Answer page_answer(std::string page) {
  return {.content_type = "text/html; charset=utf-8",
          .fields = {{"Content-Security-Policy",
                      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
                      "frame-ancestors 'none'"},
                     {"X-Frame-Options", "DENY"},
                     {"Referrer-Policy", "no-referrer"}},
          .body = std::move(page)};
}

}  // namespace stickler::admin
