#include "lb/http/head_scan.h"

#include <algorithm>
#include <limits>

#include "lb/base/bytes.h"
#include "lb/http/byte_scan.h"
#include "lb/http/field_scan.h"
#include "lb/http/framing.h"
#include "lb/http/host.h"
#include "lb/http/request_id.h"

namespace stickler::http {
namespace {

using Outcome = ScanResult::Outcome;

constexpr std::size_t method_bytes_max = 32;
constexpr std::size_t leading_breaks_max = 4;

ScanResult refused(Refusal refusal) { return {.outcome = Outcome::refused, .refusal = refusal, .size = 0}; }

Span span(std::size_t begin, std::size_t end) {
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)};
}

// A step of a line's scan: where it ended, or why it did not.
struct Step {
  std::size_t at = 0;
  bool more = false;  // The input ended first.
  Refusal refusal = Refusal::none;

  bool done() const { return !more && refusal == Refusal::none; }
};

Step stop(Refusal refusal) { return {.at = 0, .more = false, .refusal = refusal}; }
Step wait() { return {.at = 0, .more = true, .refusal = Refusal::none}; }
ScanResult result_of(const Step& step) { return step.more ? ScanResult{} : refused(step.refusal); }

// Empty lines before a request (RFC 9112 2.2): a few are a client's habit, many are an attack.
Step skip_breaks(std::string_view input) {
  std::size_t at = 0;
  while (at < input.size() && (input[at] == '\r' || input[at] == '\n')) {
    const LineBreak end = line_break_at(input, at);
    if (end.refusal != Refusal::none) return stop(Refusal::bare_line_break);
    if (!end.complete) return wait();
    at += 2;
    if (at > 2 * leading_breaks_max) return stop(Refusal::bad_request_line);
  }
  return {.at = at};
}

Step scan_method(std::string_view input, std::size_t at, RequestHead& head) {
  const std::size_t begin = at;
  while (at < input.size() && is(input[at], tchar)) ++at;
  if (at - begin > method_bytes_max) return stop(Refusal::bad_method);
  if (at == input.size()) return wait();
  if (at == begin || input[at] != ' ') return stop(at == begin ? Refusal::bad_request_line : Refusal::bad_method);
  head.method_span = span(begin, at);
  head.method = method_of(input.substr(begin, at - begin));
  return {.at = at + 1};
}

Step scan_target(std::string_view input, std::size_t at, const HeadLimits& limits, RequestHead& head) {
  const std::size_t begin = at;
  at = end_of_target(input, begin);
  if (at - begin > limits.uri_bytes) return stop(Refusal::uri_too_long);
  if (at == input.size()) return wait();
  if (at == begin) return stop(Refusal::bad_request_line);
  if (input[at] == '\r' || input[at] == '\n') return stop(Refusal::bad_request_line);  // HTTP/0.9
  if (input[at] != ' ') return stop(Refusal::bad_target);
  head.target_span = span(begin, at);
  return {.at = at + 1};
}

// "HTTP/1.x". A higher minor version is served as 1.1 (RFC 9110 2.5).
Step scan_version(std::string_view input, std::size_t at, std::uint8_t& minor_version) {
  constexpr std::string_view name = "HTTP/";
  const std::string_view rest = input.substr(at, name.size() + 3);
  const std::string_view start = rest.substr(0, name.size());
  if (start != name.substr(0, start.size())) return stop(Refusal::bad_version);
  if (rest.size() < name.size() + 3) {
    return rest.find_first_of("\r\n") == std::string_view::npos ? wait() : stop(Refusal::bad_version);
  }
  const char major = rest[name.size()];
  const char minor = rest[name.size() + 2];
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!is_digit(major) || rest[name.size() + 1] != '.' || !is_digit(minor)) return stop(Refusal::bad_version);
  if (major > '1') return stop(Refusal::unsupported_version);
  if (major < '1') return stop(Refusal::bad_version);
  minor_version = minor == '0' ? 0 : 1;
  return {.at = at + rest.size()};
}

Step scan_request_line(std::string_view input, const HeadLimits& limits, RequestHead& head) {
  Step step = skip_breaks(input);
  if (step.done()) step = scan_method(input, step.at, head);
  if (step.done()) step = scan_target(input, step.at, limits, head);
  if (step.done()) step = scan_version(input, step.at, head.minor_version);
  if (!step.done()) return step;
  const LineBreak end = line_break_at(input, step.at);
  if (end.refusal != Refusal::none) {
    return stop(end.refusal == Refusal::bare_line_break ? end.refusal : Refusal::bad_request_line);
  }
  return end.complete ? Step{.at = step.at + 2} : wait();
}

// Splits an absolute-form target; the scheme has been seen.
Refusal split_absolute(RequestHead& head, std::size_t authority) {
  const std::string_view target = head.target();
  const std::size_t path = std::min(target.find_first_of("/?", authority), target.size());
  if (!is_host_and_port(target.substr(authority, path - authority))) return Refusal::bad_target;
  head.absolute_target = true;
  head.authority_span = span(head.target_span.begin + authority, head.target_span.begin + path);
  head.path_span = span(head.target_span.begin + path, head.target_span.begin + target.size());
  return Refusal::none;
}

// The four forms of RFC 9112 3.2.
Refusal check_target(RequestHead& head, const HeadLimits& limits) {
  const std::string_view target = head.target();
  head.absolute_target = false;
  head.path_span = head.target_span;
  if (head.method == Method::connect) {
    const bool with_port = target.find(':') != target.npos && target.back() != ']';
    return with_port && is_host_and_port(target) ? Refusal::none : Refusal::bad_target;
  }
  if (target.front() == '/') return Refusal::none;
  if (target == "*") return head.method == Method::options ? Refusal::none : Refusal::bad_target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignore_case(target.substr(0, scheme.size()), scheme)) continue;
    const Refusal refusal = split_absolute(head, scheme.size());
    const bool misdirected = scheme == "https://" && !limits.secure;
    return refusal == Refusal::none && misdirected ? Refusal::misdirected : refusal;
  }
  return Refusal::bad_target;
}

// Exactly one Host, also beside an absolute target, whose authority replaces it (RFC 9112 3.2, 3.2.2).
Refusal check_host(RequestHead& head) {
  if (!head.has(FieldId::host)) return head.minor_version >= 1 ? Refusal::bad_host : Refusal::none;
  std::size_t hosts = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].id != FieldId::host) continue;
    if (++hosts > 1 || !is_host_and_port(head.value(i))) return Refusal::bad_host;
    if (!head.absolute_target) head.authority_span = {head[i].value, head[i].value_size};
  }
  return Refusal::none;
}

// 100 to 599 are the classes there are; a client treats another code as a failure of the server (RFC 9110 15), and so
// does this one: 502.
Step scan_status_line(std::string_view input, ResponseHead& head) {
  Step step = scan_version(input, 0, head.minor_version);
  if (!step.done()) return step.more ? step : stop(Refusal::bad_status_line);
  const std::size_t status = step.at + 1;
  if (input.size() < status + 4) {
    return input.find_first_of("\r\n", step.at) == std::string_view::npos ? wait() : stop(Refusal::bad_status_line);
  }
  const auto number = parse_decimal(input.substr(status, 3));
  if (input[step.at] != ' ' || !number || *number < 100 || *number > 599) return stop(Refusal::bad_status_line);
  head.status = static_cast<std::uint16_t>(*number);
  // The space behind the code is required, but servers that have no reason to give leave it out.
  std::size_t at = status + 3;
  if (input[at] == ' ')
    ++at;
  else if (input[at] != '\r')
    return stop(Refusal::bad_status_line);
  const std::size_t end = end_of_value(input, at);
  if (end > at && input[at] == ' ') return stop(Refusal::bad_status_line);
  head.reason_span = span(at, end);
  const LineBreak line = line_break_at(input, end);
  if (line.refusal != Refusal::none) return stop(Refusal::bad_status_line);
  return line.complete ? Step{.at = end + 2} : wait();
}

// What may be looked at of the input: a head that does not end within the limit is too large, whatever follows.
std::string_view within(std::string_view input, const HeadLimits& limits) {
  constexpr std::uint64_t offset_max = std::numeric_limits<std::uint32_t>::max() / 2;
  return input.substr(0, std::min(limits.header_bytes, offset_max));
}

ScanResult limited(ScanResult result, std::string_view input, const HeadLimits& limits) {
  const bool cut = result.outcome == Outcome::need_more && input.size() > within(input, limits).size();
  return cut ? refused(Refusal::head_too_large) : result;
}

Refusal check_request(RequestHead& head, const HeadLimits& limits) {
  if (const Refusal refusal = check_target(head, limits); refusal != Refusal::none) return refusal;
  if (const Refusal refusal = check_host(head); refusal != Refusal::none) return refusal;
  return frame_request(head);
}

}  // namespace

ScanResult scan_request(std::string_view input, const HeadLimits& limits, RequestHead& head) {
  const std::string_view bytes = within(input, limits);
  head.reset(bytes);
  head.authority_span = {};
  const Step line = scan_request_line(bytes, limits, head);
  if (!line.done()) return limited(result_of(line), input, limits);
  const ScanResult result = limited(scan_fields(bytes, line.at, limits, head), input, limits);
  if (result.outcome != Outcome::complete) return result;
  if (const Refusal refusal = check_request(head, limits); refusal != Refusal::none) return refused(refusal);
  if (!has_request_id(head)) head.discard(FieldId::x_request_id);
  return result;
}

ScanResult scan_response(std::string_view input, const HeadLimits& limits, const AnswerContext& context,
                         ResponseHead& head) {
  const std::string_view bytes = within(input, limits);
  head.reset(bytes);
  const Step line = scan_status_line(bytes, head);
  if (!line.done()) return limited(result_of(line), input, limits);
  const ScanResult result = limited(scan_fields(bytes, line.at, limits, head), input, limits);
  if (result.outcome != Outcome::complete) return result;
  const Refusal refusal = frame_response(head, context);
  return refusal == Refusal::none ? result : refused(refusal);
}

ScanResult scan_trailers(std::string_view input, const HeadLimits& limits, FieldBlock& fields) {
  const std::string_view bytes = within(input, limits);
  fields.reset(bytes);
  return limited(scan_fields(bytes, 0, limits, fields), input, limits);
}

}  // namespace stickler::http
