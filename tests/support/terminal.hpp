// tests/support/terminal.hpp - what is written to standard error, seen by a file or by a terminal.
#pragma once

#if defined(__unix__)
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>

namespace support {

/// Runs `action` while standard error is the open file `target`. Closes `target`.
template <class Action>
void with_stderr(int target, const Action& action) {
  std::fflush(stderr);
  const int saved = dup(2);
  dup2(target, 2);
  close(target);
  action();
  std::fflush(stderr);
  dup2(saved, 2);
  close(saved);
}

/// What `action` writes to standard error up to its last line's end, while that is a terminal; nothing on a machine
/// without terminals.
template <class Action>
std::optional<std::string> seen_on_terminal(const Action& action) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) return std::nullopt;
  const auto open_terminal = [&] { return open(ptsname(terminal), O_RDWR | O_NOCTTY); };
  const int kept_open = open_terminal();  // what was written is lost with the last writer
  if (kept_open < 0) return std::nullopt;
  with_stderr(open_terminal(), action);
  std::string seen;  // what was written may arrive in several parts
  pollfd arrival{terminal, POLLIN, 0};
  while ((seen.empty() || seen.back() != '\n') && poll(&arrival, 1, 5000) > 0) {
    char part[4096];
    const auto count = read(terminal, part, sizeof part);
    if (count <= 0) break;
    seen.append(part, static_cast<std::size_t>(count));
  }
  close(kept_open);
  close(terminal);
  return seen;
}

}  // namespace support
#endif
