#include "redstart/patterns/kernel_check.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace redstart {
namespace {

using State = KernelSetting::State;

class KernelCheck : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/redstart-kernel-XXXXXX";
    root_ = ::mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(std::string name, const std::string& value) {
    std::ranges::replace(name, '.', '/');
    const std::filesystem::path path = std::filesystem::path(root_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << value << "\n";
  }
  std::map<std::string, KernelSetting> check() const {
    std::map<std::string, KernelSetting> by_name;
    for (const KernelSetting& one : check_kernel(root_)) by_name[one.name] = one;
    return by_name;
  }

  std::string root_;
};

TEST_F(KernelCheck, says_what_it_cannot_read) {
  const auto settings = check();
  EXPECT_EQ(settings.size(), 10u);
  for (const auto& [name, one] : settings) EXPECT_EQ(one.state, State::unreadable) << name;
}

TEST_F(KernelCheck, compares_numbers_one_by_one_and_takes_higher_limits) {
  write("net.core.somaxconn", "4096");
  write("net.core.rmem_max", "33554432");
  write("net.ipv4.tcp_rmem", "4096\t131072\t6291456");
  write("net.ipv4.tcp_wmem", "4096\t65536\t16777216");
  write("vm.swappiness", "0");
  write("vm.overcommit_memory", "1");
  const auto settings = check();
  EXPECT_EQ(settings.at("net.core.somaxconn").state, State::deviates);
  EXPECT_EQ(settings.at("net.core.somaxconn").actual, "4096");
  EXPECT_EQ(settings.at("net.core.rmem_max").state, State::ok);
  EXPECT_EQ(settings.at("net.ipv4.tcp_rmem").state, State::deviates);
  EXPECT_EQ(settings.at("net.ipv4.tcp_wmem").state, State::ok);
  EXPECT_EQ(settings.at("vm.swappiness").state, State::deviates);
  EXPECT_EQ(settings.at("vm.overcommit_memory").state, State::ok);
}

TEST_F(KernelCheck, the_shipped_file_has_what_it_recommends) {
  std::ifstream file(REDSTART_SHARE "/sysctl/60-redstart.conf");
  ASSERT_TRUE(file) << "the source tree has moved";
  std::map<std::string, std::string> shipped;
  for (std::string line; std::getline(file, line);) {
    const size_t equals = line.find(" = ");
    if (line.starts_with('#') || line.empty()) continue;
    ASSERT_NE(equals, std::string::npos) << line;
    shipped[line.substr(0, equals)] = line.substr(equals + 3);
  }
  std::map<std::string, std::string> recommended;
  for (const auto& [name, one] : check()) recommended[name] = one.recommended;
  EXPECT_EQ(shipped, recommended);
}

}  // namespace
}  // namespace redstart
