// What CLIENT LIST and its kind reply, as values.
#include <charconv>

#include "redstart/client.h"

namespace redstart {
namespace {

template <class T>
void read_number(const ClientInfo& info, std::string_view name, T& number) {
  const auto found = info.fields.find(name);
  if (found == info.fields.end()) return;
  std::from_chars(found->second.data(), found->second.data() + found->second.size(), number);
}

void read_text(const ClientInfo& info, std::string_view name, std::string& text) {
  if (const auto found = info.fields.find(name); found != info.fields.end()) text = found->second;
}

// "id=3 addr=127.0.0.1:50000 ...": a name, '=', a value without spaces.
ClientInfo parse_line(std::string_view line) {
  ClientInfo info;
  while (!line.empty()) {
    const std::string_view field = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), field.size() + 1));
    const size_t sign = field.find('=');
    if (sign == std::string_view::npos) continue;
    info.fields.emplace(field.substr(0, sign), field.substr(sign + 1));
  }
  int64_t age_s = 0, idle_s = 0;
  read_number(info, "id", info.id);
  read_number(info, "db", info.db);
  read_number(info, "resp", info.protocol);
  read_number(info, "sub", info.subscriptions);
  read_number(info, "psub", info.pattern_subscriptions);
  read_number(info, "tot-mem", info.total_bytes);
  read_number(info, "age", age_s);
  read_number(info, "idle", idle_s);
  info.age = std::chrono::seconds(age_s);
  info.idle = std::chrono::seconds(idle_s);
  read_text(info, "addr", info.address);
  read_text(info, "laddr", info.local_address);
  read_text(info, "name", info.name);
  read_text(info, "flags", info.flags);
  read_text(info, "user", info.user);
  read_text(info, "cmd", info.command);
  read_text(info, "lib-name", info.library_name);
  read_text(info, "lib-ver", info.library_version);
  return info;
}

}  // namespace

WordList ClientFilter::apply(WordList words) const {
  if (id) words.add("ID").add(*id);
  const auto add = [&words](std::string_view name, std::string_view value) {
    if (!value.empty()) words.add(name).add(value);
  };
  add("TYPE", type);
  add("ADDR", address);
  add("LADDR", local_address);
  add("USER", user);
  words.add("SKIPME").add(skip_me ? "yes" : "no");
  return words;
}

namespace detail {

result<std::vector<ClientInfo>> decode(Reply reply, std::vector<ClientInfo>*) {
  const auto lines = decode(std::move(reply), static_cast<std::string*>(nullptr));
  if (!lines) return std::unexpected(lines.error());
  std::vector<ClientInfo> clients;
  std::string_view rest = *lines;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!line.empty()) clients.push_back(parse_line(line));
  }
  return clients;
}

result<ClientInfo> decode(Reply reply, ClientInfo*) {
  auto clients = decode(std::move(reply), static_cast<std::vector<ClientInfo>*>(nullptr));
  if (!clients) return std::unexpected(clients.error());
  if (clients->size() != 1) return std::unexpected(unexpected(Reply(), "a client's line"));
  return std::move(clients->front());
}

}  // namespace detail
}  // namespace redstart
