"""Snapshots and payloads, written in every way in which a Redis from 2.4 on wrote them."""
import struct

POLYNOMIAL = 0x95AC9329AC4BC9B5
TABLE = []
for byte in range(256):
    crc = byte
    for _ in range(8):
        crc = crc >> 1 ^ (POLYNOMIAL if crc & 1 else 0)
    TABLE.append(crc)


def crc64(data):
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 255]
    return crc


def payload(body, version=10):
    """What DUMP gives: `body` is the type and the value."""
    body += struct.pack("<H", version)
    return body + struct.pack("<Q", crc64(body))


def snapshot(version, parts, has_checksum=True):
    """A file: `parts` are what stands between its head and its end. Without a checksum, as rdbchecksum no has it."""
    data = b"REDIS%04d" % version + b"".join(parts) + b"\xff"
    if version < 5:
        return data
    return data + struct.pack("<Q", crc64(data) if has_checksum else 0)


# --- Lengths and strings


def length(value, bits=None):
    """In as few bits as it takes (6, 14, 32, 64), or in so many."""
    bits = bits or next(bits for bits in (6, 14, 32, 64) if value < 1 << bits)
    if bits == 6:
        return bytes([value])
    if bits == 14:
        return struct.pack(">H", 0x4000 | value)
    return b"\x80" + struct.pack(">I", value) if bits == 32 else b"\x81" + struct.pack(">Q", value)


def string(data, bits=None):
    return length(len(data), bits) + data


def integer_string(value):
    for code, form in enumerate("bhi"):
        if -1 << 8 * (1 << code) - 1 <= value < 1 << 8 * (1 << code) - 1:
            return bytes([0xC0 | code]) + struct.pack("<" + form, value)
    raise ValueError(value)


def lzf(data):
    """Compressed: bytes as they are, up to 32 of them, and references to the same bytes before, 3 to 264 of them."""
    out, plain, seen, at = b"", b"", {}, 0

    def as_they_are(plain):
        return b"".join(bytes([len(part) - 1]) + part for part in (plain[i:i + 32] for i in range(0, len(plain), 32)))

    while at < len(data):
        same, size = seen.get(data[at:at + 3]), 3
        if same is None or at - same > 8192 or at + 3 > len(data):
            seen[data[at:at + 3]] = at
            plain += data[at:at + 1]
            at += 1
            continue
        while size < 264 and at + size < len(data) and data[same + size] == data[at + size]:
            size += 1
        far = at - same - 1
        head = [size - 2 << 5 | far >> 8] if size < 9 else [7 << 5 | far >> 8, size - 9]
        out += as_they_are(plain) + bytes([*head, far & 255])
        plain, at = b"", at + size
    return out + as_they_are(plain)


def lzf_string(data):
    packed = lzf(data)
    return b"\xc3" + length(len(packed)) + length(len(data)) + packed


# --- Blobs


def ziplist_integer(value):
    if 0 <= value <= 12:
        return bytes([0xF1 + value])
    if -128 <= value < 128:
        return b"\xfe" + struct.pack("<b", value)
    if -32768 <= value < 32768:
        return b"\xc0" + struct.pack("<h", value)
    if -(1 << 23) <= value < 1 << 23:
        return b"\xf0" + struct.pack("<i", value)[:3]
    return b"\xd0" + struct.pack("<i", value) if -(1 << 31) <= value < 1 << 31 else b"\xe0" + struct.pack("<q", value)


def ziplist_string(data):
    if len(data) < 64:
        return bytes([len(data)]) + data
    return struct.pack(">H", 0x4000 | len(data)) + data if len(data) < 16384 else (
        b"\x80" + struct.pack(">I", len(data)) + data)


def ziplist(elements, wide_from=254):
    """Sizes of entries before from `wide_from` bytes on take five bytes: old versions left them so when it shrank."""
    entries, before, last = [], 0, 10
    end = 10
    for element in elements:
        head = bytes([before]) if before < wide_from else b"\xfe" + struct.pack("<I", before)
        entries.append(head + (ziplist_integer(element) if isinstance(element, int) else ziplist_string(element)))
        last, before = end, len(entries[-1])
        end += before
    return struct.pack("<IIH", end + 1, last, min(len(entries), 65535)) + b"".join(entries) + b"\xff"


def zipmap(pairs, unused=0):
    def size(data):
        return bytes([len(data)]) if len(data) < 254 else b"\xfe" + struct.pack("<I", len(data))

    out = [bytes([min(len(pairs), 254)])]
    for field, value in pairs:
        out.append(size(field) + field + size(value) + bytes([unused]) + value + b"?" * unused)
    return b"".join(out) + b"\xff"


def intset(values, width):
    form = {2: "h", 4: "i", 8: "q"}[width]
    return struct.pack("<II", width, len(values)) + b"".join(struct.pack("<" + form, v) for v in sorted(values))


def listpack_entry(element):
    if isinstance(element, int) and 0 <= element < 128:
        body = bytes([element])
    elif isinstance(element, int) and -4096 <= element < 4096:
        body = struct.pack(">H", 0xC000 | element & 0x1FFF)
    elif isinstance(element, int):
        code, size = next((code, size) for code, size in ((0xF1, 2), (0xF2, 3), (0xF3, 4), (0xF4, 8))
                          if -1 << 8 * size - 1 <= element < 1 << 8 * size - 1)
        body = bytes([code]) + struct.pack("<q", element)[:size]
    elif len(element) < 64:
        body = bytes([0x80 | len(element)]) + element
    elif len(element) < 4096:
        body = struct.pack(">H", 0xE000 | len(element)) + element
    else:
        body = b"\xf0" + struct.pack("<I", len(element)) + element
    back, left = [len(body) & 127], len(body) >> 7
    while left:  # read from its end: the high bit says that there is more before
        back[0] |= 0x80
        back.insert(0, left & 127)
        left >>= 7
    return body + bytes(back)


def listpack(elements):
    entries = b"".join(map(listpack_entry, elements))
    return struct.pack("<IH", len(entries) + 7, min(len(elements), 65535)) + entries + b"\xff"


# --- Streams


def stream_id(ms, seq):
    return struct.pack(">QQ", ms, seq)


def stream_node(base, names, entries):
    """Entries: (id, [(name, value)], is removed). One whose names are the node's leaves them out."""
    elements = [sum(not entry[2] for entry in entries), sum(entry[2] for entry in entries), len(names), *names, 0]
    for at, fields, is_removed in entries:
        same = [name for name, _ in fields] == names
        own = [value for _, value in fields] if same else [len(fields), *[word for pair in fields for word in pair]]
        elements += [2 * same + is_removed, at[0] - base[0], at[1] - base[1], *own, len(own) + 3]
    return string(stream_id(*base)) + string(listpack(elements))


def stream(kind, nodes, facts, groups):
    """Facts: size, last id, and from type 19 on: first id, greatest removed id, entries added.

    Groups: (name, last id, entries read, [(id, delivered at, deliveries)], [(consumer, seen at, [id])]).
    """
    size, last, first, removed, added = facts
    out = length(len(nodes)) + b"".join(nodes) + length(size) + length(last[0]) + length(last[1])
    if kind > 15:
        out += b"".join(map(length, (*first, *removed, added)))
    out += length(len(groups))
    for name, delivered, read, pending, consumers in groups:
        out += string(name) + length(delivered[0]) + length(delivered[1]) + (length(read) if kind > 15 else b"")
        out += length(len(pending))
        for at, delivered_ms, count in pending:
            out += stream_id(*at) + struct.pack("<q", delivered_ms) + length(count)
        out += length(len(consumers))
        for consumer, seen_ms, ids in consumers:
            out += string(consumer) + struct.pack("<q", seen_ms) + (struct.pack("<q", seen_ms) if kind == 21 else b"")
            out += length(len(ids)) + b"".join(stream_id(*at) for at in ids)
    return out
