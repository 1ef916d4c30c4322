// writers: how many SETs a second one thread brings to a server over one connection.
//
// Questions: does the pipelined writer keep up with hiredis, which is told of no outcome per op and counts nothing?
// What do batches gain over single calls? Keys are `key:` and a number below 100,000 in random order, values have 16
// bytes. The ops are made before the clock starts, as hiredis's argument vectors are. Rounds alternate between the
// clients; medians are printed, in operations per second, as JSON.
//
//   build/release/bench/writers/writers redis://127.0.0.1:PORT [ROUNDS]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "redstart/redstart.hpp"

#ifdef WITH_HIREDIS
#include <hiredis/hiredis.h>
#endif

namespace {

constexpr size_t kOps = 200'000, kSingleOps = 5'000, kKeys = 100'000;

std::vector<redstart::WriteOp> make_ops() {
  std::mt19937 random(5);
  std::vector<redstart::WriteOp> ops;
  for (size_t i = 0; i < kOps; ++i) {
    ops.push_back({"SET", "key:" + std::to_string(random() % kKeys), "value of 16 byte"});
  }
  return ops;
}

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

double writer_rate(redstart::Client& client, const std::vector<redstart::WriteOp>& ops, size_t batch_size,
                   size_t count) {
  redstart::PipelinedWriter writer(client, {.batch_size = batch_size});
  const auto part = std::span(ops).first(count);
  redstart::BatchResult outcome;
  const double elapsed = seconds([&] { outcome = writer.write_batch(part); });
  for (const auto& one : outcome) {
    if (!one) fail("the pipelined writer: " + one.error().message);
  }
  return static_cast<double>(count) / elapsed;
}

double async_rate(redstart::Client& client, const std::vector<redstart::WriteOp>& ops, size_t count) {
  redstart::AsyncBatchWriter writer(client, {.batch_size = 500,
                                             .flush_interval = std::chrono::milliseconds(50),
                                             .queue_ops_max = count});
  writer.start();
  const double elapsed = seconds([&] {
    for (size_t i = 0; i < count; ++i) (void)writer.write(ops[i]);
    const redstart::StopReport left = writer.stop(std::chrono::seconds(60));
    if (!left.unwritten.empty()) fail("the async writer: " + left.unwritten[0].error.message);
  });
  return static_cast<double>(count) / elapsed;
}

double single_rate(redstart::Client& client, const std::vector<redstart::WriteOp>& ops) {
  const double elapsed = seconds([&] {
    for (size_t i = 0; i < kSingleOps; ++i) {
      if (!client.set(ops[i][1], ops[i][2])) fail("a single SET failed");
    }
  });
  return kSingleOps / elapsed;
}

#ifdef WITH_HIREDIS
double hiredis_rate(const std::string& host, int port, const std::vector<redstart::WriteOp>& ops, size_t batch_size) {
  redisContext* const context = redisConnect(host.c_str(), port);
  if (!context || context->err) fail("hiredis cannot connect");
  std::vector<std::vector<const char*>> words;
  std::vector<std::vector<size_t>> sizes;
  for (const auto& op : ops) {
    auto& w = words.emplace_back();
    auto& s = sizes.emplace_back();
    for (const std::string& word : op) {
      w.push_back(word.data());
      s.push_back(word.size());
    }
  }
  const double elapsed = seconds([&] {
    for (size_t begin = 0; begin < ops.size(); begin += batch_size) {
      const size_t end = std::min(ops.size(), begin + batch_size);
      for (size_t i = begin; i < end; ++i) {
        redisAppendCommandArgv(context, static_cast<int>(words[i].size()), words[i].data(), sizes[i].data());
      }
      for (size_t i = begin; i < end; ++i) {
        void* reply = nullptr;
        if (redisGetReply(context, &reply) != REDIS_OK) fail("hiredis has lost its connection");
        freeReplyObject(reply);
      }
    }
  });
  redisFree(context);
  return static_cast<double>(ops.size()) / elapsed;
}
#endif

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) fail("usage: writers redis://HOST:PORT [ROUNDS]");
  const std::string url = argv[1];
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  auto client = redstart::open(url);
  if (!client) fail(client.error().message);
  const auto ops = make_ops();
  std::map<std::string, std::vector<double>> rates;
  for (int round = 0; round < rounds; ++round) {
    for (const size_t batch : {10, 100, 1000, 10'000}) {
      rates["writer_" + std::to_string(batch)].push_back(writer_rate(*client, ops, batch, kOps));
    }
    rates["writer_1"].push_back(writer_rate(*client, ops, 1, kSingleOps));
    rates["single"].push_back(single_rate(*client, ops));
    rates["async"].push_back(async_rate(*client, ops, kOps));
#ifdef WITH_HIREDIS
    const std::string address = url.substr(url.find("//") + 2);
    const std::string host = address.substr(0, address.find(':'));
    const int port = std::atoi(address.c_str() + host.size() + 1);
    rates["hiredis_10000"].push_back(hiredis_rate(host, port, ops, 10'000));
#endif
  }
  std::printf("{");
  const char* separator = "";
  for (const auto& [name, values] : rates) {
    std::printf("%s\"%s\": %.0f", separator, name.c_str(), median(values));
    separator = ", ";
  }
  std::printf("}\n");
  return 0;
}
