// Certificates: keys and certificates for a test, made by the openssl program in a directory that goes with
// them: an authority ("ca"), certificates that it gives, and an authority that nobody knows ("other_ca").
//
// Threads: immutable. Ownership: owns the directory.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace redstart::server_tests {

class Certificates {
 public:
  Certificates() {
    std::string pattern = (std::filesystem::temp_directory_path() / "redstart_tls_XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary directory");
    directory_ = pattern;
    for (const char* authority : {"ca", "other_ca"}) make_authority(authority);
    make("server", "ca", "localhost", 2);
    make("client", "ca", "client", 2);
    make("expired", "ca", "localhost", -1);
    make("elsewhere", "ca", "elsewhere.example", 2);
    make("stranger", "other_ca", "localhost", 2);
    run("openssl ec -in " + key("server") + " -aes256 -passout pass:secret -out " + key("locked"));
  }
  ~Certificates() {
    std::error_code error;
    std::filesystem::remove_all(directory_, error);
  }
  Certificates(const Certificates&) = delete;

  std::string file(const std::string& name) const { return directory_ + "/" + name; }
  std::string certificate(const std::string& name) const { return file(name + ".crt"); }
  std::string key(const std::string& name) const { return file(name + ".key"); }
  // "tls-cert-file ..." and the rest that a server with this certificate needs.
  std::string directives(const std::string& name = "server") const {
    return "tls-cert-file " + certificate(name) + "\ntls-key-file " + key(name) +
           "\ntls-ca-cert-file " + certificate("ca") + "\n";
  }

 private:
  static constexpr const char* kKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ";

  static void run(const std::string& command) {
    if (std::system((command + " >/dev/null 2>&1").c_str()) != 0) {
      throw std::runtime_error("failed: " + command);
    }
  }
  void make_authority(const std::string& name) const {
    run("openssl req -x509 " + std::string(kKey) + "-days 2 -subj /CN=" + name + " -keyout " +
        key(name) + " -out " + certificate(name));
  }
  void make(const std::string& name, const std::string& authority, const std::string& host,
            int days) const {
    std::ofstream(file("names")) << "subjectAltName=DNS:" << host
                                 << (host == "localhost" ? ",IP:127.0.0.1" : "");
    run("openssl req " + std::string(kKey) + "-subj /CN=" + host + " -keyout " + key(name) +
        " -out " + file("request"));
    run("openssl x509 -req -in " + file("request") + " -CA " + certificate(authority) + " -CAkey " +
        key(authority) + " -CAcreateserial -days " + std::to_string(days) + " -extfile " +
        file("names") + " -out " + certificate(name));
  }

  std::string directory_;
};

}  // namespace redstart::server_tests
