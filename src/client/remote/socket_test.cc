#include "client/remote/socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace redstart::remote {
namespace {

// At a free port of this machine.
int bound_socket(sockaddr_in& address) {
  address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return socket;
}

TEST(RemoteSocket, knows_a_connection_to_itself) {
  sockaddr_in address;
  const int own = bound_socket(address);
  EXPECT_FALSE(is_own_peer(own)) << "not connected yet";
  ASSERT_EQ(::connect(own, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(is_own_peer(own));
  ::close(own);
}

TEST(RemoteSocket, takes_a_connection_to_another_for_what_it_is) {
  sockaddr_in address;
  const int listener = bound_socket(address);
  ASSERT_EQ(::listen(listener, 1), 0);
  const int connected = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::connect(connected, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_FALSE(is_own_peer(connected));
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  EXPECT_FALSE(is_own_peer(pair[0]));
  for (const int fd : {listener, connected, pair[0], pair[1]}) ::close(fd);
}

}  // namespace
}  // namespace redstart::remote
