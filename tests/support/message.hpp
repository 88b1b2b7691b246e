// What a call says that must be refused.
#pragma once

#include <minigrad/core/error.hpp>
#include <string>

namespace support {

/// The message of the exception of this type that call() throws.
template <class E = minigrad::ValueError, class Call>
std::string message(const Call& call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace support
