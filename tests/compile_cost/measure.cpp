// Runs a command and prints the CPU seconds and the peak memory (MB) of the largest process it started.
// The shell knows the one and not the other, and GNU time is not on every machine.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

int main(int, char** arguments) {
  const pid_t child = fork();
  if (child == 0) {
    execvp(arguments[1], arguments + 1);
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) < 0) return 1;
  rusage use{};
  getrusage(RUSAGE_CHILDREN, &use);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
#ifdef __APPLE__
  const long per_mb = 1024 * 1024;
#else
  const long per_mb = 1024;
#endif
  std::printf("%.2f %ld\n", seconds(use.ru_utime) + seconds(use.ru_stime), use.ru_maxrss / per_mb);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
