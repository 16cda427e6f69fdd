#include <tape/base/error.h>
#include <tape/event/csv.h>
#include <tape/event/plain.h>

#include <fmt/format.h>

#include <array>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tape::event {
namespace {

/// The columns of one part of the row, and the cells of the row being made.
struct Cells {
  std::vector<std::string> names;
  std::vector<std::string> values;
  std::unordered_map<std::string, std::size_t> places;

  std::size_t place(const std::string& name) {
    const auto [found, added] = places.emplace(name, names.size());
    if (added) {
      names.push_back(name);
      values.emplace_back();
    }
    return found->second;
  }
  void clear() {
    for (auto& value : values) value.clear();
  }
};

/// Where the fields of one struct go.
struct Plan {
  struct Leaf {
    const Field* field;
    std::size_t place;
  };
  struct Branch {  // a struct or group whose fields stand in the same row
    const Field* field;
    const Plan* plan;
  };
  struct List {
    const Field* field;
    std::string name;  // dotted, with the lists it stands in
    const Plan* plan;  // of its elements; null for texts
  };
  const Node* node = nullptr;
  std::vector<Leaf> leaves;
  std::vector<Branch> branches;
  std::vector<List> lists;
};

void append_cell(std::string_view text, std::string& out) {
  if (text.find_first_of("\",\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void append_seconds(Nanos moment, std::string& out) {
  const bool minus = moment < 0;
  const auto magnitude =
      minus ? ~static_cast<std::uint64_t>(moment) + 1 : static_cast<std::uint64_t>(moment);
  fmt::format_to(std::back_inserter(out), "{}{}.{:09}", minus ? "-" : "", magnitude / 1'000'000'000,
                 magnitude % 1'000'000'000);
}

// Fields of Event that the row shows by name, in this order; session, ordinal and the seconds are
// made apart.
constexpr std::array<std::string_view, 14> kEnvelope{
    "receivedAt", "exchangeAt", "clockOffset", "venue",    "account",  "connection",    "direction",
    "transport",  "channel",    "symbol",      "sequence", "redacted", "unknownFields", "rest"};
constexpr std::array<std::string_view, 3> kFlags{"synthetic", "repaired", "unterminated"};

}  // namespace

struct CsvWriter::Impl {
  Kind kind;
  Cells envelope;
  Cells body;
  Cells item;
  std::deque<Plan> plans;
  const Plan* event_plan = nullptr;
  const Plan* body_plan = nullptr;
  std::size_t session, ordinal, received_s, exchange_s, anomalies;
  std::string common;  // the cells of envelope and body, joined
  std::string index;
  std::size_t start = 0;  // of the event's rows in the caller's buffer
  bool wrote_item = false;

  explicit Impl(Kind k) : kind(k) {
    const Node* node = body_node(k);
    if (node == nullptr)
      throw Error(Fault::usage, "csv: this kind of event is not known to this version");
    session = envelope.place("session");
    ordinal = envelope.place("ordinal");
    Plan& top = plans.emplace_back();
    top.node = &node_of(capnp::Schema::from<schema::Event>());
    for (const auto name : kEnvelope) add_envelope(top, name);
    for (const auto name : kFlags) add_envelope(top, name);
    anomalies = envelope.place("anomalies");
    received_s = envelope.places.at("receivedAtS");
    exchange_s = envelope.places.at("exchangeAtS");
    event_plan = &top;
    body_plan = plan_of(*node, body, "body.", "");
  }

  void add_envelope(Plan& top, std::string_view name) {
    for (const auto& field : top.node->fields) {
      if (field.slot.name != name) continue;
      add_field(top, field, envelope, "", "");
    }
    if (name == "receivedAt" || name == "exchangeAt") (void)envelope.place(std::string(name) + "S");
  }

  const Plan* plan_of(const Node& node, Cells& cells, const std::string& prefix,
                      const std::string& lists) {
    Plan& plan = plans.emplace_back();
    plan.node = &node;
    for (const auto& field : node.fields) add_field(plan, field, cells, prefix, lists);
    return &plan;
  }

  void add_field(Plan& plan, const Field& field, Cells& cells, const std::string& prefix,
                 const std::string& lists) {
    const auto& name = field.slot.name;
    switch (field.slot.type) {
      case SlotType::structure:
      case SlotType::group:
        plan.branches.push_back(
            {&field, plan_of(*field.node, cells, prefix + name + ".", lists + name + ".")});
        break;
      case SlotType::list_of_struct:
        plan.lists.push_back(
            {&field, lists + name, plan_of(*field.node, item, "item.", lists + name + ".")});
        break;
      case SlotType::list_of_text:
        (void)item.place("item");
        plan.lists.push_back({&field, lists + name, nullptr});
        break;
      default:
        plan.leaves.push_back({&field, cells.place(prefix + name)});
    }
  }

  static void fill(const Plan& plan, const Sections& value, Cells& cells) {
    for (const auto& leaf : plan.leaves) {
      if (value.active(*plan.node, leaf.field->slot)) {
        (void)append_plain(*leaf.field, value, cells.values[leaf.place]);
      }
    }
    for (const auto& branch : plan.branches) {
      const auto& slot = branch.field->slot;
      if (!value.active(*plan.node, slot)) continue;
      if (slot.type == SlotType::group) {
        fill(*branch.plan, value, cells);
      } else if (value.has(slot)) {
        fill(*branch.plan, Sections(value.structure(slot)), cells);
      }
    }
  }

  void fill_envelope(schema::Event::Reader event, std::uint64_t s, std::uint64_t o) {
    envelope.clear();
    fill(*event_plan, Sections(capnp::AnyStruct::Reader(event)), envelope);
    auto& cells = envelope.values;
    fmt::format_to(std::back_inserter(cells[session]), "{:016x}", s);
    fmt::format_to(std::back_inserter(cells[ordinal]), "{}", o);
    append_seconds(event.getReceivedAt(), cells[received_s]);
    if (event.getExchangeAt() != 0) append_seconds(event.getExchangeAt(), cells[exchange_s]);
    if (const auto count = event.getAnomalies().size(); count != 0) {
      fmt::format_to(std::back_inserter(cells[anomalies]), "{}", count);
    }
  }

  /// Envelope and body are the same in all rows of an event.
  void make_common() {
    common.clear();
    for (const auto* cells : {&envelope, &body}) {
      for (const auto& value : cells->values) {
        if (!common.empty()) common += ',';
        append_cell(value, common);
      }
    }
  }

  /// A row an element of every list below; elements of inner lists follow the row of the element
  /// that holds them.
  void write_lists(const Plan& plan, const Sections& value, std::string& out) {
    for (const auto& branch : plan.branches) {
      const auto& slot = branch.field->slot;
      if (!value.active(*plan.node, slot)) continue;
      if (slot.type == SlotType::group) {
        write_lists(*branch.plan, value, out);
      } else if (value.has(slot)) {
        write_lists(*branch.plan, Sections(value.structure(slot)), out);
      }
    }
    for (const auto& list : plan.lists) {
      if (!value.active(*plan.node, list.field->slot)) continue;
      const auto outer = index.size();
      std::size_t number = 0;
      const auto row = [&](const auto& fill_item) {
        fmt::format_to(std::back_inserter(index), "{}{}", outer == 0 ? "" : ".", number++);
        item.clear();
        fill_item();
        write_row(list.name, out);
      };
      if (list.plan == nullptr) {
        for (const auto text : value.texts(list.field->slot)) {
          row([&] { append_utf8(view(text), item.values[item.places.at("item")]); });
          index.resize(outer);
        }
        continue;
      }
      for (const auto element : value.structs(list.field->slot)) {
        const Sections inner(element);
        row([&] { fill(*list.plan, inner, item); });
        write_lists(*list.plan, inner, out);
        index.resize(outer);
      }
    }
  }

  void write_row(std::string_view list, std::string& out) {
    wrote_item = true;
    check_form_size(out.size() - start);
    out += common;
    if (!item.names.empty()) {
      out += ',';
      append_cell(list, out);
      out += ',';
      out += index;
      for (const auto& value : item.values) {
        out += ',';
        append_cell(value, out);
      }
    }
    out += '\n';
  }
};

CsvWriter::CsvWriter(Kind kind) : impl_(std::make_unique<Impl>(kind)) {}
CsvWriter::~CsvWriter() = default;

Kind CsvWriter::kind() const { return impl_->kind; }

void CsvWriter::append_header(std::string& out) const {
  bool first = true;
  const auto names = [&](const std::vector<std::string>& all) {
    for (const auto& name : all) {
      if (!first) out += ',';
      first = false;
      append_cell(name, out);
    }
  };
  names(impl_->envelope.names);
  names(impl_->body.names);
  if (!impl_->item.names.empty()) {
    names({"list", "index"});
    names(impl_->item.names);
  }
  out += '\n';
}

void CsvWriter::append(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal,
                       std::string& out) {
  Impl& impl = *impl_;
  if (event.getBody().which() != impl.kind) {
    throw Error(
        Fault::usage,
        fmt::format(
            "csv shows one kind of event at a time: this is {}, but event {:016x}:{} is {}; choose "
            "with --kind",
            kind_name(impl.kind), session, ordinal, kind_name(event.getBody().which())));
  }
  const auto start = out.size();
  try {
    impl.fill_envelope(event, session, ordinal);
    impl.body.clear();
    impl.item.clear();
    impl.index.clear();
    impl.wrote_item = false;
    impl.start = start;
    const Sections body(body_of(event));
    Impl::fill(*impl.body_plan, body, impl.body);
    impl.make_common();
    impl.write_lists(*impl.body_plan, body, out);
    if (impl.wrote_item) return;
    impl.item.clear();
    impl.write_row("", out);
  } catch (const kj::Exception& exception) {
    out.resize(start);
    throw_damaged(exception, session, ordinal);
  }
}

}  // namespace tape::event
