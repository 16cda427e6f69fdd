// Kept wrong: the lint must find the use after a move, the null pointer that is followed, and the function's name.
#include <string>
#include <utility>

std::string BadlyNamed(std::string text) {
  std::string taken = std::move(text);
  return taken + text;
}

int follow(bool set) {
  int value = 1;
  const int* at = set ? &value : nullptr;
  return set ? 0 : *at;
}
