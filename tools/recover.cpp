// tape-recover: writes a clean tape with all that can be saved of another.
#include <tape/base/bytes.h>
#include <tape/base/diag.h>
#include <tape/base/version.h>
#include <tape/cli/declare.h>
#include <tape/cli/output.h>
#include <tape/log/verify.h>

#include <fmt/format.h>

namespace {

namespace cli = tape::cli;
namespace log = tape::log;

std::string describe(const std::string& path, const log::Damage& damage) {
  auto text = fmt::format("{}: lost at byte {}", path, damage.offset);
  if (damage.length > 0) text += fmt::format(" ({} bytes)", damage.length);
  text += ": " + damage.what;
  if (damage.first_ordinal != 0) {
    text += fmt::format("; events {} to {} of session {}", damage.first_ordinal,
                        damage.last_ordinal, tape::hex(damage.session));
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  cli::App app(
      "tape-recover", "writes a clean tape with all that can be saved, and says what could not",
      {{"tape-recover killed.tape -o whole.tape", "closes a tape whose recorder was killed"},
       {"tape-recover broken.tape -o rest.tape",
        "keeps what is readable; status 3 when something was lost"},
       {"head -c 100M day.tape | tape-recover - -o part.tape", "makes a piece of a tape a tape"}});
  std::string input;
  cli::OutputOptions output;
  app.options().add_option("IN", input, "the tape; '-' is stdin")->type_name("")->required();
  cli::add_output(app, output);
  return app.run(argc, argv, [&] {
    cli::refuse_same_file(output, {input});
    const auto sink = cli::make_sink(output);
    const auto recovered =
        log::recover(input, *sink, fmt::format("tape-recover {}", tape::version()));
    for (const auto& damage : recovered.lost) tape::diag::warning(describe(input, damage));
    tape::diag::note(fmt::format("{}: {} events; {} chunks copied, {} written anew", input,
                                 recovered.events, recovered.chunks_copied,
                                 recovered.chunks_rewritten));
    const bool whole = recovered.lost.empty() && recovered.tail != log::Tail::torn;
    return whole ? cli::Exit::done : cli::Exit::damaged;
  });
}
