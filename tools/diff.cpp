// tape-diff: says what differs between two recordings.
#include <tape/base/bytes.h>
#include <tape/cli/declare.h>
#include <tape/cli/input.h>
#include <tape/cli/output.h>
#include <tape/flow/diff/diff.h>

#include <fmt/format.h>

#include <string>
#include <vector>

namespace {

using namespace tape;  // NOLINT: the whole program is about it

struct Arguments {
  cli::InputOptions input;
  cli::OutputOptions output;
  std::vector<std::string> ignore;
  std::vector<std::string> tolerance;
  std::string align = "auto";
  std::string order = "auto";
  std::string format = "text";
  std::uint64_t limit = 100;
};

class Tape final : public log::EventSource {
 public:
  Tape(cli::InputOptions options, const std::string& file, const std::stop_token& stop)
      : input_(with(std::move(options), file), stop) {}
  const log::EventRef* next() override { return input_.next(); }
  [[nodiscard]] bool damaged() const { return input_.exit() == cli::Exit::damaged; }

 private:
  static cli::InputOptions with(cli::InputOptions options, const std::string& file) {
    options.files = {file};
    return options;
  }
  cli::MergedInput input_;
};

cli::Exit run(const Arguments& arguments) {
  if (arguments.input.files.size() != 2) throw Error(Fault::usage, "two tapes: tape-diff A B");
  flow::DiffOptions options;
  options.identity =
      flow::identity_of(arguments.align, arguments.input.files[0], arguments.input.files[1]);
  const bool copies = options.identity == flow::Identity::ordinal;
  using Order = flow::DiffOptions::Order;
  options.order = arguments.order == "tape" || (arguments.order == "auto" && copies)
                      ? Order::tape
                      : Order::connection;
  options.ignore = arguments.ignore.empty() ? flow::default_ignored(options.identity)
                                            : split_lists(arguments.ignore);
  for (const auto& text : split_lists(arguments.tolerance))
    options.tolerance.push_back(flow::parse_tolerance(text));
  const bool json = arguments.format == "json";

  const cli::Signals signals;
  Tape a(arguments.input, arguments.input.files[0], signals.token());
  Tape b(arguments.input, arguments.input.files[1], signals.token());
  cli::Output output(arguments.output, cli::Content::text);
  std::uint64_t told = 0;
  const auto report = flow::diff(options, a, b, [&](const flow::Difference& difference) {
    if (arguments.limit == 0 || ++told <= arguments.limit)
      output.write((json ? flow::to_json(difference) : flow::to_text(difference)) + "\n");
  });
  if (json) {
    output.write(fmt::format(
        R"({{"equal":{},"a":{},"b":{},"same":{},"missing":{},"extra":{},"changed":{},"reordered":{}}})"
        "\n",
        report.equal(), report.a, report.b, report.same, report.missing, report.extra,
        report.changed, report.reordered));
  } else if (!report.equal()) {
    output.write(
        fmt::format("{} and {} events: {} same, {} missing, {} extra, {} changed, {} "
                    "reordered\n",
                    report.a, report.b, report.same, report.missing, report.extra, report.changed,
                    report.reordered));
  }
  output.close();
  return report.equal() && !a.damaged() && !b.damaged() ? cli::Exit::done : cli::Exit::damaged;
}

}  // namespace

int main(int argc, char** argv) {
  cli::App app("tape-diff", "says what differs between two recordings, by event, not by time",
               {{"tape-diff a.tape b.tape", "silent and 0 when they hold the same, else 3"},
                {"tape-diff a.tape b.tape --format json | jq .", "for programs"},
                {"tape-diff a.tape b.tape --tolerance body.markPrice.price=0.5",
                 "small differences of one field do not count"}});
  Arguments arguments;
  cli::add_files(app, arguments.input);
  app.add_list("--ignore", arguments.ignore,
               "Fields that do not count, instead of our own receive times, sessions, ordinals and "
               "connection numbers; of two recordings also latencies and addresses")
      ->type_name("FIELD,...");
  app.add_list("--tolerance", arguments.tolerance, "A field whose numbers may differ by so much")
      ->type_name("FIELD=AMOUNT");
  app.options()
      .add_option("--align", arguments.align,
                  "What is the same event: session and ordinal (copies), or its content (two "
                  "recordings of one feed); auto: by the sessions")
      ->check(CLI::IsMember({"auto", "ordinal", "content"}))
      ->type_name("auto|ordinal|content")
      ->capture_default_str();
  app.options()
      .add_option("--order", arguments.order,
                  "Where another order is a difference: in the whole tape, or within each "
                  "connection; auto: in the whole tape of copies, else within connections")
      ->check(CLI::IsMember({"auto", "tape", "connection"}))
      ->type_name("auto|tape|connection")
      ->capture_default_str();
  app.options()
      .add_option("--format", arguments.format, "Form of the result")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("text|json")
      ->capture_default_str();
  app.options()
      .add_option("--limit", arguments.limit, "Differences told at most; all are counted; 0: all")
      ->capture_default_str();
  cli::add_output(app, arguments.output);
  cli::add_selection(app, arguments.input.select);
  return app.run(argc, argv, [&] { return run(arguments); });
}
