// cache-aside: products of a database behind a cache: loaded once, written through, invalidated by tag.
//
//   cache-aside [URL] [DATABASE]   URL is any store; memory: if it is left out. DATABASE is a PostgreSQL address
//                                  ("postgresql://user@host/db"); a SQLite database in memory if it is left out
//
// What it stores:
//   example:product:DIGEST    the cached products
//   example:{tag:...}:...     versions and entries of tags
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <redstart/redstart.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sqlite3.h>
#ifdef WITH_POSTGRESQL
#include <libpq-fe.h>
#endif

namespace {

struct Product {
  std::string name;
  int64_t stock = 0;
};

// Two statements are all that the example needs of a database. Both throw when they fail.
class Database {
 public:
  virtual ~Database() = default;
  virtual std::optional<Product> find(int64_t id) = 0;
  // Sets the stock; the row's new version.
  virtual uint64_t set_stock(int64_t id, int64_t stock) = 0;
};

const char* const kCreate =
    "CREATE TABLE IF NOT EXISTS example_products"
    " (id BIGINT PRIMARY KEY, name TEXT, stock BIGINT, version BIGINT DEFAULT 1)";
const char* const kInsert =
    "INSERT INTO example_products (id, name, stock) VALUES (1, 'lamp', 25), (2, 'chair', 7), (3, 'table', 3)"
    " ON CONFLICT (id) DO NOTHING";

class Sqlite final : public Database {
 public:
  Sqlite() {
    if (sqlite3_open(":memory:", &connection_) != SQLITE_OK) fail();
    for (const char* const sql : {kCreate, kInsert}) {
      if (sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
    }
  }
  ~Sqlite() override { sqlite3_close(connection_); }

  std::optional<Product> find(int64_t id) override {
    const std::lock_guard lock(mutex_);
    const Statement statement = prepare("SELECT name, stock FROM example_products WHERE id = ?");
    sqlite3_bind_int64(statement.get(), 1, id);
    if (sqlite3_step(statement.get()) != SQLITE_ROW) return std::nullopt;
    return Product{reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0)),
                   sqlite3_column_int64(statement.get(), 1)};
  }
  uint64_t set_stock(int64_t id, int64_t stock) override {
    const std::lock_guard lock(mutex_);
    const Statement statement =
        prepare("UPDATE example_products SET stock = ?, version = version + 1 WHERE id = ? RETURNING version");
    sqlite3_bind_int64(statement.get(), 1, stock);
    sqlite3_bind_int64(statement.get(), 2, id);
    if (sqlite3_step(statement.get()) != SQLITE_ROW) fail();
    return static_cast<uint64_t>(sqlite3_column_int64(statement.get(), 0));
  }

 private:
  using Statement = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;
  Statement prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(connection_, sql, -1, &statement, nullptr) != SQLITE_OK) fail();
    return {statement, sqlite3_finalize};
  }
  [[noreturn]] void fail() { throw std::runtime_error(sqlite3_errmsg(connection_)); }

  std::mutex mutex_;
  sqlite3* connection_ = nullptr;
};

#ifdef WITH_POSTGRESQL
class Postgres final : public Database {
 public:
  explicit Postgres(const char* address) : connection_(PQconnectdb(address)) {
    if (PQstatus(connection_) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_));
    run(kCreate, {});
    run(kInsert, {});
  }
  ~Postgres() override { PQfinish(connection_); }

  std::optional<Product> find(int64_t id) override {
    const auto rows = run("SELECT name, stock FROM example_products WHERE id = $1", {std::to_string(id)});
    if (PQntuples(rows.get()) == 0) return std::nullopt;
    return Product{PQgetvalue(rows.get(), 0, 0), std::stoll(PQgetvalue(rows.get(), 0, 1))};
  }
  uint64_t set_stock(int64_t id, int64_t stock) override {
    const char* const sql =
        "UPDATE example_products SET stock = $1, version = version + 1 WHERE id = $2 RETURNING version";
    const auto rows = run(sql, {std::to_string(stock), std::to_string(id)});
    if (PQntuples(rows.get()) == 0) throw std::runtime_error("there is no such product");
    return std::stoull(PQgetvalue(rows.get(), 0, 0));
  }

 private:
  using Rows = std::unique_ptr<PGresult, void (*)(PGresult*)>;
  Rows run(const char* sql, const std::vector<std::string>& parameters) {
    const std::lock_guard lock(mutex_);
    std::vector<const char*> texts;
    for (const std::string& parameter : parameters) texts.push_back(parameter.c_str());
    const int count = static_cast<int>(texts.size());
    Rows rows(PQexecParams(connection_, sql, count, nullptr, texts.data(), nullptr, nullptr, 0), PQclear);
    const ExecStatusType status = PQresultStatus(rows.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(connection_));
    return rows;
  }

  std::mutex mutex_;
  PGconn* connection_;
};
#endif

std::unique_ptr<Database> open_database(const char* address) {
  if (!address) return std::make_unique<Sqlite>();
#ifdef WITH_POSTGRESQL
  return std::make_unique<Postgres>(address);
#else
  throw std::runtime_error("this program was built without libpq");
#endif
}

}  // namespace

template <>
struct redstart::CacheSerializer<Product> {
  static std::string encode(const Product& product) { return std::to_string(product.stock) + " " + product.name; }
  static std::optional<Product> decode(const std::string& bytes) {
    const size_t space = bytes.find(' ');
    if (space == std::string::npos) return std::nullopt;
    return Product{bytes.substr(space + 1), std::atoll(bytes.c_str())};
  }
};

int main(int argc, char** argv) try {
  auto client = redstart::open(argc > 1 ? argv[1] : "memory:");
  if (!client) {
    std::fprintf(stderr, "%s\n", client.error().message.c_str());
    return 1;
  }
  const auto database = open_database(argc > 2 ? argv[2] : nullptr);
  redstart::Cache cache(*client, {.prefix = "example",
                                  .default_ttl = std::chrono::minutes(10),
                                  .ttl_jitter = 0.1,
                                  .stale_on_error = std::chrono::hours(1),
                                  .negative_ttl = std::chrono::seconds(30)});
  cache.invalidate_by_tag("products").value();  // what an earlier run has left

  redstart::CachedFunction product(cache, "product", [&](int64_t id) {
    std::printf("  (the database is asked for product %ld)\n", id);
    return database->find(id);
  }, {.tags = {"products"}});
  const auto show = [&](int64_t id) {
    const auto found = product(id).value();
    if (found) {
      std::printf("product %ld: %s, %ld in stock\n", id, found->name.c_str(), found->stock);
    } else {
      std::printf("product %ld: there is none\n", id);
    }
  };

  std::puts("-- a product is loaded once, and that one does not exist is remembered too");
  for (int i = 0; i < 2; ++i) {
    show(1);
    show(99);
  }

  std::puts("-- sixteen threads ask for the same product: one load");
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) threads.emplace_back([&] { (void)product(2).value(); });
  for (std::thread& thread : threads) thread.join();

  std::puts("-- a sale is written through: the database first, then the cache");
  Product sold = *product(1).value();
  --sold.stock;
  const auto written = cache.write_through<Product>(product.key(int64_t{1}), sold,
                                                    [&] { return database->set_stock(1, sold.stock); },
                                                    {.tags = {"products"}});
  std::printf("version %lu of the row\n", written.value().version);
  show(1);

  std::puts("-- the whole catalog changes: its tag is invalidated");
  cache.invalidate_tag("products").value();
  show(1);

  const redstart::CacheStats stats = cache.stats();
  std::printf("%lu hits, %lu misses (%.2f %% hits), %lu loads, %lu callers shared another's load\n", stats.hits,
              stats.misses, stats.hit_ratio(), stats.loads, stats.shared_loads);
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
