// Kept wrong: the lint must find the use after a move, and the function's name.
#include <string>
#include <utility>

std::string BadlyNamed(std::string text) {
  std::string taken = std::move(text);
  return taken + text;
}
