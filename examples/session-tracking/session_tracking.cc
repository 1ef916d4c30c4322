// session-tracking: keeps sessions as hashes that live for half an hour after the last page, and counts who is there.
//
//   session-tracking [URL]    URL is any store; memory: if it is left out
//
// What it stores:
//   example:session:ID       hash         user, pages, last page; expires 30 minutes after the last page
//   example:sessions:seen    sorted set   session IDs by the time of their last page
#include <chrono>
#include <cstdio>
#include <redstart/redstart.hpp>

namespace {

constexpr auto kLifetime = std::chrono::minutes(30);
const std::string kSeen = "example:sessions:seen";

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string key_of(const std::string& id) { return "example:session:" + id; }

// The session: all of it or nothing, in one round trip, so it never stays without its time to live. Who was there is
// another key, on a cluster another node's, and a moment later there.
redstart::result<void> visit(redstart::Client& client, const std::string& id, const std::string& user,
                             const std::string& page) {
  auto writes = client.transaction();
  writes.command("HSET", key_of(id), "user", user, "page", page);
  writes.command("HINCRBY", key_of(id), "pages", 1);
  writes.expire(key_of(id), kLifetime);
  if (auto written = writes.run(); !written) return written;
  const auto seen = client.zadd(kSeen, static_cast<double>(now_ms()), id);
  if (!seen) return std::unexpected(seen.error());
  return {};
}

// Who was there in the last `minutes`; what is older than a session's life is forgotten on the way.
int64_t active(redstart::Client& client, int minutes) {
  client.command("ZREMRANGEBYSCORE", kSeen, "-inf", now_ms() - std::chrono::milliseconds(kLifetime).count()).value();
  return client.command("ZCOUNT", kSeen, now_ms() - minutes * 60'000, "+inf").value().as_integer();
}

}  // namespace

int main(int argc, char** argv) {
  auto opened = redstart::open(argc > 1 ? argv[1] : "memory:");
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  redstart::Client client = *opened;
  std::vector<std::string> keys{kSeen};
  for (int i = 0; i < 100; ++i) keys.push_back(key_of("s" + std::to_string(i)));
  client.unlink(keys).value();

  const char* const pages[] = {"/", "/search", "/product/7", "/cart", "/checkout"};
  for (int i = 0; i < 1000; ++i) {
    const std::string id = "s" + std::to_string(i * 37 % 100);
    if (const auto visited = visit(client, id, "user" + id.substr(1), pages[i % 5]); !visited) {
      std::fprintf(stderr, "%s\n", visited.error().message.c_str());
      return 1;
    }
  }

  std::printf("%ld sessions in the last five minutes\n", active(client, 5));
  const redstart::StringPairs session = client.hgetall(key_of("s42")).value();
  std::printf("session s42:\n");
  for (const auto& [field, value] : session) std::printf("  %-5s %s\n", field.c_str(), value.c_str());
  std::printf("  ends in %ld minutes unless another page is asked for\n",
              (client.pttl(key_of("s42")).value() + 59'999) / 60'000);

  client.unlink(std::vector<std::string>{key_of("s42")}).value();  // logged out
  client.zrem(kSeen, "s42").value();
  std::printf("%ld after s42 has logged out\n", active(client, 5));
  return 0;
}
