// Figures in the text form that Prometheus reads, and the file in which node_exporter finds them.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tape::flow {

/// Builds one exposition. Form: https://prometheus.io/docs/instrumenting/exposition_formats/, text
/// format 0.0.4 (read 2026-11-25). Figures of one name may come at any time; they stand together,
/// under one HELP and TYPE, names in the order of their first figure.
class MetricsText {
 public:
  using Labels = std::span<const std::pair<std::string_view, std::string_view>>;
  using LabelList = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// Only grows while the program runs; its name ends in _total. Throws Error{internal} for a name
  /// or label that Prometheus does not take, and for a name of two types.
  void counter(std::string_view name, std::string_view help, Labels labels, double value) {
    add(name, help, "counter", labels, value);
  }
  void counter(std::string_view name, std::string_view help, LabelList labels, double value) {
    counter(name, help, Labels(labels.begin(), labels.size()), value);
  }
  void gauge(std::string_view name, std::string_view help, Labels labels, double value) {
    add(name, help, "gauge", labels, value);
  }
  void gauge(std::string_view name, std::string_view help, LabelList labels, double value) {
    gauge(name, help, Labels(labels.begin(), labels.size()), value);
  }

  /// The text; empties the builder.
  [[nodiscard]] std::string take();

 private:
  struct Family {
    std::string name;
    std::string_view type;
    std::string text;
  };
  void add(std::string_view name, std::string_view help, std::string_view type, Labels labels,
           double value);
  Family& family(std::string_view name, std::string_view help, std::string_view type);

  std::vector<Family> families_;
  std::unordered_map<std::string, std::size_t> by_name_;
};

/// Replaces the file in one step, so that no reader sees half of it; mode 0644, as the collector is
/// another user. node_exporter's textfile collector takes names that end in .prom. Throws
/// Error{io}.
void write_metrics(const std::string& path, std::string_view text);

}  // namespace tape::flow
