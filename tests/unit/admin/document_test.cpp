// docs/admin-api.md and the program name the same endpoints, fields and error codes.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "lb/admin/answers.h"
#include "lb/admin/decision_json.h"
#include "lb/admin/endpoints.h"
#include "lb/admin/report_json.h"
#include "lb/base/bytes.h"
#include "tests/unit/admin/fixture.h"

namespace stickler::admin {
namespace {

using Row = std::vector<std::string>;  // The cells of a table's line, backquotes taken off.

// The rows of the tables in a section of the page, whose heading is given in lower case.
std::vector<Row> rows_of(const std::string& wanted_section) {
  std::ifstream file(STICKLER_SOURCE_DIR "/docs/admin-api.md");
  REQUIRE(file.is_open());
  std::vector<Row> rows;
  std::string section;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) section = to_lower(line.substr(line.find_first_not_of("# ")));
    if (section != wanted_section || !line.starts_with("| ")) continue;
    Row row;
    for (std::size_t begin = 1; begin < line.size();) {
      const std::size_t end = line.find('|', begin);
      std::string cell(trim_blanks(std::string_view(line).substr(begin, end - begin)));
      if (cell.starts_with('`') && cell.find('`', 1) == cell.size() - 1) cell = cell.substr(1, cell.size() - 2);
      row.push_back(cell);
      begin = end + 1;
    }
    const bool is_title = row[0] == "endpoint" || row[0] == "field" || row[0] == "status";
    if (!is_title || row.size() < 2 || (row[1] != "changes state" && row[1] != "type" && row[1] != "code")) {
      rows.push_back(row);
    }
  }
  return rows;
}

std::string type_of(const Json& value) {
  if (value.is_number_integer()) return "integer";
  return value.type_name();
}

std::vector<std::string> fields_of(const Json& object) {
  std::vector<std::string> fields;
  for (const auto& [name, value] : object.items()) fields.push_back(name + " " + type_of(value));
  return fields;
}

TEST_CASE("docs/admin-api.md names every field of the status with its type, in the order of the program") {
  const Json status = to_json(test::some_status());
  const Json& listener = status.at("listeners").at(0);
  const Json& pool = status.at("pools").at(0);
  const std::pair<const char*, Json> objects[] = {
      {"status", status},
      {"listener", listener},
      {"requests", listener.at("requests")},
      {"duration", listener.at("duration")},
      {"pool", pool},
      {"backend", pool.at("backends").at(0)},
      {"discover", pool.at("discover")},
      {"drain", pool.at("backends").at(0).at("drain")},
  };
  for (const auto& [section, object] : objects) {
    INFO(section);
    std::vector<std::string> documented;
    for (const Row& row : rows_of(section)) documented.push_back(row.at(0) + " " + row.at(1));
    CHECK(documented == fields_of(object));
    CHECK(pool.at("requests").size() == listener.at("requests").size());
  }
}

TEST_CASE("docs/admin-api.md names every field of a decision with its type") {
  const Json decision = to_json(test::some_decision());
  const Json& served = decision.at("served");
  const std::pair<const char*, Json> objects[] = {{"decision", decision},
                                                  {"cookie", decision.at("cookie")},
                                                  {"gives_up", decision.at("gives_up")},
                                                  {"refusal", decision.at("refusal")},
                                                  {"candidate", decision.at("candidates").at(0)},
                                                  {"served", served},
                                                  {"attempt", served.at("attempts").at(0)}};
  for (const auto& [section, object] : objects) {
    INFO(section);
    std::vector<std::string> documented;
    for (const Row& row : rows_of(section)) {
      if (row.size() == 3) documented.push_back(row.at(0) + " " + row.at(1));
    }
    CHECK(documented == fields_of(object));
  }
}

TEST_CASE("docs/admin-api.md names every field of a reload's answer") {
  test::Served served;
  const Json answer = Json::parse(served.call("POST", "/api/v1/reload").body);
  std::vector<std::string> documented;
  for (const Row& row : rows_of("reload")) documented.push_back(row.at(0) + " " + row.at(1));
  CHECK(documented == fields_of(answer));
}

TEST_CASE("docs/admin-api.md names every endpoint, whether it changes state, and which are still to come") {
  std::vector<std::string> documented;
  for (const Row& row : rows_of("endpoints")) {
    const bool is_to_come = row.size() == 2;
    documented.push_back(row.at(0) + " " + row.at(1) + (is_to_come ? " to come" : ""));
  }
  std::vector<std::string> known;
  test::Served served;
  for (const Endpoint& endpoint : endpoints()) {
    const std::string method(endpoint.method);
    const std::string pattern(endpoint.pattern);
    const bool is_to_come = served.call(method, pattern).status == 501;
    known.push_back(method + " " + pattern + (endpoint.changes_state ? " yes" : " no") +
                    (is_to_come ? " to come" : ""));
  }
  CHECK(documented == known);
}

TEST_CASE("docs/admin-api.md names every error code with its status") {
  std::set<std::string> documented;
  for (const Row& row : rows_of("errors")) documented.insert(row.at(0) + " " + row.at(1));
  std::set<std::string> known;
  for (const ErrorKind& kind : errors::all) known.insert(std::to_string(kind.status) + " " + std::string(kind.code));
  CHECK(documented == known);
}

}  // namespace
}  // namespace stickler::admin
