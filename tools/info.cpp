// tape-info: says what is in tapes.
#include <tape/cli/info.h>

int main(int argc, char** argv) {
  namespace cli = tape::cli;
  cli::App app("tape-info",
               "says what is in tapes: time span, feeds, sizes, gaps, connection losses",
               {{"tape-info day.tape", "everything at a glance, from the tape's summary"},
                {"tape-info --format json *.tape | jq .gaps", "one object a file, and the total"},
                {"tape-info day.tape --from -5m", "only of the last five minutes"}});
  cli::InfoOptions options;
  cli::add_info_options(app, options);
  cli::add_output(app, options.output);
  cli::add_selection(app, options.select);
  return app.run(argc, argv, [&] { return cli::info(options); });
}
