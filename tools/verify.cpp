// tape-verify: checks everything in tapes that can be checked.
#include <tape/base/bytes.h>
#include <tape/cli/declare.h>
#include <tape/cli/output.h>
#include <tape/event/json.h>
#include <tape/log/verify.h>

#include <fmt/format.h>

#include <iterator>

namespace {

namespace cli = tape::cli;
namespace log = tape::log;

const char* tail_name(log::Tail tail) {
  switch (tail) {
    case log::Tail::clean:
      return "clean";
    case log::Tail::open:
      return "open";
    case log::Tail::torn:
      return "torn";
  }
  return "torn";
}

std::uint64_t problems_of(const log::Verdict& verdict) {
  return verdict.problems.size() + verdict.more;
}

void append_text(const std::string& path, const log::Verdict& verdict, bool ok, std::string& out) {
  auto to = std::back_inserter(out);
  fmt::format_to(to, "{}: {}, {}: {} events, {} frames, {} chunks, {}", path, ok ? "ok" : "NOT OK",
                 tail_name(verdict.tail), verdict.events, verdict.frames, verdict.chunks,
                 tape::format_size(verdict.bytes));
  if (verdict.recorded_gaps > 0) fmt::format_to(to, ", {} recorded gaps", verdict.recorded_gaps);
  fmt::format_to(to, ", link {}\n", tape::hex(tape::Bytes(verdict.last_link)).substr(0, 16));
  for (const auto& problem : verdict.problems) {
    fmt::format_to(to, "  at byte {}: {}: {}\n", problem.offset, problem.check, problem.text);
  }
  if (verdict.more > 0) fmt::format_to(to, "  and {} more\n", verdict.more);
}

void append_json(const std::string& path, const log::Verdict& verdict, bool ok, std::string& out) {
  auto to = std::back_inserter(out);
  out += "{\"version\":0,\"file\":";
  tape::event::append_json_string(path, out);
  fmt::format_to(
      to,
      ",\"ok\":{},\"tail\":\"{}\",\"events\":{},\"frames\":{},\"chunks\":{},\"bytes\":{},"
      "\"recordedGaps\":{},\"lastLink\":\"{}\",\"problems\":[",
      ok, tail_name(verdict.tail), verdict.events, verdict.frames, verdict.chunks, verdict.bytes,
      verdict.recorded_gaps, tape::hex(tape::Bytes(verdict.last_link)));
  const char* comma = "";
  for (const auto& problem : verdict.problems) {
    fmt::format_to(to, "{}{{\"offset\":{},\"check\":\"{}\",\"text\":", comma, problem.offset,
                   problem.check);
    tape::event::append_json_string(problem.text, out);
    out += '}';
    comma = ",";
  }
  fmt::format_to(to, "],\"problemCount\":{}}}\n", problems_of(verdict));
}

}  // namespace

int main(int argc, char** argv) {
  cli::App app(
      "tape-verify", "checks everything in tapes that can be checked",
      {{"tape-verify *.tape", "one line a file; status 3 if anything is wrong"},
       {"tape-verify --gaps day.tape", "gaps that the recorder noticed fail too"},
       {"tape-verify --format json day.tape | jq .problems", "what is wrong, for programs"}});
  std::vector<std::string> files;
  std::string format = "text";
  bool gaps = false;
  cli::OutputOptions output;
  app.options().add_option("FILE", files, "tapes; '-' is stdin")->type_name("")->required();
  app.options()
      .add_option("--format", format, "text, or json: one object a file")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  app.options().add_flag("--gaps", gaps, "fail on gaps that the recorder noticed, too");
  cli::add_output(app, output);
  return app.run(argc, argv, [&] {
    cli::refuse_same_file(output, files);
    cli::Output out(output, cli::Content::text);
    auto exit = cli::Exit::done;
    for (const auto& path : files) {
      const auto verdict = log::verify(path);
      const bool ok = problems_of(verdict) == 0 && !(gaps && verdict.recorded_gaps > 0);
      if (!ok) exit = cli::Exit::damaged;
      format == "json" ? append_json(path, verdict, ok, out.buffer())
                       : append_text(path, verdict, ok, out.buffer());
      out.flush();
    }
    out.close();
    return exit;
  });
}
