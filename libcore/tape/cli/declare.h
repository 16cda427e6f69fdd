// For who declares options: the App, and CLI11 with it, which takes a compiler several seconds.
#pragma once

#include <tape/cli/app.h>

#include <CLI/CLI.hpp>
