// The words that stand for the values of an enumeration, one table each: what the reader accepts and what name_of()
// says. Constants; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "lb/config/schema.h"

namespace stickler::config {

template <class T>
struct Word {
  std::string_view word;
  std::optional<T> value;  // Empty: documented, but not available yet.
};

inline constexpr Word<AccessLogFormat> access_log_format_words[] = {
    {"json", AccessLogFormat::json}, {"common", AccessLogFormat::common}, {"combined", AccessLogFormat::combined}};

inline constexpr Word<Policy> policy_words[] = {{"round_robin", Policy::round_robin},
                                                {"least_connections", Policy::least_connections},
                                                {"least_sessions", Policy::least_sessions},
                                                {"two_choices", Policy::two_choices},
                                                {"least_time", Policy::least_time},
                                                {"random", Policy::random},
                                                {"hash", Policy::hash},
                                                {"first", Policy::first}};

// `header` and `cookie` have a name behind them: "header:NAME".
inline constexpr Word<HashOn> hash_on_words[] = {
    {"client_ip", HashOn::client_ip}, {"path", HashOn::path},     {"uri", HashOn::uri},
    {"header", HashOn::header},       {"cookie", HashOn::cookie}, {"sni", {}}};

inline constexpr Word<HashTable> hash_table_words[] = {{"maglev", HashTable::maglev}, {"ring", HashTable::ring}};

inline constexpr Word<SameSite> same_site_words[] = {
    {"lax", SameSite::lax}, {"strict", SameSite::strict}, {"none", SameSite::none}};

inline constexpr Word<CookieSecure> cookie_secure_words[] = {
    {"auto", CookieSecure::automatic}, {"true", CookieSecure::always}, {"false", CookieSecure::never}};

inline constexpr Word<AppCookieHow> app_cookie_how_words[] = {
    {"route_suffix", AppCookieHow::route_suffix}, {"prefix", AppCookieHow::prefix}, {"learn", AppCookieHow::learn}};

inline constexpr Word<HeaderHow> header_how_words[] = {{"learn", HeaderHow::learn}, {"hash", HeaderHow::hash}};

inline constexpr Word<BackupRule> backup_rule_words[] = {
    {"none", BackupRule::none}, {"next", BackupRule::next}, {"announced", BackupRule::announced}};

inline constexpr Word<WhenUnavailable> when_unavailable_words[] = {{"redispatch", WhenUnavailable::redispatch},
                                                                   {"backup_only", WhenUnavailable::backup_only},
                                                                   {"fail", WhenUnavailable::fail}};

inline constexpr Word<Failback> failback_words[] = {
    {"never", Failback::never}, {"when_idle", Failback::when_idle}, {"immediate", Failback::immediate}};

inline constexpr Word<OverloadThen> overload_then_words[] = {
    {"backup", OverloadThen::backup}, {"redispatch", OverloadThen::redispatch}, {"reject", OverloadThen::reject}};

inline constexpr Word<ProbeType> probe_type_words[] = {
    {"http", ProbeType::http}, {"tcp", ProbeType::tcp}, {"grpc", {}}};

inline constexpr Word<BackendState> backend_state_words[] = {
    {"up", BackendState::up}, {"drain", BackendState::drain}, {"down", BackendState::down}};

inline constexpr Word<Origin> origin_words[] = {
    {"config", Origin::config}, {"discover", Origin::discover}, {"api", Origin::api}};

inline constexpr Word<Role> role_words[] = {{"primary", Role::primary}, {"standby", Role::standby}};

}  // namespace stickler::config
