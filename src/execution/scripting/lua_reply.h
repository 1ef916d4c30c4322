// Between replies and Lua values, in both directions.
//
// Commands that a script calls say their replies to a LuaSink, which makes Lua values of them at once, as Redis
// does: integers become numbers, a status {ok=...}, null false; with redis.setresp(3) a map becomes {map=...}
// and null nil. What a script returns goes the other way.
//
// Threads: thread-compatible.
#pragma once

#include <vector>

#include "execution/scripting/lua.h"
#include "resp/reply_sink.h"

namespace redstart {

// Leaves one value on the stack for each whole reply.
class LuaSink final : public ReplySink {
 public:
  LuaSink(lua_State* lua, int protocol) : lua_(lua), protocol_(protocol) {}

  void null() override;
  void null_array() override { null(); }
  void simple(std::string_view text) override;
  void integer(int64_t value) override;
  void bulk(std::string_view bytes) override;
  void shared_bulk(const SharedBytes& bytes) override { bulk(bytes.view()); }
  void array(size_t count) override;
  void map(size_t count) override;
  void set(size_t count) override;
  void push(size_t count) override { array(count); }
  void number(double value) override;
  void boolean(bool value) override;
  void verbatim(std::string_view format, std::string_view text) override;
  void big_number(std::string_view digits) override;
  int protocol() const override { return protocol_; }

 protected:
  void write_error(std::string_view text) override;

 private:
  enum class Container : uint8_t { array, map, set };
  // A table that is on the stack and not complete; of a map or set the wrapper is below it.
  struct Open {
    Container kind;
    size_t missing;  // values, keys of maps included
    int next = 1;    // arrays: the next index
  };
  bool is_resp3() const { return protocol_ == 3; }
  void open(Container kind, size_t count);
  // The value on top of the stack is complete: puts it where it belongs.
  void add();
  void close();
  // {name = text}
  void wrapped_text(const char* name, std::string_view text);

  lua_State* const lua_;
  const int protocol_;
  std::vector<Open> open_;
};

// Says what is on top of the stack, and takes it off. `protocol` is what the script has chosen.
void reply_with_lua_value(lua_State* lua, ReplySink& reply, int protocol);

// Pushes {err=text, ignore_error_stats_update=...}. A text that begins with '-' brings its own code.
void push_error(lua_State* lua, std::string_view text, bool is_known = false);
// Set in error tables whose error has been counted where it arose.
inline constexpr const char* kKnownErrorField = "ignore_error_stats_update";

}  // namespace redstart
