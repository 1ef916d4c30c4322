#include "redstart/patterns/compressed_value.h"

#include <lz4.h>
#include <lz4hc.h>
#include <zlib.h>
#include <zstd.h>

#include <memory>
#include <optional>

namespace redstart {
namespace {

constexpr std::string_view kMark = "\xC1\x5A";
constexpr size_t kHeaderMin = 4;  // mark, codec, one byte of size
constexpr size_t kVarintBytesMax = 9;

struct Header {
  Codec codec;
  uint64_t size_bytes;       // of the value
  std::string_view payload;  // the codec's bytes
};

void append_header(std::string& out, Codec codec, uint64_t size_bytes) {
  out += kMark;
  out += static_cast<char>(codec);
  for (; size_bytes >= 0x80; size_bytes >>= 7) out += static_cast<char>(size_bytes | 0x80);
  out += static_cast<char>(size_bytes);
}

bool is_marked(std::string_view stored) { return stored.starts_with(kMark); }

std::optional<Header> parse_header(std::string_view stored) {
  if (stored.size() < kHeaderMin) return std::nullopt;
  Header header{static_cast<Codec>(stored[2]), 0, {}};
  for (size_t i = 0; i < kVarintBytesMax && 3 + i < stored.size(); ++i) {
    const auto byte = static_cast<unsigned char>(stored[3 + i]);
    header.size_bytes |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte & 0x80) continue;
    header.payload = stored.substr(4 + i);
    return header;
  }
  return std::nullopt;
}

struct ZstdDeleter {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// Each appends the compressed value to `out`, or returns false when the codec cannot.
bool append_zlib(std::string& out, std::string_view value, int level) {
  const size_t begin = out.size();
  uLongf size = compressBound(value.size());
  out.resize(begin + size);
  if (compress2(reinterpret_cast<Bytef*>(out.data() + begin), &size, reinterpret_cast<const Bytef*>(value.data()),
                value.size(), level > 0 ? level : Z_DEFAULT_COMPRESSION) != Z_OK) {
    return false;
  }
  out.resize(begin + size);
  return true;
}

bool append_lz4(std::string& out, std::string_view value, int level) {
  if (value.size() > LZ4_MAX_INPUT_SIZE) return false;
  const size_t begin = out.size();
  const int value_size = static_cast<int>(value.size());
  const int room = LZ4_compressBound(value_size);
  out.resize(begin + static_cast<size_t>(room));
  const int size = level > 0 ? LZ4_compress_HC(value.data(), out.data() + begin, value_size, room, level)
                             : LZ4_compress_default(value.data(), out.data() + begin, value_size, room);
  if (size <= 0) return false;
  out.resize(begin + static_cast<size_t>(size));
  return true;
}

bool append_zstd(std::string& out, std::string_view value, int level) {
  thread_local const std::unique_ptr<ZSTD_CCtx, ZstdDeleter> context(ZSTD_createCCtx());
  if (!context) return false;
  const size_t begin = out.size();
  out.resize(begin + ZSTD_compressBound(value.size()));
  const size_t size = ZSTD_compressCCtx(context.get(), out.data() + begin, out.size() - begin, value.data(),
                                        value.size(), level > 0 ? level : ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(size)) return false;
  out.resize(begin + size);
  return true;
}

bool append_compressed(std::string& out, std::string_view value, const CompressionOptions& options) {
  switch (options.codec) {
    case Codec::zlib:
      return append_zlib(out, value, options.level);
    case Codec::lz4:
      return append_lz4(out, value, options.level);
    case Codec::zstd:
      return append_zstd(out, value, options.level);
    case Codec::none:
      break;
  }
  return false;
}

// Each fills `value`, which has the size that the header promises, and says whether the payload was just that.
bool fill_from_zlib(std::string& value, std::string_view payload) {
  uLongf size = value.size();
  return uncompress(reinterpret_cast<Bytef*>(value.data()), &size, reinterpret_cast<const Bytef*>(payload.data()),
                    payload.size()) == Z_OK &&
         size == value.size();
}

bool fill_from_lz4(std::string& value, std::string_view payload) {
  if (value.size() > LZ4_MAX_INPUT_SIZE || payload.size() > LZ4_MAX_INPUT_SIZE) return false;
  const int size = static_cast<int>(value.size());
  return LZ4_decompress_safe(payload.data(), value.data(), static_cast<int>(payload.size()), size) == size;
}

bool fill_from_zstd(std::string& value, std::string_view payload) {
  thread_local const std::unique_ptr<ZSTD_DCtx, ZstdDeleter> context(ZSTD_createDCtx());
  return context && ZSTD_decompressDCtx(context.get(), value.data(), value.size(), payload.data(), payload.size()) ==
                        value.size();
}

bool fill(std::string& value, const Header& header) {
  switch (header.codec) {
    case Codec::zlib:
      return fill_from_zlib(value, header.payload);
    case Codec::lz4:
      return fill_from_lz4(value, header.payload);
    case Codec::zstd:
      return fill_from_zstd(value, header.payload);
    case Codec::none:
      if (header.payload.size() != value.size()) return false;
      value = header.payload;
      return true;
  }
  return false;
}

std::unexpected<Error> damaged(std::string message) {
  return std::unexpected(Error{ErrorCode::unexpected_reply, Outcome::not_done, std::move(message)});
}

}  // namespace

std::string_view name_of(Codec codec) {
  switch (codec) {
    case Codec::none:
      return "none";
    case Codec::zlib:
      return "zlib";
    case Codec::lz4:
      return "lz4";
    case Codec::zstd:
      return "zstd";
  }
  return "unknown";
}

std::string compress_value(std::string_view value, const CompressionOptions& options) {
  if (value.size() > options.above_bytes) {
    std::string out;
    append_header(out, options.codec, value.size());
    if (append_compressed(out, value, options) && out.size() < value.size()) return out;
  }
  if (!is_marked(value)) return std::string(value);
  std::string out(kMark);
  // The size that the header would tell is the payload's own: zero stands for it and saves its bytes.
  out += static_cast<char>(Codec::none);
  out += '\0';
  out += value;
  return out;
}

result<std::string> decompress_value(std::string stored, size_t size_bytes_max) {
  if (!is_marked(stored)) return stored;
  auto header = parse_header(stored);
  if (!header) return damaged("a compressed value ends within its header");
  if (header->codec == Codec::none && header->size_bytes == 0) header->size_bytes = header->payload.size();
  if (header->codec > Codec::zstd) {
    return damaged("a compressed value names the codec " + std::to_string(static_cast<int>(header->codec)) +
                   ", which is not known");
  }
  if (header->size_bytes > size_bytes_max) {
    return damaged("a compressed value would become " + std::to_string(header->size_bytes) + " bytes, more than " +
                   std::to_string(size_bytes_max));
  }
  std::string value(header->size_bytes, '\0');
  if (!fill(value, *header)) {
    return damaged("a value compressed with " + std::string(name_of(header->codec)) + " is damaged");
  }
  return value;
}

Codec codec_of(std::string_view stored) {
  if (!is_marked(stored)) return Codec::none;
  const auto header = parse_header(stored);
  return header ? header->codec : Codec::none;
}

}  // namespace redstart
