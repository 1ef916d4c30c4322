#include "execution/acl/password.h"

#include "base/hex.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <vector>

namespace redstart {
std::string password_digest(std::string_view password) {
  std::array<unsigned char, 32> digest;
  unsigned int size = 0;
  [[maybe_unused]] const int done =
      EVP_Digest(password.data(), password.size(), digest.data(), &size, EVP_sha256(), nullptr);
  assert(done == 1 && size == digest.size());
  return hex_text(digest);
}

bool is_password_digest(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_hex_digits(size_t count) {
  std::vector<unsigned char> bytes((count + 1) / 2);
  [[maybe_unused]] const int done = RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  assert(done == 1);
  return hex_text(bytes).substr(0, count);
}

}  // namespace redstart
