// Caches in front of real databases: SQLite, and a PostgreSQL of the test's own. What the cache says at the end is what
// the database says.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#if REDSTART_TESTS_SQLITE
#include <sqlite3.h>
#endif
#if REDSTART_TESTS_POSTGRESQL
#include <libpq-fe.h>
#endif

#include "redstart/patterns/write_behind.h"
#include "tests/scenarios/postgres_server.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

using Row = std::vector<std::string>;

// A database of users; each thread has a connection of its own. Failures are exceptions.
class Database {
 public:
  virtual ~Database() = default;
  // Rows of text; the parameters are $1, $2 ...
  virtual std::vector<Row> run(const std::string& sql, const std::vector<std::string>& parameters) = 0;

  void create() {
    run("CREATE TABLE users (id TEXT PRIMARY KEY, name TEXT NOT NULL CHECK (name <> 'refused'),"
        " version BIGINT NOT NULL)",
        {});
  }
  std::optional<std::string> find(const std::string& id) {
    const auto rows = run("SELECT name FROM users WHERE id = $1", {id});
    return rows.empty() ? std::optional<std::string>() : rows[0][0];
  }
  // Commits a change; the row's new version.
  uint64_t save(const std::string& id, const std::string& name) {
    const auto rows = run("INSERT INTO users (id, name, version) VALUES ($1, $2, 1) ON CONFLICT (id)"
                          " DO UPDATE SET name = excluded.name, version = users.version + 1 RETURNING version",
                          {id, name});
    return std::stoull(rows.at(0).at(0));
  }
  // Commits an update of a queue, unless the row has a newer one.
  void apply(const QueuedUpdate& update) {
    run("INSERT INTO users (id, name, version) VALUES ($1, $2, CAST($3 AS BIGINT)) ON CONFLICT (id)"
        " DO UPDATE SET name = excluded.name, version = excluded.version WHERE users.version < excluded.version",
        {update.key, update.value, std::to_string(update.sequence)});
  }
};

#if REDSTART_TESTS_SQLITE
class SqliteDatabase final : public Database {
 public:
  SqliteDatabase() {
    char name[] = "/tmp/redstart-sqlite-XXXXXX";
    directory_ = ::mkdtemp(name);
    create();
  }
  ~SqliteDatabase() override {
    for (auto& [thread, connection] : connections_) sqlite3_close(connection);
    std::filesystem::remove_all(directory_);
  }
  std::vector<Row> run(const std::string& sql, const std::vector<std::string>& parameters) override {
    sqlite3* const connection = this->connection();
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(connection, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) fail(connection);
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> owner(statement, sqlite3_finalize);
    for (size_t i = 0; i < parameters.size(); ++i) {
      sqlite3_bind_text(statement, static_cast<int>(i) + 1, parameters[i].data(),
                        static_cast<int>(parameters[i].size()), SQLITE_TRANSIENT);
    }
    std::vector<Row> rows;
    int step;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
      Row row;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        row.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, i)));
      }
      rows.push_back(std::move(row));
    }
    if (step != SQLITE_DONE) fail(connection);
    return rows;
  }

 private:
  [[noreturn]] static void fail(sqlite3* connection) { throw std::runtime_error(sqlite3_errmsg(connection)); }
  sqlite3* connection() {
    const std::lock_guard lock(mutex_);
    sqlite3*& mine = connections_[std::this_thread::get_id()];
    if (!mine) {
      if (sqlite3_open((directory_ + "/users").c_str(), &mine) != SQLITE_OK) fail(mine);
      sqlite3_busy_timeout(mine, 20'000);
      sqlite3_exec(mine, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF", nullptr, nullptr, nullptr);
    }
    return mine;
  }

  std::string directory_;
  std::mutex mutex_;
  std::map<std::thread::id, sqlite3*> connections_;
};
#endif

#if REDSTART_TESTS_POSTGRESQL
class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(std::string address) : address_(std::move(address)) {
    run("DROP TABLE IF EXISTS users", {});
    create();
  }
  ~PostgresDatabase() override {
    for (auto& [thread, connection] : connections_) PQfinish(connection);
  }
  std::vector<Row> run(const std::string& sql, const std::vector<std::string>& parameters) override {
    std::vector<const char*> texts;
    for (const std::string& parameter : parameters) texts.push_back(parameter.c_str());
    PGconn* const connection = this->connection();
    const int count = static_cast<int>(texts.size());
    const std::unique_ptr<PGresult, void (*)(PGresult*)> reply(
        PQexecParams(connection, sql.c_str(), count, nullptr, texts.data(), nullptr, nullptr, 0), PQclear);
    const ExecStatusType status = PQresultStatus(reply.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(connection));
    std::vector<Row> rows;
    for (int r = 0; r < PQntuples(reply.get()); ++r) {
      Row row;
      for (int c = 0; c < PQnfields(reply.get()); ++c) row.emplace_back(PQgetvalue(reply.get(), r, c));
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  PGconn* connection() {
    const std::lock_guard lock(mutex_);
    PGconn*& mine = connections_[std::this_thread::get_id()];
    for (int i = 0; !mine || PQstatus(mine) != CONNECTION_OK; ++i) {
      if (mine) PQfinish(mine);
      mine = PQconnectdb(address_.c_str());
      if (i == 100) throw std::runtime_error(PQerrorMessage(mine));
      if (PQstatus(mine) != CONNECTION_OK) std::this_thread::sleep_for(50ms);  // it is starting up
    }
    return mine;
  }

  const std::string address_;
  std::mutex mutex_;
  std::map<std::thread::id, PGconn*> connections_;
};
#endif

enum class DatabaseKind : unsigned char { sqlite, postgresql };

class CachesOverDatabases : public testing::TestWithParam<std::tuple<DatabaseKind, StoreKind>> {
 protected:
  void SetUp() override {
    database_ = open_database();
    if (!database_) GTEST_SKIP() << "this database is not installed";
    const StoreKind store = std::get<1>(GetParam());
    const bool is_remote = store != StoreKind::memory;
    if (is_remote && path_of(program_of(store)).empty()) GTEST_SKIP() << missing_text(program_of(store));
    client_ = std::make_unique<Client>(open(is_remote ? shared_server(store).url() : "memory:").value());
    value_of(client_->flushall());
  }

  static std::unique_ptr<Database> open_database() {
#if REDSTART_TESTS_SQLITE
    if (std::get<0>(GetParam()) == DatabaseKind::sqlite) return std::make_unique<SqliteDatabase>();
#endif
#if REDSTART_TESTS_POSTGRESQL
    if (std::get<0>(GetParam()) == DatabaseKind::postgresql && !PostgresServer::programs().empty()) {
      static PostgresServer server;  // one for all tests; it takes a second to make
      if (server.is_running()) return std::make_unique<PostgresDatabase>(server.address());
      ADD_FAILURE() << "PostgreSQL is installed and does not start";
    }
#endif
    return nullptr;
  }

  std::unique_ptr<Database> database_;
  std::unique_ptr<Client> client_;
};

INSTANTIATE_TEST_SUITE_P(
    Databases, CachesOverDatabases,
    testing::Combine(testing::Values(DatabaseKind::sqlite, DatabaseKind::postgresql),
                     testing::Values(StoreKind::memory, StoreKind::redstart_server, StoreKind::redis_server)),
    [](const auto& info) {
      return std::string(std::get<0>(info.param) == DatabaseKind::sqlite ? "sqlite_" : "postgresql_") +
             name_of(testing::TestParamInfo<StoreKind>(std::get<1>(info.param), 0));
    });

TEST_P(CachesOverDatabases, what_the_database_refuses_is_not_in_the_cache) {
  Cache cache(*client_);
  value_of(cache.write_through<std::string>("7", "ada", [&] { return database_->save("7", "ada"); }));
  const auto refused =
      cache.write_through<std::string>("7", "refused", [&] { return database_->save("7", "refused"); });
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("onstraint"), std::string::npos) << refused.error().message;
  EXPECT_EQ(value_of(cache.get<std::string>("7")).value, "ada");
  EXPECT_EQ(database_->find("7"), "ada");
}

TEST_P(CachesOverDatabases, an_object_is_loaded_once_and_its_absence_too) {
  database_->save("1", "ada");
  Cache cache(*client_, {.negative_ttl = 60s});
  std::atomic<int> loads = 0;
  const auto load = [&](const std::string& id) {
    return cache.get_or_load<std::string>(id, [&] {
      ++loads;
      return database_->find(id);
    });
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(value_of(load("1")), "ada");
    EXPECT_EQ(value_of(load("2")), std::nullopt);
  }
  EXPECT_EQ(loads, 2);
}

// Writers, readers and invalidations without any order between them: a cached value is never older than the database's
// when all is quiet.
TEST_P(CachesOverDatabases, writers_and_readers_leave_the_cache_as_the_database_is) {
  Cache one(*client_), other(*client_);
  const auto load = [&](Cache& cache, const std::string& id) {
    const auto find = [this, id] { return database_->find(id); };
    return value_of(cache.get_or_load<std::string>(id, find, {.tags = {"users"}}));
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      Cache& cache = t % 2 ? one : other;
      for (int i = 0; i < 40; ++i) {
        const std::string id = std::to_string((i + t) % 5), name = std::to_string(t) + "." + std::to_string(i);
        if (i % 3 == 0) {
          value_of(cache.write_through<std::string>(id, name, [&] { return database_->save(id, name); },
                                                    {.tags = {"users"}}));
        } else if (i % 7 == 0) {
          value_of(cache.invalidate(id));
        } else if (i % 17 == 0) {
          value_of(cache.invalidate_tag("users"));
        } else {
          load(cache, id);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (int i = 0; i < 5; ++i) {
    const std::string id = std::to_string(i);
    EXPECT_EQ(load(one, id), database_->find(id));
    EXPECT_EQ(load(other, id), database_->find(id));
  }
}

TEST_P(CachesOverDatabases, what_is_written_behind_arrives_and_is_seen_meanwhile) {
  Cache cache(*client_);
  WriteBehind users(*client_, cache, [&](const QueuedUpdate& update) { database_->apply(update); },
                    {.attempts_max = 2, .retry_delay_min = 1ms, .retry_delay_max = 2ms, .poll_interval = 2ms});
  for (int i = 0; i < 200; ++i) {
    const std::string id = std::to_string(i % 20), name = "name " + std::to_string(i);
    value_of(users.update<std::string>(id, name));
    EXPECT_EQ(value_of(users.get_or_load<std::string>(id, [this, id] { return database_->find(id); })), name);
  }
  value_of(users.update<std::string>("bad", "refused"));
  EXPECT_TRUE(users.drain(30s));
  for (int i = 180; i < 200; ++i) EXPECT_EQ(database_->find(std::to_string(i % 20)), "name " + std::to_string(i));
  const auto dead = value_of(users.dead_letters());
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].update.key, "bad");
  EXPECT_EQ(value_of(users.get_or_load<std::string>("bad", [this] { return database_->find("bad"); })), std::nullopt);
}

}  // namespace
}  // namespace redstart::scenarios
