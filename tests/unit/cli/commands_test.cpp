// The sub-commands that call a running process, against a real admin server; what they print is caught.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "lb/admin/server.h"
#include "lb/cli/cli.h"
#include "tests/unit/cli/scripted_server.h"

namespace stickler::cli {
namespace {

struct Source final : admin::AdminSource {
  admin::ReloadReport reload_report{.applied = true, .message = "nothing changed"};
  bool draining = false;

  admin::StatusReport status() override {
    admin::StatusReport report;
    report.version = "1.2.3";
    report.draining = draining;
    return report;
  }
  std::string config_json() override { return "{}"; }
  admin::ReloadReport reload() override { return reload_report; }
  admin::OrderReport order(const admin::BackendOrder&) override { return {.obeyed = true, .message = {}}; }
  void explain(const admin::ExplainQuery& query, std::function<void(const admin::Explained&)> done) override {
    admin::Explained explained;
    explained.report.listener = query.listener;
    explained.report.config_file = "conf/demo.yaml";
    if (query.listener == "nobody") explained.outcome = admin::Explained::Outcome::unknown_listener;
    explained.message = "no such listener";
    done(explained);
  }
  void decision_of(const std::string& request_id, OnDecision done) override {
    if (request_id != "known/1") return done(std::nullopt);
    admin::DecisionReport report;
    report.listener = "web";
    done(report);
  }
  admin::MemberReport change(const admin::MemberChange&) override { return {}; }
  void render_metrics(std::string&) override {}
  bool ready() override { return true; }
};

// An admin server on a thread of its own, because the commands block.
class Served {
 public:
  explicit Served(Source& source, std::string token = {}) {
    auto started = admin::AdminServer::start(
        loop_, {.listen = Address::parse("127.0.0.1:0").value(), .token = std::move(token)}, source);
    if (!started) FAIL(started.error().message);
    server_ = *std::move(started);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Served() {
    loop_.post([this] { loop_.stop(); });
    thread_.join();
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  std::string address() const { return server_->address().to_string(); }

 private:
  io::Loop loop_;
  std::unique_ptr<admin::AdminServer> server_;
  std::thread thread_;
};

struct Printed {
  Exit exit;
  std::string out;
  std::string err;
};

template <class Run>
Printed printed_by(const Run& run) {
  std::ostringstream out;
  std::ostringstream err;
  auto* const real_out = std::cout.rdbuf(out.rdbuf());
  auto* const real_err = std::cerr.rdbuf(err.rdbuf());
  const Exit exit = run();
  std::cout.rdbuf(real_out);
  std::cerr.rdbuf(real_err);
  return {exit, out.str(), err.str()};
}

TEST_CASE("status prints tables, or the JSON as it came") {
  Source source;
  const Served served(source);
  const Printed table = printed_by([&] { return status(served.address(), false); });
  CHECK(table.exit == Exit::ok);
  CHECK(table.out.starts_with("stickler 1.2.3, process 0, up 0s, 0 workers\n"));
  CHECK(table.err.empty());
  const Printed json = printed_by([&] { return status(served.address(), true); });
  CHECK(json.exit == Exit::ok);
  CHECK(json.out.starts_with("{\n  \"version\": \"1.2.3\",\n"));
  CHECK(json.out.ends_with("}\n"));
}

TEST_CASE("status fails with the reason where there is no status to be had") {
  const Printed nobody = printed_by([] { return status("unix:/nonexistent/admin", false); });
  CHECK(nobody.exit == Exit::failed);
  CHECK(nobody.out.empty());
  CHECK(nobody.err.starts_with("stickler: cannot reach the admin API at unix:/nonexistent/admin"));
  test::ScriptedServer other("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  CHECK(printed_by([&] { return status(other.address(), false); }).err == "stickler: the admin API answered 404\n");
  test::ScriptedServer page("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>");
  const Printed html = printed_by([&] { return status(page.address(), false); });
  CHECK(html.exit == Exit::failed);
  CHECK(html.err == "stickler: " + page.address() + ": the answer is not the JSON of /api/v1/status\n");
}

TEST_CASE("reload prints what changed, or why nothing did") {
  Source source;
  {
    const Served served(source);
    const Printed applied = printed_by([&] { return reload(served.address(), ""); });
    CHECK(applied.exit == Exit::ok);
    CHECK(applied.out == "reload applied: nothing changed\n");
  }
  source.reload_report = {.applied = false, .message = "web.yaml:3:1: error: pols: unknown key"};
  {
    const Served served(source);
    const Printed refused = printed_by([&] { return reload(served.address(), ""); });
    CHECK(refused.exit == Exit::misused);
    CHECK(refused.out.empty());
    CHECK(refused.err == "reload refused, nothing has changed:\nweb.yaml:3:1: error: pols: unknown key\n");
  }
  source.draining = true;
  source.reload_report.message = "the process is shutting down";
  {
    const Served served(source);
    const Printed refused = printed_by([&] { return reload(served.address(), ""); });
    CHECK(refused.exit == Exit::failed);
    CHECK(refused.err == "stickler: the process is shutting down\n");
  }
}

TEST_CASE("reload reads the token from its file") {
  std::string directory = std::filesystem::temp_directory_path() / "stickler-cli-XXXXXX";
  REQUIRE(mkdtemp(directory.data()) != nullptr);
  const std::string path = directory + "/token";
  std::ofstream(path) << "s3cret\n";
  Source source;
  const Served served(source, "s3cret");
  CHECK(printed_by([&] { return reload(served.address(), path); }).err == "");
  const Printed none = printed_by([&] { return reload(served.address(), ""); });
  CHECK(none.exit == Exit::failed);
  CHECK(none.err.find("needs the admin token") != std::string::npos);
  CHECK(none.err.find("--token-file") != std::string::npos);
  std::ofstream(path) << "guess\n";
  CHECK(printed_by([&] { return reload(served.address(), path); }).exit == Exit::failed);
  const Printed missing = printed_by([&] { return reload(served.address(), directory + "/none"); });
  CHECK(missing.exit == Exit::misused);
  CHECK(missing.err.starts_with("stickler: --token-file: cannot read the token file"));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace stickler::cli
