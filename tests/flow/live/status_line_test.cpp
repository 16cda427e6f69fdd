#include <tape/flow/live/status_line.h>

#include <catch2/catch.hpp>

using namespace tape;
using flow::status_line;
using flow::StatusFigures;

TEST_CASE("the status line says what a person wants to know", "[status_line]") {
  StatusFigures figures;
  CHECK(status_line(figures, 0) == "0.0/s | links 0/0 | feeds 0 | last none | gaps 0 | 0 B");
  figures = {1204.4, 2, 3, 42, 1, 240 * kMillisecond, 7, 1258291, "day.tape"};
  CHECK(status_line(figures, 0) ==
        "1204/s | links 2/3 | feeds 42, 1 silent | last 0.2s | gaps 7 | 1.2 MiB day.tape");
  figures.last_age = 3725 * kSecond + 5;
  CHECK(status_line(figures, 0).find("last 1h02m05s |") != std::string::npos);
}

TEST_CASE("the status line is one line of a terminal", "[status_line]") {
  StatusFigures figures;
  figures.file = "a\n\x1b[2Jé";
  const auto line = status_line(figures, 0);
  CHECK(line.substr(line.size() - 8) == "a??[2Jé");
  CHECK(status_line(figures, line.size() - 1) == line.substr(0, line.size() - 2));
  CHECK(status_line(figures, 10) == "0.0/s | li");
}
