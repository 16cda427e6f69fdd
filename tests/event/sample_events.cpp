#include "sample_events.h"

namespace tape::event::sample {
namespace {

void envelope(schema::Event::Builder event, std::string_view venue, std::string_view channel,
              std::string_view symbol, std::string_view raw) {
  const auto text = [](std::string_view v) { return capnp::Text::Reader(v.data(), v.size()); };
  event.setReceivedAt(kReceivedAt);
  event.setClockOffset(1'795'000'000'123'456'789);
  event.setExchangeAt(kReceivedAt - 7 * kMillisecond);
  event.setConnection(1);
  event.setTransport(schema::Transport::WEBSOCKET);
  event.setVenue(text(std::string(venue)));
  event.setChannel(text(std::string(channel)));
  event.setSymbol(text(std::string(symbol)));
  if (!raw.empty()) event.getRaw().setText(text(std::string(raw)));
}

std::string random_text(std::mt19937_64& random) {
  static const std::vector<std::string> kPieces{"plain", "\"",   "\\", "\n",     "\x01", "\x1f",
                                                "é",     "€",    "😀",  "a,b",    "\t",   "\r",
                                                "/",     "\x7f", "",   "order-1"};
  std::string text;
  for (auto n = random() % 4; n > 0; --n) text += kPieces[random() % kPieces.size()];
  return text;
}

void fill_struct(capnp::DynamicStruct::Builder value, std::mt19937_64& random);

void fill_integer(capnp::DynamicStruct::Builder value, capnp::StructSchema::Field field,
                  std::mt19937_64& random) {
  using Type = capnp::schema::Type;
  const auto bits = random() % 4 == 0 ? random() : random() % 100;
  switch (field.getType().which()) {
    case Type::BOOL:
      return value.set(field, bits % 2 == 0);
    case Type::INT8:
      // Small exponents of both signs, and absent ones.
      return value.set(field, bits % 5 == 0 ? -128 : static_cast<int>(bits % 30) - 20);
    case Type::INT32:
      return value.set(field, static_cast<std::int32_t>(bits));
    case Type::INT64:
      return value.set(field, static_cast<std::int64_t>(bits));
    case Type::UINT16:
      return value.set(field, static_cast<std::uint16_t>(bits));
    case Type::UINT32:
      return value.set(field, static_cast<std::uint32_t>(bits));
    default:
      return value.set(field, bits);
  }
}

void fill_field(capnp::DynamicStruct::Builder value, capnp::StructSchema::Field field,
                std::mt19937_64& random) {
  using Type = capnp::schema::Type;
  const auto type = field.getType();
  if (type.which() != Type::STRUCT && random() % 4 == 0) return;  // left at its default
  // Packed levels stand for a list; levels_test.cpp makes them.
  if (field.getProto().getName().cStr() == std::string_view("bidsPacked") ||
      field.getProto().getName().cStr() == std::string_view("asksPacked"))
    return;
  switch (type.which()) {
    case Type::VOID:
      return value.set(field, capnp::VOID);
    case Type::TEXT:
      return value.set(field, capnp::Text::Reader(random_text(random).c_str()));
    case Type::DATA: {
      const std::string bytes = random_text(random);
      return value.set(field, capnp::Data::Reader(reinterpret_cast<const kj::byte*>(bytes.data()),
                                                  bytes.size()));
    }
    case Type::ENUM: {
      const auto names = type.asEnum().getEnumerants();
      return value.set(field,
                       capnp::DynamicEnum(names[static_cast<unsigned>(random() % names.size())]));
    }
    case Type::STRUCT:
      if (field.getProto().isGroup())
        return fill_struct(value.get(field).as<capnp::DynamicStruct>(), random);
      if (random() % 4 != 0) fill_struct(value.init(field).as<capnp::DynamicStruct>(), random);
      return;
    case Type::LIST: {
      const auto size = static_cast<unsigned>(random() % 3);
      auto list = value.init(field, size).as<capnp::DynamicList>();
      for (unsigned i = 0; i < size; ++i) {
        if (type.asList().getElementType().isText()) {
          list.set(i, capnp::Text::Reader(random_text(random).c_str()));
        } else {
          fill_struct(list[i].as<capnp::DynamicStruct>(), random);
        }
      }
      return;
    }
    default:
      return fill_integer(value, field, random);
  }
}

void fill_struct(capnp::DynamicStruct::Builder value, std::mt19937_64& random) {
  for (const auto field : value.getSchema().getNonUnionFields()) fill_field(value, field, random);
  const auto members = value.getSchema().getUnionFields();
  if (members.size() == 0) return;
  const auto field = members[static_cast<unsigned>(random() % members.size())];
  if (field.getType().isVoid()) return value.set(field, capnp::VOID);
  if (field.getType().isStruct()) fill_struct(value.init(field).as<capnp::DynamicStruct>(), random);
}

}  // namespace

schema::Event::Builder best_quote(Message& message) {
  auto event = message.start();
  envelope(
      event, "binance-usdm", "bookTicker", "BTCUSDT",
      R"({"e":"bookTicker","u":10182330417552,"s":"BTCUSDT","b":"61800.20","B":"3.214","a":"61800.30","A":"0.025",)"
      R"("T":1795341603210,"E":1795341603211,"x":"padded......"})");
  auto body = event.getBody().initBestQuote();
  set_decimal(body.getBid(), {6180020, -2});
  set_decimal(body.getBidQuantity(), {3214, -3});
  set_decimal(body.getAsk(), {6180030, -2});
  set_decimal(body.getAskQuantity(), {25, -3});
  body.setUpdateId(10'182'330'417'552);
  body.setEventAt(kReceivedAt - 6 * kMillisecond);
  return event;
}

schema::Event::Builder book_delta(Message& message) {
  auto event = message.start();
  envelope(event, "kraken-futures", "book", "PI_XBTUSD", "");
  event.setSequence(326099);
  auto body = event.getBody().initBookDelta();
  body.setSide(schema::Side::SELL);
  set_decimal(body.getPrice(), {349815, -1});
  set_decimal(body.getQuantity(), {0, 0});
  return event;
}

schema::Event::Builder book_picture(Message& message, unsigned levels) {
  auto event = message.start();
  envelope(event, "binance-usdm", "depth", "BTCUSDT", "");
  auto body = event.getBody().initBookSnapshot();
  const auto set = [&](capnp::List<schema::Level>::Builder list, int step) {
    for (unsigned i = 0; i < list.size(); ++i) {
      set_decimal(list[i].getPrice(), {6180020 + step * static_cast<int>(i), -2});
      set_decimal(list[i].getQuantity(), {1000 + static_cast<int>(i), -3});
    }
  };
  set(body.initBids(levels), -10);
  set(body.initAsks(levels), 10);
  body.setUpdateId(99);
  return event;
}

schema::Event::Builder trade(Message& message) {
  auto event = message.start();
  envelope(event, "binance-usdm", "aggTrade", "BTCUSDT", "");
  auto body = event.getBody().initTrade();
  body.setNumber(123456789);
  body.setSide(schema::Side::BUY);
  set_decimal(body.getPrice(), {6180020, -2});
  set_decimal(body.getQuantity(), {15, -3});
  body.setTradedAt(kReceivedAt - 8 * kMillisecond);
  return event;
}

schema::Event::Builder fill(Message& message) {
  auto event = message.start();
  envelope(event, "kraken-futures", "fills", "", R"({"feed":"fills"})");
  event.setAccount("main");
  auto items = event.getBody().initFill().initItems(2);
  for (unsigned i = 0; i < 2; ++i) {
    items[i].setFillId(i == 0 ? "fill-a" : "fill-b");
    items[i].setOrderId("order-1");
    items[i].setSymbol(i == 0 ? "PI_XBTUSD" : "PI_ETHUSD");
    items[i].setSide(schema::Side::BUY);
    set_decimal(items[i].getPrice(), {349815, -1});
    set_decimal(items[i].getQuantity(), {5, 0});
  }
  return event;
}

schema::Event::Builder gap(Message& message) {
  auto event = message.start();
  envelope(event, "kraken-futures", "", "", "");
  event.setExchangeAt(0);
  event.setDirection(schema::Direction::LOCAL);
  event.setTransport(schema::Transport::NONE);
  auto body = event.getBody().initGap();
  body.setExpected(21);
  body.setGot(24);
  body.setMissing(3);
  auto concerns = body.initConcerns();
  concerns.setVenue("kraken-futures");
  concerns.setChannel("book");
  concerns.setSymbol("PI_XBTUSD");
  return event;
}

schema::Event::Builder random_event(Message& message, Kind kind, std::mt19937_64& random) {
  auto event = message.start();
  capnp::DynamicStruct::Builder dynamic(event);
  for (const auto field : dynamic.getSchema().getNonUnionFields()) {
    const std::string name = field.getProto().getName().cStr();
    if (name != "body" && name != "raw") fill_field(dynamic, field, random);
  }
  auto body = dynamic.get("body").as<capnp::DynamicStruct>();
  for (const auto field : body.getSchema().getUnionFields()) {
    if (field.getProto().getDiscriminantValue() == static_cast<std::uint16_t>(kind)) {
      fill_struct(body.init(field).as<capnp::DynamicStruct>(), random);
    }
  }
  if (random() % 2 == 0) event.getRaw().setText(random_text(random).c_str());
  return event;
}

std::vector<capnp::word> framed(Message& message) {
  std::vector<capnp::word> words(message.framed_size() / sizeof(capnp::word));
  message.write(reinterpret_cast<std::uint8_t*>(words.data()));
  return words;
}

}  // namespace tape::event::sample
