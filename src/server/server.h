// Server: puts a store on sockets: listens where its configuration says, and spreads the
// connections over I/O threads.
//
// Threads: start() and stop() by one thread. Ownership: borrows the store, which must outlive it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/io_thread.h"
#include "store/store.h"

namespace redstart {

class Server {
 public:
  explicit Server(Store& store);
  ~Server();

  // Listens and serves. Returns what is in the way, for people to read.
  std::optional<std::string> start();
  // The same in two steps: who connects between them waits.
  std::optional<std::string> open();
  void serve();
  // Closes all connections.
  void stop();
  size_t thread_count() const { return threads_.size(); }
  // Where it listens: "127.0.0.1:6379", several separated by ", ".
  std::string addresses() const;

 private:
  std::optional<std::string> listen();
  // Adds listeners at all addresses, or says what is in the way of those that have to be there.
  struct Opened {
    std::vector<Listener> listeners;
    std::map<std::string, FileDescriptor> listening;
    std::optional<std::string> problem;  // with an address that may be missing
  };
  std::optional<std::string> open_port(int port, bool is_tls, Opened& opened);
  std::optional<std::string> open_unix_socket(Opened& opened);
  // Reads certificates and keys anew, if there is a port for them. Returns what is wrong with them; then
  // those that were there remain.
  std::optional<std::string> load_tls();
  // Lowers maxclients where the system does not allow as many open files.
  void fit_clients_to_files();
  // Registers what CONFIG SET changes here.
  void follow_configuration();
  // Listens at an address, or goes on listening there.
  ListenResult listener_at(const std::string& address, int port);
  // Gives a new connection to a thread, or turns it away.
  void admit(Accepted accepted);
  std::optional<std::string> refusal(const Accepted& accepted);

  Store& store_;
  Executor& executor_;
  std::atomic<size_t> arriving_{0};  // accepted, and not yet among the executor's clients
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::string unix_path_;  // to be removed
  // What is listened on, by address and port: a handle of our own to each.
  std::map<std::string, FileDescriptor> listening_;
  size_t next_thread_ = 0;
  std::mutex tls_mutex_;  // guards tls_
  std::shared_ptr<const TlsContext> tls_;  // for new connections
};

}  // namespace redstart
