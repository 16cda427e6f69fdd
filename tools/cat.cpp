// tape-cat: prints, filters, merges, cuts, converts and follows tapes.
#include <tape/cli/cat.h>

#include <optional>

int main(int argc, char** argv) {
  namespace cli = tape::cli;
  cli::App app("tape-cat", "prints, filters, merges, cuts, converts and follows tapes",
               {{"tape-cat day.tape | jq .", "every event as one line of JSON"},
                {"tape-cat day.tape --format raw > frames.ndjson",
                 "the frames as they were received, byte for byte"},
                {"tape-cat *.tape --symbol PI_XBTUSD --from -1h --format tape -o last.tape",
                 "one symbol's last hour as a new tape"}});
  cli::CatOptions options;
  cli::add_files(app, options.input);
  cli::add_cat_options(app, options);
  cli::add_follow(app, options.input);
  cli::add_limit(app, options.input);
  cli::add_output(app, options.output);
  cli::add_progress(app, options.progress);
  cli::add_selection(app, options.input.select);
  return app.run(argc, argv, [&] {
    // Only where an end in order makes a difference; a plain print just dies.
    std::optional<cli::Signals> signals;
    if (options.input.follow || options.format == cli::Format::tape) signals.emplace();
    return cli::cat(options, signals ? signals->token() : std::stop_token());
  });
}
