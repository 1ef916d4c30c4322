// HyperLogLog: an estimate of how many different elements were seen, within a string of at most 12
// KiB.
//
// The estimator and the layout are Redis's, byte for byte, so that a value means the same to either
// server:
//
//   offset 0   "HYLL"
//          4   encoding: 0 dense, 1 sparse; then three bytes that are not used
//          8   the last estimate, 8 bytes; the highest bit says that it is out of date
//         16   the 16384 registers
//              dense: 6 bits each, lowest bits first
//              sparse: runs of equal registers,  00xxxxxx            x + 1 zeros
//                                                01xxxxxx yyyyyyyy   xy + 1 zeros
//                                                1vvvvvxx            x + 1 registers of v + 1
//
// An element's hash chooses a register by its low 14 bits and shows it how many zeros follow, plus
// one: its rank. The register keeps the highest rank. How many elements it took to see such ranks:
// O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284.
//
// A value is a client's bytes and may be anything: functions that read registers tell a corrupt
// value, and stay within its bytes.
//
// Threads: thread-safe, pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redstart::hyperloglog {

inline constexpr size_t kHeaderBytes = 16;
inline constexpr size_t kRegisterCount = 16384;
inline constexpr unsigned kRegisterBits = 6;
inline constexpr size_t kDenseBytes = kHeaderBytes + kRegisterCount * kRegisterBits / 8;

using Registers = std::array<uint8_t, kRegisterCount>;

// A value that has seen nothing, sparse.
std::string make();
// Whether these bytes are a value by their header. Only such may be given to the functions below.
bool is_valid(std::string_view value);
inline bool is_dense(std::string_view value) { return value[4] == 0; }

// What an element shows: a register, and the rank that it has at least from then on.
struct Observation {
  uint32_t index = 0;
  uint8_t rank = 0;
};
Observation observe(std::string_view element);

// Raises a register, if its rank is lower. A sparse value becomes dense when it would exceed
// `sparse_bytes_max` or the rank has no sparse form. O(1) dense, O(size) sparse. The estimate is
// not touched by raise_dense().
enum class Raised : uint8_t { no, yes, corrupt };
Raised raise(std::string& value, Observation seen, size_t sparse_bytes_max);
bool raise_dense(char* value, Observation seen);

// Makes it dense; false: it is corrupt.
bool to_dense(std::string& value);
// A dense value of these registers with the header of `value`.
std::string make_dense(std::string_view value, const Registers& registers);

// Raises `registers` to those of the value; false: it is corrupt.
bool merge(std::string_view value, Registers& registers);
uint64_t estimate(const Registers& registers);
// Nothing: it is corrupt. O(registers).
std::optional<uint64_t> estimate(std::string_view value);

// The estimate that is kept in the header, unless it is out of date.
std::optional<uint64_t> kept_estimate(std::string_view value);
void keep_estimate(char* value, uint64_t estimate);
void outdate_estimate(char* value);

// The runs of a sparse value, corrupt or not: "Z:16383 v:3,1" (zeros, then one register of 3; z: in
// one byte).
std::string describe_runs(std::string_view value);

}  // namespace redstart::hyperloglog
