// The work of tape-info: says what is in tapes, as tables for people or as JSON.
#pragma once

#include <tape/cli/inventory.h>
#include <tape/cli/output.h>

#include <string>
#include <vector>

namespace tape::cli {

enum class InfoFormat : std::uint8_t { text, json };

struct InfoOptions {
  std::vector<std::string> files;
  SelectOptions select;
  OutputOptions output;
  InfoFormat format = InfoFormat::text;
};

/// Declares the options of tape-info that are not declared by input.h and output.h.
void add_info_options(App& app, InfoOptions& options);

/// done, or damaged when a file had to be read and damage was met. Throws Error and ClosedOutput.
[[nodiscard]] Exit info(const InfoOptions& options);

/// One inventory as text for people, and as one line of JSON (schemas/json.md).
void append_text(const Inventory& all, std::string& out);
void append_json(const Inventory& all, std::string& out);

}  // namespace tape::cli
