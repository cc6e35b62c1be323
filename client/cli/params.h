// Checks the parameters of methods that are no command of the command line. Pure.
#pragma once

#include <initializer_list>
#include <string>

#include "common/json.h"

namespace fastchat::cli {

struct Param {
  const char* name;
  JsonValue::Kind kind;
};

// Fails with kLocalUsage, with one line, for a parameter that is not in `known` or of another kind. All parameters may
// be missing.
inline Result<> check_params(const JsonValue& params, std::initializer_list<Param> known) {
  for (const JsonValue::Field& field : params.fields) {
    const Param* found = nullptr;
    for (const Param& param : known) {
      if (field.first == param.name) found = &param;
    }
    if (found == nullptr) return err(Code::kLocalUsage, "a parameter is not known here");
    if (!field.second.is(found->kind)) {
      return err(Code::kLocalUsage, "\"" + std::string(found->name) + "\" is of another kind");
    }
  }
  return Unit{};
}

}  // namespace fastchat::cli
