#include <tape/venue/walker.h>

namespace tape::venue {

static_assert(event::kFramePadding >= simdjson::SIMDJSON_PADDING);

Parser::Parser() : impl_(std::make_unique<Impl>()) {}
Parser::~Parser() = default;

bool Parser::open(std::span<const char> frame) {
  auto& impl = *impl_;
  impl.based = false;
  impl.used = false;
  impl.consulted = 0;
  impl.looked_at.clear();
  impl.frame = {frame.data(), frame.size()};
  auto text = impl.frame;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const simdjson::padded_string_view padded(text.data(), text.size(),
                                            text.size() + event::kFramePadding);
  return impl.parser.iterate(padded).get(impl.document) == simdjson::SUCCESS;
}

Root Parser::root() {
  od::value value;
  od::json_type type{};
  auto& impl = *impl_;
  impl.consult_all();
  if (!impl.rewind()) return Root::invalid;
  const auto failed = impl.based ? impl.document.find_field_unordered(impl.base).type().get(type)
                                 : impl.document.type().get(type);
  if (failed != simdjson::SUCCESS) return Root::invalid;
  if (type == od::json_type::object) return Root::object;
  return type == od::json_type::array ? Root::array : Root::scalar;
}

bool Parser::empty() {
  const auto kind = root();  // consults all
  auto& impl = *impl_;
  od::value value;
  if (kind != Root::object && kind != Root::array) {
    bool null = false;
    return impl.rewind() && !impl.based && impl.document.is_null().get(null) == simdjson::SUCCESS &&
           null;
  }
  if (!impl.rewind()) return false;
  std::size_t count = 1;
  if (!impl.based) {
    const auto failed =
        (kind == Root::object ? impl.document.count_fields() : impl.document.count_elements())
            .get(count);
    return failed == simdjson::SUCCESS && count == 0;
  }
  if (impl.document.find_field_unordered(impl.base).get(value) != simdjson::SUCCESS) return false;
  const auto failed =
      (kind == Root::object ? value.count_fields() : value.count_elements()).get(count);
  return failed == simdjson::SUCCESS && count == 0;
}

std::optional<std::string_view> Parser::text(std::string_view key) {
  const std::string_view keys[] = {key};
  const auto found = first_of(keys);
  if (!found) return std::nullopt;
  return found->text();
}

bool Parser::has(std::string_view key) {
  const std::string_view keys[] = {key};
  return first_of(keys).has_value();
}

std::optional<Parser::Found> Parser::first_of(std::span<const std::string_view> keys) {
  od::object object;
  auto& impl = *impl_;
  const auto nothing = [&] {
    impl.consult_all();
    return std::nullopt;
  };
  if (!impl.base_object(object)) return nothing();
  for (auto field : object) {
    od::raw_json_string raw;
    if (field.key().get(raw) != simdjson::SUCCESS) return nothing();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!key_is(raw.raw(), keys[i])) continue;
      od::value value;
      if (field.value().get(value) != simdjson::SUCCESS) return nothing();
      const auto token = value.raw_json_token();
      impl.consult(token.data() + token.size());
      return Found(i, Impl::probe_text(value), impl.looked_at);
    }
  }
  return nothing();
}

bool Parser::descend(std::string_view key) {
  auto& impl = *impl_;
  od::value value;
  od::json_type type{};
  if (impl.based || !impl.rewind() ||
      impl.document.find_field_unordered(key).get(value) != simdjson::SUCCESS ||
      value.type().get(type) != simdjson::SUCCESS ||
      (type != od::json_type::object && type != od::json_type::array)) {
    impl.consult_all();
    return false;
  }
  impl.consult(value.raw_json_token().data());
  set_base(key);
  return true;
}

std::size_t Parser::consulted() const { return impl_->consulted; }

std::span<const std::string_view> Parser::looked_at() const { return impl_->looked_at; }

std::string_view Parser::base() const {
  return impl_->based ? std::string_view(impl_->base) : std::string_view();
}

void Parser::set_base(std::string_view key) {
  impl_->base.assign(key);
  impl_->based = !key.empty();
}

std::optional<Failure> Parser::walk(const Program& program, schema::Event::Builder event) {
  auto& impl = *impl_;
  impl.program = &program;
  impl.notes.clear();
  impl.failure.reset();
  impl.unknown = 0;
  impl.live.resize(std::max(impl.live.size(), program.scopes.size()));
  for (auto& scope : impl.live) scope.data = nullptr;
  impl.live[0].builder = capnp::toAny(event);
  impl.live[0].data = impl.live[0].builder.getDataSection().begin();
  event::store(impl.live[0].data, program.body_which_offset, program.body_which, 0);
  (void)impl.ensure(1);
  for (const auto& constant : program.constants) {
    store_integer(constant.leaf.slot, constant.value, impl.ensure(constant.leaf.scope).data);
  }
  if (impl.walk_root(program.nodes[0]) == Got::fatal) return impl.failure;
  impl.finish(event);
  return std::nullopt;
}

}  // namespace tape::venue
