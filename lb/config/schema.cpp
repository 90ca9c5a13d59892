#include "lb/config/schema.h"

#include "lb/config/words.h"

namespace stickler::config {
namespace {

template <class T, std::size_t N>
std::string_view word_for(const Word<T> (&words)[N], T value) {
  for (const Word<T>& known : words) {
    if (known.value == value) return known.word;
  }
  return {};
}

}  // namespace

Address default_admin_address() { return *Address::parse("127.0.0.1:9900"); }

std::string_view name_of(AccessLogFormat format) { return word_for(access_log_format_words, format); }
std::string_view name_of(Policy policy) { return word_for(policy_words, policy); }
std::string_view name_of(HashOn on) { return word_for(hash_on_words, on); }
std::string_view name_of(HashTable table) { return word_for(hash_table_words, table); }
std::string_view name_of(SameSite same_site) { return word_for(same_site_words, same_site); }
std::string_view name_of(CookieSecure secure) { return word_for(cookie_secure_words, secure); }
std::string_view name_of(AppCookieHow how) { return word_for(app_cookie_how_words, how); }
std::string_view name_of(HeaderHow how) { return word_for(header_how_words, how); }
std::string_view name_of(BackupRule rule) { return word_for(backup_rule_words, rule); }
std::string_view name_of(WhenUnavailable action) { return word_for(when_unavailable_words, action); }
std::string_view name_of(Failback rule) { return word_for(failback_words, rule); }
std::string_view name_of(OverloadThen action) { return word_for(overload_then_words, action); }
std::string_view name_of(ProbeType type) { return word_for(probe_type_words, type); }
std::string_view name_of(BackendState state) { return word_for(backend_state_words, state); }
std::string_view name_of(Role role) { return word_for(role_words, role); }
std::string_view name_of(Origin origin) { return word_for(origin_words, origin); }

}  // namespace stickler::config
