// Passwords of users: only their SHA-256 digests are kept and compared.
//
// Threads: thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace redstart {

// The SHA-256 digest in 64 lower-case hexadecimal digits.
std::string password_digest(std::string_view password);
// Whether the text has the form of such a digest.
bool is_password_digest(std::string_view text);
// In a time that depends on the sizes alone.
bool equal_in_constant_time(std::string_view a, std::string_view b);
// From the system's source of random numbers, fit for passwords.
std::string random_hex_digits(size_t count);

}  // namespace redstart
