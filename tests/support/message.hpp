// What a call says that must be refused.
#pragma once

#include <minigrad/core/error.hpp>
#include <string>

namespace support {

/// The message of the ValueError that call() throws.
template <class Call>
std::string message(const Call& call) {
  try {
    call();
  } catch (const minigrad::ValueError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace support
