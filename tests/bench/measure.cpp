// Runs one command and writes what it took. Small itself, because Linux counts the memory of the
// process that forked into the peak of the one that was executed.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    (void)std::fputs("Usage: bench_measure RESULT COMMAND [ARGUMENT...]\n", stderr);
    return 2;
  }
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child < 0) return 1;
  if (child == 0) {
    (void)::execvp(argv[2], argv + 2);
    ::perror(argv[2]);
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  if (::wait4(child, &status, 0, &usage) != child) return 1;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  std::FILE* out = std::fopen(argv[1], "w");
  if (out == nullptr) return 1;
  (void)std::fprintf(out, "{\"wall\":%.6f,\"cpu\":%.6f,\"peak\":%ld,\"status\":%d}\n", wall.count(),
                     seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss * 1024,
                     WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return std::fclose(out) == 0 ? 0 : 1;
}
