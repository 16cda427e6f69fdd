#include <tape/base/error.h>
#include <tape/event/kind.h>

#include <capnp/schema.h>

#include <algorithm>
#include <array>
#include <string>

namespace tape::event {
namespace {

struct KindNames {
  std::array<std::string, kKinds> names;

  KindNames() {
    const auto body =
        capnp::Schema::from<schema::Event>().getFieldByName("body").getType().asStruct();
    for (const auto field : body.getUnionFields()) {
      const auto index = field.getProto().getDiscriminantValue();
      if (index >= kKinds) throw Error(Fault::internal, "kKinds does not match the schema");
      names[index] = field.getProto().getName().cStr();
    }
  }
};

const KindNames& kinds() {
  static const KindNames kNames;
  return kNames;
}

}  // namespace

std::string_view kind_name(Kind kind) {
  const auto index = static_cast<std::size_t>(kind);
  return index < kKinds ? std::string_view(kinds().names[index]) : "unknown";
}

std::optional<Kind> kind_from_name(std::string_view name) {
  const auto& names = kinds().names;
  const auto found = std::find(names.begin(), names.end(), name);
  if (name.empty() || found == names.end()) return std::nullopt;
  return static_cast<Kind>(found - names.begin());
}

bool is_account_kind(Kind kind) {
  switch (kind) {
    case Kind::FILL:
    case Kind::ACCOUNT_UPDATE:
    case Kind::ORDER_UPDATE:
    case Kind::OPEN_ORDERS:
    case Kind::POSITIONS:
    case Kind::BALANCES:
    case Kind::MARGIN_CALL:
    case Kind::ACCOUNT_CONFIG:
    case Kind::ACCOUNT_LOG:
    case Kind::FUND_FLOW:
    case Kind::NOTIFICATION:
    case Kind::DEAD_MANS_SWITCH:
    case Kind::ORDER_ANSWER:
    case Kind::STREAM_EXPIRED:
      return true;
    default:
      return false;
  }
}

bool is_recorder_kind(Kind kind) { return kind >= Kind::SESSION && kind <= Kind::END; }

}  // namespace tape::event
