#pragma once
// A struct's JSON, both ways, from one list of its fields, so that what is written and what is read cannot differ:
//
//   inline constexpr auto fields(Of<Window>) { return std::tuple(Field{"duration_s", &Window::duration_s}, …); }
//
// Members may be numbers, strings, flags, structs with a list of their own, and optionals (null), vectors and maps of
// these. Reading is strict: every key must be there, with the right kind of value, but for the ones that came later
// (LaterField); unknown keys are ignored.
#include <cmath>
#include <concepts>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace wirelab::lab {

using Json = nlohmann::ordered_json;

template <typename T>
struct Of {};

template <typename Class, typename Member>
struct Field {
  const char* key;
  Member Class::*member;
};

/// A key that files did not have from the beginning: in an older one it is what it is without.
template <typename Class, typename Member>
struct LaterField {
  const char* key;
  Member Class::*member;
};

template <typename T>
concept HasFields = requires {
  fields(Of<T>{});
};

/// What is wrong with a JSON document, and where: "runs.3.age_us.p50: not a number".
class JsonError : public std::runtime_error {
 public:
  explicit JsonError(const std::string& what) : std::runtime_error(what) {}
  JsonError in(const std::string& place) const { return JsonError(place + (nested_ ? "." : ": ") + what(), true); }

 private:
  JsonError(const std::string& what, bool nested) : std::runtime_error(what), nested_(nested) {}
  bool nested_ = false;
};

// -- writing ------------------------------------------------------------------------------------------------------

// Declared first, since they call one another.
template <typename T>
Json write_json(const T& value);
template <typename T>
Json write_json(const std::optional<T>& value);
template <typename First, typename Second>
Json write_json(const std::pair<First, Second>& value);
template <typename T>
Json write_json(const std::vector<T>& values);
template <typename T>
Json write_json(const std::map<std::string, T>& values);

template <typename T>
Json write_json(const std::optional<T>& value) {
  return value ? write_json(*value) : Json(nullptr);
}

template <typename First, typename Second>
Json write_json(const std::pair<First, Second>& value) {
  return Json::array({write_json(value.first), write_json(value.second)});
}

template <typename T>
Json write_json(const std::vector<T>& values) {
  Json array = Json::array();
  for (const T& value : values) array.push_back(write_json(value));
  return array;
}

template <typename T>
Json write_json(const std::map<std::string, T>& values) {
  Json object = Json::object();
  for (const auto& [key, value] : values) object[key] = write_json(value);
  return object;
}

template <typename T>
Json write_json(const T& value) {
  if constexpr (HasFields<T>) {
    Json object = Json::object();
    std::apply([&](const auto&... field) { ((object[field.key] = write_json(value.*field.member)), ...); },
               fields(Of<T>{}));
    return object;
  } else {
    return Json(value);
  }
}

// -- reading ------------------------------------------------------------------------------------------------------

template <typename T>
void read_json(const Json& json, T& value);
template <typename T>
void read_json(const Json& json, std::optional<T>& value);
template <typename First, typename Second>
void read_json(const Json& json, std::pair<First, Second>& value);
template <typename T>
void read_json(const Json& json, std::vector<T>& values);
template <typename T>
void read_json(const Json& json, std::map<std::string, T>& values);

template <typename T>
void read_json_at(const Json& parent, const std::string& key, T& value) {
  const auto found = parent.find(key);
  if (found == parent.end()) throw JsonError("missing").in(key);
  try {
    read_json(*found, value);
  } catch (const JsonError& error) {
    throw error.in(key);
  }
}

template <typename Class, typename Member, typename Derived>
void read_field(const Json& json, const Field<Class, Member>& field, Derived& value) {
  read_json_at(json, field.key, value.*field.member);
}

template <typename Class, typename Member, typename Derived>
void read_field(const Json& json, const LaterField<Class, Member>& field, Derived& value) {
  if (json.contains(field.key)) read_json_at(json, field.key, value.*field.member);
}

template <typename T>
void read_json(const Json& json, std::optional<T>& value) {
  if (json.is_null()) {
    value.reset();
  } else {
    read_json(json, value.emplace());
  }
}

template <typename First, typename Second>
void read_json(const Json& json, std::pair<First, Second>& value) {
  if (!json.is_array() || json.size() != 2) throw JsonError("not a pair");
  read_json(json[0], value.first);
  read_json(json[1], value.second);
}

template <typename T>
void read_json(const Json& json, std::vector<T>& values) {
  if (!json.is_array()) throw JsonError("not an array");
  values.clear();
  for (const Json& element : json) {
    try {
      read_json(element, values.emplace_back());
    } catch (const JsonError& error) {
      throw error.in(std::to_string(values.size() - 1));
    }
  }
}

template <typename T>
void read_json(const Json& json, std::map<std::string, T>& values) {
  if (!json.is_object()) throw JsonError("not an object");
  values.clear();
  for (const auto& element : json.items()) read_json_at(json, element.key(), values[element.key()]);
}

template <typename T>
void read_json(const Json& json, T& value) {
  if constexpr (HasFields<T>) {
    if (!json.is_object()) throw JsonError("not an object");
    std::apply([&](const auto&... field) { (read_field(json, field, value), ...); }, fields(Of<T>{}));
  } else if constexpr (std::same_as<T, bool>) {
    if (!json.is_boolean()) throw JsonError("not true or false");
    value = json.get<bool>();
  } else if constexpr (std::unsigned_integral<T>) {
    if (!json.is_number_unsigned()) throw JsonError("not a whole number of 0 or more");
    value = json.get<T>();
  } else if constexpr (std::integral<T>) {
    if (!json.is_number_integer()) throw JsonError("not a whole number");
    value = json.get<T>();
  } else if constexpr (std::floating_point<T>) {
    if (!json.is_number()) throw JsonError("not a number");
    value = json.get<T>();
  } else {
    static_assert(std::same_as<T, std::string>);
    if (!json.is_string()) throw JsonError("not a string");
    value = json.get<std::string>();
  }
}

/// Indented, with each list of plain values on a line of its own, so that a file full of histograms stays readable.
std::string to_text(const Json& json);

}  // namespace wirelab::lab

#ifdef __clang__
namespace wirelab::lab {

/// C++20 deduces this by itself for an aggregate; clang does from version 17 on.
template <typename T, typename M>
Field(const char*, M T::*) -> Field<T, M>;
template <typename T, typename M>
LaterField(const char*, M T::*) -> LaterField<T, M>;

}  // namespace wirelab::lab
#endif
