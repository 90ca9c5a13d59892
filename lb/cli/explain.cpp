#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "lb/admin/decision_json.h"
#include "lb/admin/decision_table.h"
#include "lb/admin/path_pattern.h"
#include "lb/cli/admin_client.h"
#include "lb/cli/asked_request.h"
#include "lb/cli/cli.h"
#include "lb/cli/command_line.h"
#include "lb/cli/terminal.h"
#include "lb/config/load.h"
#include "lb/server/explaining.h"

namespace stickler::cli {
namespace {

Exit fail_with(Exit exit, const std::string& message) {
  std::cerr << "stickler: " << message << '\n';
  return exit;
}

Exit show(const std::string& decision_json, bool as_json) {
  if (as_json) {
    std::cout << decision_json;
    return Exit::ok;
  }
  const auto table = admin::decision_table(decision_json, paint_of_terminal());
  if (!table) return fail_with(Exit::failed, table.error().message);
  std::cout << *table;
  return Exit::ok;
}

Result<admin::ExplainQuery> query_of(const Options& options) {
  auto head = options.request_file.empty() ? request_for_url(options.url, options.headers)
                                           : request_from_file(options.request_file);
  if (!head) return tl::unexpected(head.error());
  return admin::ExplainQuery{.head = *std::move(head), .listener = options.listener, .client_ip = options.client_ip};
}

Exit explain_by_file(const Options& options, const admin::ExplainQuery& query) {
  const config::Loaded loaded = config::load_file(options.config_path);
  if (!loaded.problems.empty()) std::cerr << config::describe(loaded.problems, options.config_path) << '\n';
  if (!loaded.ok()) return Exit::misused;
  auto explained = server::explain_offline(loaded.config, query);
  if (!explained) return fail_with(Exit::misused, options.config_path + ": " + explained.error().message);
  if (explained->outcome != admin::Explained::Outcome::done) return fail_with(Exit::misused, explained->message);
  explained->report.config_file = options.config_path;
  return show(admin::json_answer(admin::to_json(explained->report)).body, options.as_json);
}

// The process may serve another file than the one that was named beside it.
void warn_of_other_file(const Options& options, const std::string& decision_json) {
  const auto json = nlohmann::json::parse(decision_json, nullptr, false);
  const std::string served = json.is_object() ? json.value("config_file", "") : "";
  const auto name = [](const std::string& path) { return std::filesystem::path(path).filename(); };
  if (options.config_path.empty() || name(served) == name(options.config_path)) return;
  std::cerr << "stickler: warning: the process at " << options.admin << " serves " << served << '\n';
}

Exit explain_by_process(const Options& options, const admin::ExplainQuery& query) {
  const nlohmann::json body = {{"request", query.head}, {"listener", query.listener}, {"client_ip", query.client_ip}};
  const auto answer = call_admin({.address = options.admin,
                                  .method = "POST",
                                  .path = "/api/v1/explain",
                                  .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                                  .token = {}});
  if (!answer) return fail_with(Exit::failed, answer.error().message);
  if (answer->status != 200) {
    const AdminProblem problem = problem_of(*answer);
    report(problem);
    return problem.code == "bad_body" || problem.code == "unknown_listener" ? Exit::misused : Exit::failed;
  }
  warn_of_other_file(options, answer->body);
  return show(answer->body, options.as_json);
}

}  // namespace

Exit explain(const Options& options) {
  const auto query = query_of(options);
  if (!query) return fail_with(Exit::misused, query.error().message);
  return options.asks_process ? explain_by_process(options, *query) : explain_by_file(options, *query);
}

Exit why(const Options& options) {
  const auto answer = call_admin({.address = options.admin,
                                  .path = "/api/v1/decisions/" + admin::percent_encode(options.request_id),
                                  .token = {}});
  if (!answer) return fail_with(Exit::failed, answer.error().message);
  if (answer->status != 200) return report(problem_of(*answer));
  return show(answer->body, options.as_json);
}

}  // namespace stickler::cli
