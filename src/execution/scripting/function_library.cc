#include "execution/scripting/function_library.h"

#include <algorithm>
#include <cctype>

#include "base/quoted_words.h"
#include "base/text.h"

namespace redstart {

bool is_library_name(std::string_view name) {
  const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  return !name.empty() && std::ranges::all_of(name, fits);
}

std::expected<LibraryHead, std::string> read_library_head(std::string_view code) {
  constexpr std::string_view kNameOption = "name=";
  if (!code.starts_with("#!")) return std::unexpected("ERR Missing library metadata");
  const size_t line_end = code.find('\n');
  if (line_end == std::string_view::npos) return std::unexpected("ERR Invalid library metadata");
  const auto words = split_quoted_words(code.substr(0, line_end));
  if (!words || words->empty()) return std::unexpected("ERR Invalid library metadata");
  const std::string engine = words->front().substr(2);
  std::optional<std::string> name;
  for (size_t i = 1; i < words->size(); ++i) {
    const std::string_view word = (*words)[i];
    if (!equal_ignoring_case(word.substr(0, kNameOption.size()), kNameOption)) {
      return std::unexpected("ERR Invalid metadata value given: " + std::string(word));
    }
    if (name) return std::unexpected("ERR Invalid metadata value, name argument was given multiple times");
    name = word.substr(kNameOption.size());
  }
  if (!name) return std::unexpected("ERR Library name was not given");
  if (!is_library_name(*name)) return std::unexpected("ERR " + std::string(kLibraryNameError));
  if (!equal_ignoring_case(engine, "lua")) return std::unexpected("ERR Engine '" + engine + "' not found");
  return LibraryHead{*name, line_end};
}

std::optional<std::string> LibrarySet::add(std::shared_ptr<const FunctionLibrary> library, bool replace) {
  if (libraries.contains(library->name)) {
    if (!replace) return "ERR Library '" + library->name + "' already exists";
    remove(library->name);
  }
  for (const LibraryFunction& function : library->functions) {
    if (functions.contains(lower_case(function.name))) {
      return "ERR Function " + function.name + " already exists";
    }
  }
  for (size_t i = 0; i < library->functions.size(); ++i) {
    functions[lower_case(library->functions[i].name)] = {library, i};
  }
  libraries[library->name] = std::move(library);
  return std::nullopt;
}

bool LibrarySet::remove(std::string_view name) {
  const auto found = libraries.find(name);
  if (found == libraries.end()) return false;
  for (const LibraryFunction& function : found->second->functions) functions.erase(lower_case(function.name));
  libraries.erase(found);
  return true;
}

uint64_t FunctionLibraries::next_id() {
  static std::atomic<uint64_t> counter{0};
  return ++counter;
}

std::shared_ptr<const LibrarySet> FunctionLibraries::all() const {
  const std::lock_guard lock(mutex_);
  return set_;
}

uint64_t FunctionLibraries::code_bytes() const {
  uint64_t bytes = 0;
  for (const auto& [name, library] : all()->libraries) bytes += sizeof(FunctionLibrary) + library->code.capacity();
  return bytes;
}

void FunctionLibraries::publish(std::shared_ptr<const LibrarySet> set) {
  set_ = std::move(set);
  version_.fetch_add(1, std::memory_order_release);
}

std::optional<std::string> FunctionLibraries::add(std::shared_ptr<const FunctionLibrary> library, bool replace) {
  const std::lock_guard lock(mutex_);
  auto changed = std::make_shared<LibrarySet>(*set_);
  if (auto error = changed->add(std::move(library), replace)) return error;
  publish(std::move(changed));
  return std::nullopt;
}

bool FunctionLibraries::remove(std::string_view name) {
  const std::lock_guard lock(mutex_);
  auto changed = std::make_shared<LibrarySet>(*set_);
  if (!changed->remove(name)) return false;
  publish(std::move(changed));
  return true;
}

void FunctionLibraries::clear() {
  const std::lock_guard lock(mutex_);
  publish(std::make_shared<const LibrarySet>());
}

std::optional<std::string> FunctionLibraries::restore(
    std::span<const std::shared_ptr<const FunctionLibrary>> libraries, Restore policy) {
  const std::lock_guard lock(mutex_);
  auto changed = policy == Restore::flush ? std::make_shared<LibrarySet>() : std::make_shared<LibrarySet>(*set_);
  for (const auto& library : libraries) {
    if (policy != Restore::replace && changed->libraries.contains(library->name)) {
      return "ERR Library " + library->name + " already exists";
    }
    if (auto error = changed->add(library, true)) return error;
  }
  publish(std::move(changed));
  return std::nullopt;
}

}  // namespace redstart
