#include "client/url.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <variant>

namespace redstart {
namespace {

constexpr std::string_view kForms =
    "memory:, memory:NAME, file:DIRECTORY, redis://[[user]:password@]host[:port][/db], unix:/path/to/socket[?db=N], "
    "redis-cluster://[[user]:password@]host[:port][,host[:port]...], "
    "redis-sentinel://[[user]:password@]host[:port][,host[:port]...]/service[/db], "
    "or the same with rediss in place of redis for TLS";

std::unexpected<Error> bad(std::string message) {
  return std::unexpected(Error{ErrorCode::bad_url, Outcome::not_done, std::move(message)});
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

result<std::string> decoded(std::string_view text, std::string_view what) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return bad("a '%' in the URL's " + std::string(what) +
                 " is not followed by two hexadecimal digits; a '%' itself is written %25");
    }
    bytes += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return bytes;
}

std::optional<int64_t> number_in(std::string_view text, int64_t min, int64_t max) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < min || value > max) return std::nullopt;
  return value;
}

constexpr int64_t kDbMax = 1'000'000;
constexpr int64_t kDurationMsMax = int64_t{1000} * 60 * 60 * 24 * 365;

// One row per member of OpenOptions, in their order.
struct UrlOption {
  std::string_view name;
  std::variant<std::chrono::milliseconds OpenOptions::*, size_t OpenOptions::*, int OpenOptions::*,
               std::string OpenOptions::*, bool OpenOptions::*, ReadFrom OpenOptions::*,
               std::optional<Durability> OpenOptions::*>
      member;
  int64_t min = 0, max = 0;  // of numbers
};
constexpr UrlOption kOptions[] = {
    {"connect_timeout_ms", &OpenOptions::connect_timeout, 0, kDurationMsMax},
    {"call_timeout_ms", &OpenOptions::call_timeout, 0, kDurationMsMax},
    {"connections", &OpenOptions::connections, 1, 1024},
    {"blocking_connections_max", &OpenOptions::blocking_connections_max, 1, 65'536},
    {"transaction_sessions_max", &OpenOptions::transaction_sessions_max, 1, 65'536},
    {"queue_commands_max", &OpenOptions::queue_commands_max, 1, int64_t{1} << 40},
    {"health_check_interval_ms", &OpenOptions::health_check_interval, 0, kDurationMsMax},
    {"reconnect_delay_min_ms", &OpenOptions::reconnect_delay_min, 0, kDurationMsMax},
    {"reconnect_delay_max_ms", &OpenOptions::reconnect_delay_max, 0, kDurationMsMax},
    {"retries_max", &OpenOptions::retries_max, 0, 1'000'000},
    {"retry_delay_min_ms", &OpenOptions::retry_delay_min, 0, kDurationMsMax},
    {"retry_delay_max_ms", &OpenOptions::retry_delay_max, 0, kDurationMsMax},
    {"read_from", &OpenOptions::read_from},
    {"sentinel_user", &OpenOptions::sentinel_user},
    {"sentinel_password", &OpenOptions::sentinel_password},
    {"user", &OpenOptions::user},
    {"password", &OpenOptions::password},
    {"client_name", &OpenOptions::client_name},
    {"db", &OpenOptions::db, 0, kDbMax},
    {"durability", &OpenOptions::durability},
    {"tls_ca_file", &OpenOptions::tls_ca_file},
    {"tls_ca_directory", &OpenOptions::tls_ca_directory},
    {"tls_certificate_file", &OpenOptions::tls_certificate_file},
    {"tls_key_file", &OpenOptions::tls_key_file},
    {"tls_key_password", &OpenOptions::tls_key_password},
    {"tls_server_name", &OpenOptions::tls_server_name},
    {"tls_verify", &OpenOptions::tls_verify},
};

std::string option_names() {
  std::string names;
  for (const auto& option : kOptions) {
    if (!names.empty()) names += ", ";
    names += option.name;
  }
  return names;
}

// Reads `value` as what the option takes. What it would take, when it does not.
struct OptionReader {
  const UrlOption& option;
  const std::string& value;
  OpenOptions& options;
  using Wanted = std::optional<std::string>;

  template <class Number>
  Wanted read_number(Number OpenOptions::*member) const {
    const auto number = number_in(value, option.min, option.max);
    if (!number) return "a whole number from " + std::to_string(option.min) + " to " + std::to_string(option.max);
    options.*member = Number(*number);
    return std::nullopt;
  }
  Wanted operator()(std::chrono::milliseconds OpenOptions::*member) const { return read_number(member); }
  Wanted operator()(size_t OpenOptions::*member) const { return read_number(member); }
  Wanted operator()(int OpenOptions::*member) const { return read_number(member); }
  Wanted operator()(std::string OpenOptions::*member) const {
    options.*member = value;
    return std::nullopt;
  }
  Wanted operator()(bool OpenOptions::*member) const {
    if (value != "yes" && value != "no") return "yes or no";
    options.*member = value == "yes";
    return std::nullopt;
  }
  Wanted operator()(std::optional<Durability> OpenOptions::*member) const {
    if (value == "none") {
      options.*member = Durability::none;
    } else if (value == "written") {
      options.*member = Durability::written;
    } else if (value == "synced") {
      options.*member = Durability::synced;
    } else {
      return "none, written or synced";
    }
    return std::nullopt;
  }
  Wanted operator()(ReadFrom OpenOptions::*member) const {
    if (value == "master") {
      options.*member = ReadFrom::master;
    } else if (value == "replica") {
      options.*member = ReadFrom::replica;
    } else if (value == "any") {
      options.*member = ReadFrom::any;
    } else {
      return "master, replica or any";
    }
    return std::nullopt;
  }
};

result<void> set_option(std::string_view name, const std::string& value, OpenOptions& options) {
  for (const auto& option : kOptions) {
    if (option.name != name) continue;
    const auto wanted = std::visit(OptionReader{option, value, options}, option.member);
    if (!wanted) return {};
    return bad("the URL's parameter " + std::string(name) + " is '" + value + "'; it takes " + *wanted);
  }
  return bad("the URL's parameter '" + std::string(name) + "' is unknown; there are " + option_names());
}

result<void> parse_query(std::string_view query, OpenOptions& options) {
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    if (parameter.empty()) continue;
    const size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) {
      return bad("the URL's parameter '" + std::string(parameter) +
                 "' has no value; it would be written " + std::string(parameter) + "=VALUE");
    }
    const auto value = decoded(parameter.substr(equals + 1), "query");
    if (!value) return std::unexpected(value.error());
    if (auto set = set_option(parameter.substr(0, equals), *value, options); !set) return set;
  }
  return {};
}

// [[user]:password@] in front of the host; what is left is returned.
result<std::string_view> parse_user(std::string_view authority, OpenOptions& options) {
  const size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return authority;
  const std::string_view who = authority.substr(0, at);
  const size_t colon = who.find(':');
  if (colon == std::string_view::npos) {
    return bad(
        "the URL names a user without a password; write redis://user:password@host, or "
        "redis://:password@host for the default user");
  }
  auto user = decoded(who.substr(0, colon), "user");
  if (!user) return std::unexpected(user.error());
  auto password = decoded(who.substr(colon + 1), "password");
  if (!password) return std::unexpected(password.error());
  options.user = std::move(*user);
  options.password = std::move(*password);
  return authority.substr(at + 1);
}

result<StoreUrl::Address> parse_host(std::string_view text) {
  StoreUrl::Address url;
  std::string_view host = text, port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) {
      return bad("the URL's IPv6 address has no closing ']'; it would be written [::1]");
    }
    host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    has_port = rest.starts_with(':');
    if (has_port) port = rest.substr(1);
    if (!rest.empty() && !has_port) {
      return bad("the URL has '" + std::string(rest) +
                 "' behind its IPv6 address; only :port may stand there");
    }
  } else if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
    if (port.find(':') != std::string_view::npos) {
      return bad("the URL's host '" + std::string(text) +
                 "' has more than one ':'; an IPv6 address is written in brackets: [::1]:6379");
    }
  }
  if (host.empty()) return bad("the URL names no host; it would be redis://localhost:6379");
  auto name = decoded(host, "host");
  if (!name) return std::unexpected(name.error());
  url.host = std::move(*name);
  if (!has_port) return url;
  const auto number = number_in(port, 1, 65'535);
  if (!number) {
    return bad("the URL's port is '" + std::string(port) + "'; a port is a number from 1 to 65535");
  }
  url.port = static_cast<uint16_t>(*number);
  return url;
}

result<void> parse_hosts(std::string_view text, StoreUrl& url) {
  while (true) {
    const size_t comma = text.find(',');
    auto address = parse_host(text.substr(0, comma));
    if (!address) return std::unexpected(std::move(address.error()));
    url.addresses.push_back(std::move(*address));
    if (comma == std::string_view::npos) return {};
    text.remove_prefix(comma + 1);
  }
}

result<void> parse_db(std::string_view text, OpenOptions& options) {
  const auto number = number_in(text, 0, kDbMax);
  if (!number) {
    return bad("the URL's database is '" + std::string(text) +
               "'; a database is a number: redis://localhost/0");
  }
  options.db = static_cast<int>(*number);
  return {};
}

result<void> parse_service(std::string_view path, StoreUrl& url, OpenOptions& options) {
  const size_t slash = path.find('/');
  auto name = decoded(path.substr(0, slash), "service");
  if (!name) return std::unexpected(name.error());
  if (name->empty()) return bad("the URL names no service; it would be redis-sentinel://host:26379/mymaster");
  url.name = std::move(*name);
  if (slash == std::string_view::npos || slash + 1 == path.size()) return {};
  return parse_db(path.substr(slash + 1), options);
}

result<void> parse_servers(std::string_view scheme, std::string_view rest, StoreUrl& url, OpenOptions& options) {
  if (!rest.starts_with("//")) {
    return bad("the URL lacks '//' behind '" + std::string(scheme) + ":'; it would be " + std::string(scheme) +
               "://localhost:6379");
  }
  rest.remove_prefix(2);
  const size_t slash = rest.find('/');
  const std::string_view path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  const auto hosts = parse_user(rest.substr(0, slash), options);
  if (!hosts) return std::unexpected(hosts.error());
  if (auto parsed = parse_hosts(*hosts, url); !parsed) return parsed;
  if (url.kind == StoreUrl::Kind::sentinel) return parse_service(path, url, options);
  if (url.kind == StoreUrl::Kind::tcp && url.addresses.size() > 1) {
    return bad("the URL names several servers; a cluster of them is redis-cluster://, sentinels are redis-sentinel://");
  }
  if (url.kind == StoreUrl::Kind::cluster && !path.empty() && path != "0") {
    return bad("the URL names the database '" + std::string(path) + "'; a cluster has only database 0");
  }
  return path.empty() ? result<void>() : parse_db(path, options);
}

struct ServerScheme {
  std::string_view name;
  StoreUrl::Kind kind;
  bool is_tls;
};
constexpr ServerScheme kServerSchemes[] = {
    {"redis", StoreUrl::Kind::tcp, false},
    {"rediss", StoreUrl::Kind::tcp, true},
    {"redis-cluster", StoreUrl::Kind::cluster, false},
    {"rediss-cluster", StoreUrl::Kind::cluster, true},
    {"redis-sentinel", StoreUrl::Kind::sentinel, false},
    {"rediss-sentinel", StoreUrl::Kind::sentinel, true},
};

result<void> parse_file(std::string_view rest, StoreUrl& url) {
  url.kind = StoreUrl::Kind::file;
  if (rest.starts_with("//")) rest.remove_prefix(2);  // file:///path
  auto path = decoded(rest, "path");
  if (!path) return std::unexpected(path.error());
  if (path->empty()) return bad("the URL names no directory; write file:/var/lib/shop or file:data");
  url.path = std::move(*path);
  return {};
}

result<void> parse_unix(std::string_view rest, StoreUrl& url) {
  url.kind = StoreUrl::Kind::unix_socket;
  if (rest.starts_with("//")) rest.remove_prefix(2);  // unix:///path
  auto path = decoded(rest, "path");
  if (!path) return std::unexpected(path.error());
  if (!path->starts_with('/')) {
    return bad("the URL's socket path '" + *path + "' is not absolute; write unix:/run/redis.sock");
  }
  constexpr size_t kPathBytesMax = 107;  // sockaddr_un
  if (path->size() > kPathBytesMax) {
    return bad("the URL's socket path has " + std::to_string(path->size()) +
               " bytes; the system allows " + std::to_string(kPathBytesMax));
  }
  url.path = std::move(*path);
  return {};
}

}  // namespace

std::vector<std::string_view> url_parameters() {
  std::vector<std::string_view> names;
  for (const auto& option : kOptions) names.push_back(option.name);
  return names;
}

result<StoreUrl> parse_url(std::string_view text, OpenOptions& options) {
  StoreUrl url;
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return bad("'" + std::string(text) + "' is not a URL; a store is named by " +
               std::string(kForms));
  }
  const std::string_view scheme = text.substr(0, colon);
  std::string_view rest = text.substr(colon + 1);
  const size_t question = rest.find('?');
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : rest.substr(question + 1);
  rest = rest.substr(0, question);

  result<void> parsed;
  const auto servers = std::ranges::find(kServerSchemes, scheme, &ServerScheme::name);
  if (scheme == "memory") {
    auto name = decoded(rest, "name");
    if (!name) return std::unexpected(name.error());
    url.name = std::move(*name);
  } else if (scheme == "file") {
    parsed = parse_file(rest, url);
  } else if (servers != std::end(kServerSchemes)) {
    url.kind = servers->kind;
    url.is_tls = servers->is_tls;
    parsed = parse_servers(scheme, rest, url, options);
  } else if (scheme == "unix") {
    parsed = parse_unix(rest, url);
  } else {
    parsed = bad("the URL's scheme '" + std::string(scheme) +
                 ":' is unknown; a store is named by " + std::string(kForms));
  }
  if (parsed) parsed = parse_query(query, options);
  if (parsed && url.kind == StoreUrl::Kind::cluster && options.db != 0) parsed = bad("a cluster has only database 0");
  if (!parsed) return std::unexpected(parsed.error());
  return url;
}

}  // namespace redstart
