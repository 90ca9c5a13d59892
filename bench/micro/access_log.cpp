// The access log's line in each of its formats.
#include <chrono>
#include <string>

#include "bench/micro/suite.h"
#include "lb/proxy/access_log.h"

namespace stickler::bench::micro {
namespace {

using namespace std::chrono_literals;

class FormatLine {
 public:
  explicit FormatLine(void (*format)(std::string&, const proxy::AccessRecord&)) : format_(format) {}

  std::size_t operator()() {
    line_.clear();
    record_.time += 1ms;  // A new second now and then, as in life.
    format_(line_, record_);
    return line_.size();
  }

 private:
  void (*format_)(std::string&, const proxy::AccessRecord&);
  std::string line_;
  proxy::AccessRecord record_{.time = WallTime(std::chrono::hours(24 * 365 * 54)),
                              .request_id = "0123456789abcdef0123456789abcdef",
                              .client = "203.0.113.7",
                              .listener = "web",
                              .host = "login.example.com",
                              .method = "GET",
                              .path = "/account/settings?tab=profile",
                              .status = 200,
                              .bytes_in = 0,
                              .bytes_out = 5120,
                              .route = "routes[0]",
                              .pool = "login",
                              .backend = "a",
                              .verdict = "bound",
                              .attempts = 1,
                              .reason = {},
                              .connect_time = 151us,
                              .first_byte_time = 1'234us,
                              .total_time = 1'345us,
                              .tls = {},
                              .user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                              .referer = "https://login.example.com/"};
};

}  // namespace

void add_access_log(Suite& suite) {
  suite.add<FormatLine>("access_log_line/json", proxy::format_json);
  suite.add<FormatLine>("access_log_line/common", proxy::format_common);
  suite.add<FormatLine>("access_log_line/combined", proxy::format_combined);
}

}  // namespace stickler::bench::micro
