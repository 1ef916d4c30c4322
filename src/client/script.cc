#include "redstart/script.h"

#include "base/sha1.h"

namespace redstart {

Script::Script(std::string text) : text_(std::move(text)), sha1_(hex_of(redstart::sha1(text_))) {}

bool Script::is_unknown(const Error& error) { return error.message.starts_with("NOSCRIPT "); }

}  // namespace redstart
