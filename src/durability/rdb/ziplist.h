// Ziplist and zipmap: the packed encodings of Redis before 7.0 and 2.6, which old snapshots hold. They are
// only read.
//
//   ziplist: total bytes (4) | offset of the last entry (4) | count (2) | entry ... | 0xff
//     entry: size of the entry before (1 byte, or 0xfe and 4) | encoding | content
//   zipmap:  count (1) | field, value ... | 0xff
//     field: size (1 byte, or 0xfe and 4) | bytes;  value: size | unused bytes (1) | bytes | unused
//
// A count is 0xffff (of a zipmap: 0xfe) if there are so many or more: then they have to be counted. What is not as its
// counts, offsets and sizes say is not well-formed, as with Redis; nor is a zipmap of nothing.
//
// Threads: thread-safe.
#pragma once

#include <functional>
#include <string_view>

namespace redstart::rdb {

// fn(element): an integer comes as its text. False: the blob is not well-formed (fn may have been called).
using VisitElement = std::function<void(std::string_view element)>;
bool for_each_in_ziplist(std::string_view blob, const VisitElement& fn);
// Fields and values in turn.
bool for_each_in_zipmap(std::string_view blob, const VisitElement& fn);

}  // namespace redstart::rdb
