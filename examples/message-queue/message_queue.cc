// message-queue: orders wait in the store until a processor books them, once each, in order, whoever dies meanwhile.
//
//   message-queue [URL]    URL is any store; memory: if it is left out
//
// What it stores:
//   example:orders             stream   what is not booked yet, with the keys that StreamBuffer keeps beside it
//   example:stock              hash     what is left of each product
//   example:booked:CUSTOMER    list     a customer's orders in their order
#include <chrono>
#include <cstdio>
#include <redstart/redstart.hpp>
#include <thread>

int main(int argc, char** argv) {
  auto opened = redstart::open(argc > 1 ? argv[1] : "memory:");
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  redstart::Client client = *opened;
  std::vector<std::string> keys{"example:orders", "{example:orders}:owner", "{example:orders}:attempts",
                                "{example:orders}:dead", "example:stock"};
  for (const char* const customer : {"ada", "bob", "eve"}) keys.push_back(std::string("example:booked:") + customer);
  client.unlink(keys).value();
  client.hset_all("example:stock", redstart::StringPairs{{"apple", "1000"}, {"pear", "1000"}}).value();

  // Two processors, as two machines would have them. One works; when it goes, the other takes over.
  const redstart::StreamBufferOptions options{.stream = "example:orders",
                                              .interval = std::chrono::milliseconds(5),
                                              .lease = std::chrono::milliseconds(500),
                                              .attempts_max = 3};
  redstart::StreamBuffer first(client, options), second(client, options);
  first.start();
  second.start();

  const char* const customers[] = {"ada", "bob", "eve"};
  for (int order = 0; order < 300; ++order) {
    const std::string number = std::to_string(order), product = order % 2 ? "apple" : "pear";
    first.write({"RPUSH", std::string("example:booked:") + customers[order % 3], number}).value();
    first.write({"HINCRBY", "example:stock", product, "-1"}).value();
    if (order == 150) first.stop();  // the machine is taken away
  }
  // Something that can never be booked: it does not hold up the others.
  second.write({"HINCRBY", "example:booked:ada", "not a hash", "1"}).value();
  second.write({"HINCRBY", "example:stock", "apple", "-1"}).value();

  while (second.depth().value() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  second.stop();

  for (const char* const customer : customers) {
    const auto booked = client.lrange(std::string("example:booked:") + customer, 0, -1).value();
    std::printf("%s: %zu orders, the first %s, the last %s\n", customer, booked.size(), booked.front().c_str(),
                booked.back().c_str());
  }
  std::printf("stock: %s apples, %s pears\n", client.hget("example:stock", "apple").value()->c_str(),
              client.hget("example:stock", "pear").value()->c_str());
  std::printf("booked by the first processor: %lu, by the second: %lu\n", first.stats().applied,
              second.stats().applied);
  const auto dead = second.dead_letters().value();
  for (const redstart::DeadLetter& letter : dead) {
    std::printf("dead letter after %d attempts: %s %s: %s\n", letter.attempts, letter.op[0].c_str(),
                letter.op[1].c_str(), letter.reason.c_str());
  }
  return dead.size() == 1 && client.hget("example:stock", "pear").value() == "850" ? 0 : 1;
}
