// Preloaded into both servers: strtod with errno cleared first.
//
// Redis's SORT takes any ERANGE in errno for an error of its own conversion, one that an earlier
// command left there included, and then refuses whatever it reads. Nobody can mean that.
//
// Threads: thread-safe.
#include <cerrno>

// What the C library's own strtod is made of; the last argument asks for no digit grouping.
extern "C" double __strtod_internal(const char* text, char** end, int grouping) noexcept;

extern "C" double strtod(const char* text, char** end) noexcept {
  errno = 0;
  return __strtod_internal(text, end, 0);
}
