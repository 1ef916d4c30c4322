#include "execution/scripting/key_analysis.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <vector>

#include "command/keys.h"
#include "command/table.h"

namespace redstart {
namespace {

// --- Words of Lua

struct Token {
  enum class Kind : uint8_t { name, text, number, symbol, end };
  Kind kind = Kind::end;
  std::string_view word;  // a text without its quotes
  bool is_plain = true;   // a text without escapes
  bool is(std::string_view wanted) const { return kind != Kind::text && word == wanted; }
};

class Scanner {
 public:
  explicit Scanner(std::string_view code) : code_(code) {}

  // Nothing: it does not end well (the compiler will say so).
  std::optional<std::vector<Token>> all() {
    std::vector<Token> tokens;
    while (true) {
      if (!skip_blanks()) return std::nullopt;
      if (at_ == code_.size()) break;
      const auto token = next();
      if (!token) return std::nullopt;
      tokens.push_back(*token);
    }
    tokens.push_back({});
    return tokens;
  }

 private:
  static bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
  std::string_view rest() const { return code_.substr(at_); }

  // The length of a long bracket's opening, like [==[ ; 0: it is none.
  size_t long_opening() const {
    if (!rest().starts_with('[')) return 0;
    size_t length = 1;
    while (length < rest().size() && rest()[length] == '=') ++length;
    return length < rest().size() && rest()[length] == '[' ? length + 1 : 0;
  }
  // Behind the long bracket that opens here; nothing: it is not closed.
  std::optional<std::string_view> long_text() {
    const size_t opening = long_opening();
    const std::string closing = "]" + std::string(opening - 2, '=') + "]";
    const size_t end = code_.find(closing, at_ + opening);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view text = code_.substr(at_ + opening, end - at_ - opening);
    at_ = end + closing.size();
    return text;
  }

  bool skip_blanks() {
    while (at_ < code_.size()) {
      if (std::isspace(static_cast<unsigned char>(code_[at_]))) {
        ++at_;
      } else if (rest().starts_with("--")) {
        at_ += 2;
        if (long_opening() != 0) {
          if (!long_text()) return false;
        } else {
          at_ = std::min(code_.find('\n', at_), code_.size());
        }
      } else {
        break;
      }
    }
    return true;
  }

  std::optional<Token> quoted() {
    const char quote = code_[at_];
    const size_t begin = ++at_;
    bool is_plain = true;
    while (at_ < code_.size() && code_[at_] != quote) {
      if (code_[at_] == '\\') {
        is_plain = false;
        ++at_;
      }
      ++at_;
    }
    if (at_ >= code_.size()) return std::nullopt;
    return Token{Token::Kind::text, code_.substr(begin, at_++ - begin), is_plain};
  }

  std::optional<Token> next() {
    const char c = code_[at_];
    if (c == '"' || c == '\'') return quoted();
    if (long_opening() != 0) {
      const auto text = long_text();
      if (!text) return std::nullopt;
      return Token{Token::Kind::text, *text, !text->starts_with('\n')};
    }
    const size_t begin = at_;
    if (is_name_char(c)) {
      const bool is_number = std::isdigit(static_cast<unsigned char>(c));
      while (at_ < code_.size() && (is_name_char(code_[at_]) || (is_number && code_[at_] == '.'))) ++at_;
      return Token{is_number ? Token::Kind::number : Token::Kind::name, code_.substr(begin, at_ - begin)};
    }
    for (const std::string_view symbol : {"...", "..", "==", "~=", "<=", ">="}) {
      if (!rest().starts_with(symbol)) continue;
      at_ += symbol.size();
      return Token{Token::Kind::symbol, code_.substr(begin, symbol.size())};
    }
    ++at_;
    return Token{Token::Kind::symbol, code_.substr(begin, 1)};
  }

  std::string_view code_;
  size_t at_ = 0;
};

using Range = std::pair<size_t, size_t>;  // of tokens, [first, second)

bool opens(const Token& token) {
  return token.kind == Token::Kind::symbol && (token.word == "(" || token.word == "{" || token.word == "[");
}
bool closes(const Token& token) {
  return token.kind == Token::Kind::symbol && (token.word == ")" || token.word == "}" || token.word == "]");
}

// --- Libraries

// What a library registers: functions that are called by nobody but the server, and so with declared keys only.
struct Callbacks {
  std::string_view keys_name = "KEYS";  // of the first parameter, the same in all of them
  std::vector<size_t> parameters;       // the tokens that declare it
  std::vector<Range> functions;
};

class CallbackFinder {
 public:
  explicit CallbackFinder(const std::vector<Token>& tokens) : tokens_(tokens) {}

  // Nothing: a function is made where it could outlive a call (a closure), or the first parameters differ.
  std::optional<Callbacks> find() {
    if (!read_functions()) return std::nullopt;
    Callbacks found;
    for (const Function& function : functions_) {
      if (function.first_parameter == 0 || !is_callback(function)) continue;
      const std::string_view name = tokens_[function.first_parameter].word;
      if (!found.parameters.empty() && name != found.keys_name) return std::nullopt;
      found.keys_name = name;
      found.parameters.push_back(function.first_parameter);
      found.functions.push_back({function.begin, function.end});
    }
    return found;
  }

 private:
  struct Function {
    size_t begin;  // the word `function`
    size_t end = 0;
    size_t name = 0, first_parameter = 0;  // 0: there is none
  };

  const Token& at(size_t index) const { return tokens_[std::min(index, tokens_.size() - 1)]; }

  bool read_functions() {
    int depth = 0;
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const Token& token = tokens_[i];
      if (token.is("function")) {
        if (depth++ > 0 || !add_function(i)) return false;
      } else if (token.is("do") || token.is("if") || token.is("repeat")) {
        ++depth;
      } else if (token.is("end") || token.is("until")) {
        if (--depth == 0 && !functions_.empty() && functions_.back().end == 0) functions_.back().end = i + 1;
      }
    }
    return depth == 0;
  }
  bool add_function(size_t begin) {
    Function function{.begin = begin};
    size_t open = begin + 1;
    if (at(open).kind == Token::Kind::name) function.name = open++;
    if (!at(open).is("(")) return false;  // a function of a table
    if (at(open + 1).kind == Token::Kind::name) function.first_parameter = open + 1;
    functions_.push_back(function);
    return true;
  }

  bool is_callback(const Function& function) const {
    if (function.name == 0) return is_registered(function.begin);
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const bool is_mention = tokens_[i].is(at(function.name).word) && i != function.name;
      if (is_mention && !(is_registered(i) && (at(i + 1).is(")") || at(i + 1).is(",") || at(i + 1).is("}"))))
        return false;
    }
    return true;
  }
  // What begins at `i` is an argument of redis.register_function(name, HERE), or of ...{callback = HERE}.
  bool is_registered(size_t i) const {
    if (i < 2) return false;
    const bool is_named = at(i - 1).is("=") && at(i - 2).is("callback");
    if (!is_named && !at(i - 1).is(",")) return false;
    int depth = 0;
    size_t open = i;
    while (open > 0 && depth >= 0) depth += closes(at(open - 1)) - opens(at(open - 1)), --open;
    if (depth >= 0 || !at(open).is(is_named ? "{" : "(")) return false;
    if (is_named && open > 0 && at(open - 1).is("(")) --open;
    return open >= 3 && at(open - 1).is("register_function") && at(open - 2).is(".") && at(open - 3).is("redis");
  }

  const std::vector<Token>& tokens_;
  std::vector<Function> functions_;
};

// --- The proof

class Proof {
 public:
  // `callbacks` is null for a script, and must outlive this.
  Proof(const std::vector<Token>& tokens, const CommandTable& commands, const Callbacks* callbacks = nullptr)
      : tokens_(tokens), commands_(commands), callbacks_(callbacks) {
    if (callbacks) keys_name_ = callbacks->keys_name;
  }

  bool holds() {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].is("local")) note_locals(i);
    }
    drop_rebound_names();
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (!is_harmless(i)) return false;
    }
    return true;
  }

 private:
  const Token& at(size_t index) const { return tokens_[std::min(index, tokens_.size() - 1)]; }
  bool is_member(size_t index) const { return index > 0 && (at(index - 1).is(".") || at(index - 1).is(":")); }

  // Behind the bracket that closes the one at `open`; nothing: it does not close.
  std::optional<size_t> behind_bracket(size_t open) const {
    int depth = 0;
    for (size_t i = open; i < tokens_.size(); ++i) {
      if (opens(tokens_[i])) ++depth;
      if (closes(tokens_[i]) && --depth == 0) return i + 1;
    }
    return std::nullopt;
  }
  // The token ends an operand, so that a name or number behind it begins another statement.
  static bool ends_operand(const Token& token) {
    constexpr std::string_view kGoOn[] = {"and", "or", "not", "function", "return"};
    if (token.kind == Token::Kind::name) return std::ranges::find(kGoOn, token.word) == std::end(kGoOn);
    return token.kind == Token::Kind::text || token.kind == Token::Kind::number || closes(token) || token.word == "...";
  }
  static bool begins_statement(const Token& token) {
    constexpr std::string_view kOperators[] = {"and", "or"};
    if (token.kind == Token::Kind::end || token.is(";")) return true;
    if (token.kind == Token::Kind::number) return true;
    return token.kind == Token::Kind::name && std::ranges::find(kOperators, token.word) == std::end(kOperators);
  }

  bool is_keys_index(Range range) const {
    return range.second - range.first >= 4 && at(range.first).is(keys_name_) && at(range.first + 1).is("[") &&
           behind_bracket(range.first + 1) == range.second;
  }

  // local a, b = KEYS[1], KEYS[2]: notes a and b. Expressions with functions in them end the notes.
  void note_locals(size_t local) {
    std::vector<size_t> names;
    size_t i = local + 1;
    while (at(i).kind == Token::Kind::name) {
      names.push_back(i++);
      if (!at(i).is(",")) break;
      ++i;
    }
    if (!at(i).is("=")) return;
    size_t begin = ++i;
    for (const size_t name : names) {
      int depth = 0;
      for (; i < tokens_.size(); ++i) {
        const Token& token = tokens_[i];
        if (token.is("function")) return;
        const bool is_at_end = i > begin && depth == 0 && ends_operand(at(i - 1)) && begins_statement(token);
        if (is_at_end || token.kind == Token::Kind::end || (depth == 0 && token.is(","))) break;
        if (opens(token)) ++depth;
        if (closes(token) && --depth < 0) break;
      }
      if (is_keys_index({begin, i})) bindings_.push_back(name);
      if (!at(i).is(",")) return;
      begin = ++i;
    }
  }

  // A name stays known when it stands nowhere where it could be declared or assigned as something else.
  void drop_rebound_names() {
    const std::vector<size_t> all = bindings_;
    const auto is_bad = [&](size_t binding) {
      int depth = 0;
      for (size_t i = 0; i < tokens_.size(); ++i) {
        if (opens(tokens_[i])) ++depth;
        if (closes(tokens_[i])) --depth;
        if (tokens_[i].kind != Token::Kind::name || tokens_[i].word != at(binding).word) continue;
        if (!is_member(i) && may_bind(i, depth) && !std::ranges::binary_search(all, i)) return true;
      }
      return false;
    };
    std::erase_if(bindings_, is_bad);
    for (const size_t binding : bindings_) known_.push_back(at(binding).word);
  }
  bool may_bind(size_t i, int depth) const {
    const Token& before = i > 0 ? at(i - 1) : at(tokens_.size());
    const Token& behind = at(i + 1);
    if (before.is("local") || before.is("for") || before.is("function")) return true;
    if (behind.is("=") || behind.is("in")) return true;
    if (depth == 0 && (before.is(",") || behind.is(","))) return true;
    return is_parameter(i);
  }
  // Within the brackets behind `function` or `function name`.
  bool is_parameter(size_t i) const {
    size_t open = i;
    while (open > 0 && (at(open).kind == Token::Kind::name || at(open).is(","))) --open;
    if (!at(open).is("(")) return false;
    for (size_t back = open; back > 0;) {
      --back;
      if (at(back).is("function")) return true;
      const bool is_name_part = at(back).kind == Token::Kind::name || at(back).is(".") || at(back).is(":");
      if (!is_name_part) return false;
    }
    return false;
  }

  bool is_harmless(size_t i) const {
    const Token& token = at(i);
    if (token.kind != Token::Kind::name || is_member(i)) return true;
    if (callbacks_ && std::ranges::find(callbacks_->parameters, i) != callbacks_->parameters.end()) return true;
    if (token.word == "_G" || token.word == "load" || token.word == "loadstring") return false;
    if (token.word == keys_name_) return keys_are_at_home(i) && keys_are_only_read(i);
    if (token.word == "redis") return redis_is_harmless(i);
    return true;
  }

  // In a library: within a function whose parameter they are.
  bool keys_are_at_home(size_t i) const {
    const auto is_around = [i](Range function) { return function.first < i && i < function.second; };
    return !callbacks_ || std::ranges::any_of(callbacks_->functions, is_around);
  }

  bool keys_are_only_read(size_t i) const {
    const bool has_length_taken = i > 0 && at(i - 1).is("#");
    if (!at(i + 1).is("[")) return has_length_taken;
    const auto behind = behind_bracket(i + 1);
    if (!behind || at(*behind).is("=")) return false;
    // As a target of a multiple assignment it stands at the statement's beginning or behind a comma.
    const Token& before = i > 0 ? at(i - 1) : at(tokens_.size());
    if (before.is(",")) return depth_of(i) > 0 || !at(*behind).is(",") || is_in_local_list(i);
    if (before.kind == Token::Kind::name) {
      constexpr std::string_view kBefore[] = {"return", "and", "or", "not", "if", "elseif", "while", "until", "in"};
      return std::ranges::find(kBefore, before.word) != std::end(kBefore);
    }
    return before.kind == Token::Kind::symbol && before.word != ";" && !closes(before);
  }
  int depth_of(size_t index) const {
    int depth = 0;
    for (size_t i = 0; i < index; ++i) depth += opens(at(i)) - closes(at(i));
    return depth;
  }
  // Behind "local names =", reached over nothing but KEYS[...] and commas.
  bool is_in_local_list(size_t i) const {
    while (i > 0 && !at(i).is("=")) {
      const Token& token = at(--i);
      const bool is_part = token.is(keys_name_) || token.is(",") || token.is("[") || token.is("]") || token.is("=") ||
                           token.kind == Token::Kind::number;
      if (!is_part) return false;
    }
    while (i > 0 && !at(i).is("local")) {
      const Token& token = at(--i);
      if (token.kind != Token::Kind::name && !token.is(",")) return false;
    }
    return at(i).is("local");
  }

  bool redis_is_harmless(size_t i) const {
    if (!at(i + 1).is(".")) return false;
    const std::string_view member = at(i + 2).word;
    if (at(i + 3).is("=")) return false;
    if (member == "call" || member == "pcall") return at(i + 3).is("(") && call_is_harmless(i + 3);
    if (member == "register_function") return callbacks_ != nullptr;
    constexpr std::string_view kHarmless[] = {"sha1hex", "error_reply", "status_reply", "log", "setresp", "set_repl",
                                              "replicate_commands", "REDIS_VERSION", "REDIS_VERSION_NUM"};
    return std::ranges::find(kHarmless, member) != std::end(kHarmless) || member.starts_with("LOG_") ||
           member.starts_with("REPL_");
  }

  std::vector<Range> arguments_of(size_t open, size_t behind) const {
    std::vector<Range> arguments;
    int depth = 0;
    size_t begin = open + 1;
    for (size_t i = open; i < behind; ++i) {
      if (opens(at(i))) ++depth;
      const bool is_last = closes(at(i)) && --depth == 0;
      if (!is_last && !(depth == 1 && at(i).is(","))) continue;
      arguments.push_back({begin, i});
      begin = i + 1;
    }
    return arguments;
  }
  bool is_key(Range argument) const {
    if (is_keys_index(argument)) return true;
    return argument.second - argument.first == 1 && at(argument.first).kind == Token::Kind::name &&
           std::ranges::find(known_, at(argument.first).word) != known_.end();
  }
  // One value, whatever it is: no call or ... that could become several.
  bool is_single(Range argument) const {
    for (size_t i = argument.first; i < argument.second; ++i) {
      if (at(i).is("(") || at(i).is("{") || at(i).is("...") || at(i).is("function")) return false;
      // f"text" is a call as well.
      if (i > argument.first && at(i).kind == Token::Kind::text && at(i - 1).kind == Token::Kind::name &&
          ends_operand(at(i - 1))) {
        return false;
      }
    }
    return argument.first < argument.second;
  }

  bool call_is_harmless(size_t open) const {
    const auto behind = behind_bracket(open);
    if (!behind) return false;
    const auto arguments = arguments_of(open, *behind);
    const auto is_text = [&](Range a) {
      return a.second - a.first == 1 && at(a.first).kind == Token::Kind::text && at(a.first).is_plain;
    };
    if (arguments.empty() || !is_text(arguments[0])) return false;
    const CommandSpec* spec = commands_.find(at(arguments[0].first).word);
    if (!spec || !spec->subcommands.empty() || spec->lock_scope != LockScope::keys) return false;
    if (spec->keys.empty()) return true;
    const bool ends_single = is_single(arguments.back());
    for (const KeySpec& key : spec->keys) {
      if (key.begin != KeySpec::Begin::index || key.find == KeySpec::Find::unknown) return false;
      const bool is_fixed = key.find == KeySpec::Find::range && key.last >= 0 &&
                            static_cast<size_t>(key.index + key.last) + 1 < arguments.size();
      if (!is_fixed && !ends_single) return false;
    }
    return keys_are_declared(*spec, arguments);
  }
  bool keys_are_declared(const CommandSpec& spec, const std::vector<Range>& arguments) const {
    std::vector<std::string_view> words;
    for (const Range& argument : arguments) {
      const Token& token = at(argument.first);
      const bool is_literal = argument.second - argument.first == 1 &&
                              (token.kind == Token::Kind::text || token.kind == Token::Kind::number);
      words.push_back(is_literal ? token.word : std::string_view("?"));
    }
    std::vector<KeyPosition> positions;
    // Where the number of keys is not literal, nothing is known.
    for (const KeySpec& key : spec.keys) {
      if (key.find != KeySpec::Find::keynum) continue;
      const auto number = static_cast<size_t>(key.index + key.keynum_index);
      if (number >= words.size() || words[number] == "?" || at(arguments[number].first).kind == Token::Kind::text) {
        return false;
      }
    }
    if (extract_keys(spec, words, positions) != KeyExtraction::ok) return false;
    return std::ranges::all_of(positions, [&](KeyPosition position) { return is_key(arguments[position.index]); });
  }

  const std::vector<Token>& tokens_;
  const CommandTable& commands_;
  const Callbacks* const callbacks_;
  std::string_view keys_name_ = "KEYS";
  std::vector<size_t> bindings_;          // tokens of locals bound to KEYS[...], in order
  std::vector<std::string_view> known_;   // their names
};

}  // namespace

bool stays_with_its_keys(std::string_view body, const CommandTable& commands) {
  const auto tokens = Scanner(body).all();
  return tokens && Proof(*tokens, commands).holds();
}

bool library_stays_with_its_keys(std::string_view body, const CommandTable& commands) {
  const auto tokens = Scanner(body).all();
  if (!tokens) return false;
  const auto callbacks = CallbackFinder(*tokens).find();
  return callbacks && Proof(*tokens, commands, &*callbacks).holds();
}

}  // namespace redstart
