// Compressed values: large values small in the store, under one key, and readable whatever they were written with.
//
//   client.set("page:7", redstart::compress_value(html)).value();
//   std::string html = redstart::decompress_value(*client.get("page:7").value()).value();
//
// What compress_value() makes says itself how it was made: two bytes that text and MessagePack never begin with
// (C1 5A), a byte for the codec, the size as a varint, the codec's bytes. A value that is not worth compressing stays
// as it is, without a header, so other programs read it as before; a value that happens to begin with the two bytes
// gets a header with Codec::none. decompress_value() takes both kinds, so codec and threshold may change at any time
// and old values stay readable.
//
// Threads: thread-safe. Cost: linear in the value; a context of the codec is kept for each thread that compresses.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "redstart/result.h"

namespace redstart {

enum class Codec : unsigned char {
  none = 0,
  zlib = 1,  // RFC 1950: everybody has it
  lz4 = 2,   // the fastest
  zstd = 3,  // nearly as fast, and the smallest
};
std::string_view name_of(Codec codec);

struct CompressionOptions {
  Codec codec = Codec::zstd;
  int level = 0;  // in the codec's own scale (zlib 1-9, lz4 1-12, zstd 1-22); 0: its default
  // Values of more bytes than this are compressed, if that makes them smaller.
  size_t above_bytes = 1024;
};

// The bytes to store for `value`. Never longer than the value by more than four bytes.
std::string compress_value(std::string_view value, const CompressionOptions& options = {});

// What compress_value() was given. Errors: unexpected_reply when the bytes are damaged, made by a codec that this
// version does not know, or would become more than `size_bytes_max`.
result<std::string> decompress_value(std::string stored, size_t size_bytes_max = size_t{512} << 20);

// What `stored` was written with; Codec::none for a plain value.
Codec codec_of(std::string_view stored);

}  // namespace redstart
