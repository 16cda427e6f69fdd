# What one exchange connection told us, or what the recorder itself noticed: struct Event, one message each.
#
# Conventions that hold in the whole file:
#   *At       Int64, nanoseconds since 1970-01-01T00:00:00Z; 0 = none. Never corrected in place.
#   decimals  groups {mantissa, exponent}: value = mantissa * 10^exponent, trailing zeros kept by the exponent;
#             exponent -128 = absent, which is not zero.
#   Text      as the venue spells it; open sets (types, states, reasons) stay text. Empty or null = absent.
#   Tri       yes, no or not said.
# The schema only grows: a field is added at the end of its struct, never changed, never removed (README.md).
@0xc5d2a1f07be93c41;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tape::schema");

enum Direction { received @0; sent @1; local @2; }
enum Transport { none @0; websocket @1; rest @2; pipe @3; zeromq @4; }
enum Side { unknown @0; buy @1; sell @2; }
enum Tri { unknown @0; no @1; yes @2; }

struct Event {
  session @0 :UInt64;  # random, the same in every event of a recording, kept by copies
  ordinal @1 :UInt64;  # counts from 1 in a session; stored where it is not the one before plus 1, else 0
  receivedAt @2 :Int64;  # when the bytes left the socket or pipe: monotonic clock plus clockOffset
  clockOffset @3 :Int64;  # CLOCK_REALTIME - CLOCK_MONOTONIC in force, ns; 0 = no monotonic clock (a foreign capture)
  exchangeAt @4 :Int64;  # what the venue stamped on the message
  sequence @5 :UInt64;  # the venue's sequence number of the message; 0 = none
  connection @6 :UInt32;  # number of the connection within the session, from 1; 0 = none
  direction @7 :Direction;
  transport @8 :Transport;
  unknownFields @9 :UInt16;  # members of the frame that no table knows; their bytes are in raw
  redacted @10 :Bool;  # secrets in raw were overwritten, length kept
  synthetic @11 :Bool;  # computed by a tool (checkpoints), never received
  repaired @12 :Bool;  # body comes from the tolerant parser; raw is as received
  unterminated @13 :Bool;  # the last line of a pipe had no newline
  venue @14 :Text;
  account @15 :Text;  # our label for the account, from --account
  channel @16 :Text;  # the venue's feed or stream type
  symbol @17 :Text;  # as the venue spells it; empty when the frame speaks of several
  rest @18 :Rest;
  anomalies @19 :List(Anomaly);

  raw :union {
    none @20 :Void;
    text @21 :Text;          # the frame, which is UTF-8 without NUL
    data @22 :Data;          # the frame, which is not
    rendered @23 :Rendered;  # rebuilt from body and shape; exists only inside tape files
  }

  body :union {
    opaque @24 :Opaque;
    # From the venues.
    notification @25 :Notifications;
    fill @26 :Fills;
    accountUpdate @27 :AccountUpdate;
    orderUpdate @28 :OrderUpdate;
    openOrders @29 :OpenOrders;
    positions @30 :Positions;
    balances @31 :Balances;
    marginCall @32 :MarginCall;
    accountConfig @33 :AccountConfig;
    accountLog @34 :AccountLog;
    fundFlow @35 :FundFlows;
    bookSnapshot @36 :BookSnapshot;
    bookDelta @37 :BookDelta;
    bestQuote @38 :BestQuote;
    trade @39 :Trade;
    tradeSnapshot @40 :TradeSnapshot;
    ticker @41 :Ticker;
    tickers @42 :Tickers;
    markPrice @43 :MarkPrice;
    markPrices @44 :MarkPrices;
    liquidation @45 :Liquidation;
    kline @46 :Kline;
    indexPrice @47 :IndexPrices;
    heartbeat @48 :Heartbeat;
    venueStatus @49 :VenueStatus;
    instruments @50 :Instruments;
    deadMansSwitch @51 :DeadMansSwitch;
    orderAnswer @52 :OrderAnswer;
    subscription @53 :Subscription;
    streamExpired @54 :StreamExpired;
    error @55 :VenueError;
    # To the venues.
    request @70 :Request;
    # From the recorder.
    session @56 :Session;
    connectionOpened @57 :ConnectionOpened;
    connectionLost @58 :ConnectionLost;
    reconnectAttempt @59 :ReconnectAttempt;
    gap @60 :Gap;
    resynchronised @61 :Resynchronised;
    requestFailed @62 :RequestFailed;
    stalled @63 :Stalled;
    clock @64 :Clock;
    health @65 :Health;
    probe @66 :Probe;
    dropped @67 :Dropped;
    end @68 :End;
    # The whole state, as a run of events: begin, parts, end.
    checkpoint @69 :Checkpoint;
  }
}

struct Rest {
  method @0 :Text;
  target @1 :Text;  # path and query, secrets overwritten
  status @2 :UInt16;  # of an answer; 0 for a request
  latency @3 :Int64;  # ns from sending the request to the last byte of the answer; 0 = not measured
  requestOrdinal @4 :UInt64;  # the event of the request, for an answer; 0 = not recorded
}

struct Rendered {          # README.md, "Shapes"
  shape @0 :UInt64;        # XXH64 of the shape's stored form
  program @1 :Data;        # the stored form, in the first event of a chunk that uses the shape
  residuals @2 :Data;      # the values whose text does not follow from a field
}

enum AnomalyKind {
  unknown @0;
  unknownValue @1;         # an enumeration the tables do not list; the text is kept
  missingField @2;
  badValue @3;             # a value that is not of the expected form; the field is absent
  outOfRange @4;           # a number that does not fit; the field is absent, raw has it
  duplicateKey @5;
  unitChanged @6;          # a time came in another unit than before on this feed
  trailingBytes @7;        # more than one JSON value in the frame; the first was decoded
  repair @8;               # what the tolerant parser changed
  inferred @9;             # the field is concluded from the connection, the frame does not say it
}

struct Anomaly {
  kind @0 :AnomalyKind;
  path @1 :Text;  # JSON path of the member
  detail @2 :Text;
}

enum OpaqueKind {
  unknown @0;
  unknownKind @1;          # JSON, but no table knows the message
  malformed @2;            # not JSON
  truncated @3;            # JSON that ends too early
  missingField @4;         # a member the message cannot do without is absent
  badValue @5;             # a member the message cannot do without is not of its form
  empty @6;
  emptyJson @7;            # {}, [] or null where data is expected
  html @8;
  binary @9;               # not UTF-8
  oversize @10;            # raw is the first 64 KiB
  tooDeep @11;
  unbound @12;             # no venue recognises it
}

struct Opaque {
  kind @0 :OpaqueKind;
  reason @1 :Text;
  at @2 :Int64 = -1;  # byte offset in the frame where it goes wrong; -1 = no place
  totalBytes @3 :UInt64;  # oversize only
  sha256 @4 :Data;  # oversize only: of the whole frame
}

struct Notifications {
  snapshot @0 :Bool;
  serverAt @1 :Int64;
  items @2 :List(Notification);
}

struct Notification {
  id @0 :Text;
  type @1 :Text;
  priority @2 :Text;
  note @3 :Text;
  effectiveAt @4 :Int64;
  expectedDowntimeMinutes @5 :Int64 = -1;
}

struct Fills {
  snapshot @0 :Bool;
  serverAt @1 :Int64;
  user @2 :Text;  # the account as the venue names it
  items @3 :List(Fill);
}

struct Fill {
  fillId @0 :Text;
  orderId @1 :Text;
  clientOrderId @2 :Text;
  symbol @3 :Text;
  side @4 :Side;
  maker @5 :Tri;
  fillType @6 :Text;  # maker, taker, assignee, assignor, liquidation, unwindBankrupt, ...
  orderType @7 :Text;
  takerOrderType @8 :Text;
  positionSide @9 :Text;
  price :group { mantissa @10 :Int64; exponent @11 :Int8 = -128; }
  quantity :group { mantissa @12 :Int64; exponent @13 :Int8 = -128; }
  remaining :group { mantissa @14 :Int64; exponent @15 :Int8 = -128; }  # open remainder of the order after this fill
  quoteQuantity :group { mantissa @16 :Int64; exponent @17 :Int8 = -128; }
  fee :group { mantissa @18 :Int64; exponent @19 :Int8 = -128; }  # negative = rebate
  realizedPnl :group { mantissa @20 :Int64; exponent @21 :Int8 = -128; }
  feeCurrency @22 :Text;
  filledAt @23 :Int64;
  sequence @24 :UInt64;
  marketSequence @25 :UInt64;  # per market from 1 without holes, where the venue gives it
}

struct AccountUpdate {
  snapshot @0 :Bool;  # the whole account (a REST answer); else what changed
  reason @1 :Text;
  user @2 :Text;
  balances @3 :List(AssetBalance);
  positions @4 :List(Position);
  canTrade @5 :Tri;
  multiAssets @6 :Tri;
  hedgeMode @7 :Tri;
  updatedAt @8 :Int64;
  totalWalletBalance :group { mantissa @9 :Int64; exponent @10 :Int8 = -128; }
  totalUnrealizedPnl :group { mantissa @11 :Int64; exponent @12 :Int8 = -128; }
  totalMarginBalance :group { mantissa @13 :Int64; exponent @14 :Int8 = -128; }
  totalInitialMargin :group { mantissa @15 :Int64; exponent @16 :Int8 = -128; }
  totalMaintenanceMargin :group { mantissa @17 :Int64; exponent @18 :Int8 = -128; }
  availableBalance :group { mantissa @19 :Int64; exponent @20 :Int8 = -128; }
}

struct AssetBalance {
  asset @0 :Text;
  walletBalance :group { mantissa @1 :Int64; exponent @2 :Int8 = -128; }
  crossWalletBalance :group { mantissa @3 :Int64; exponent @4 :Int8 = -128; }
  change :group { mantissa @5 :Int64; exponent @6 :Int8 = -128; }  # except profit and commission
  unrealizedPnl :group { mantissa @7 :Int64; exponent @8 :Int8 = -128; }
  crossUnrealizedPnl :group { mantissa @9 :Int64; exponent @10 :Int8 = -128; }
  marginBalance :group { mantissa @11 :Int64; exponent @12 :Int8 = -128; }
  initialMargin :group { mantissa @13 :Int64; exponent @14 :Int8 = -128; }
  maintenanceMargin :group { mantissa @15 :Int64; exponent @16 :Int8 = -128; }
  positionInitialMargin :group { mantissa @17 :Int64; exponent @18 :Int8 = -128; }
  openOrderInitialMargin :group { mantissa @19 :Int64; exponent @20 :Int8 = -128; }
  availableBalance :group { mantissa @21 :Int64; exponent @22 :Int8 = -128; }
  maxWithdraw :group { mantissa @23 :Int64; exponent @24 :Int8 = -128; }
  marginAvailable @25 :Tri;
  updatedAt @26 :Int64;
  receivedAt @27 :Int64;  # in a State: of the event that said so last
}

struct Position {
  symbol @0 :Text;
  positionSide @1 :Text;  # BOTH, LONG, SHORT; empty where the venue has one position a symbol
  side @2 :Side;  # where quantity is unsigned: buy = long
  quantity :group { mantissa @3 :Int64; exponent @4 :Int8 = -128; }  # signed, short negative, unless side is set
  entryPrice :group { mantissa @5 :Int64; exponent @6 :Int8 = -128; }
  breakEvenPrice :group { mantissa @7 :Int64; exponent @8 :Int8 = -128; }
  realizedPnl :group { mantissa @9 :Int64; exponent @10 :Int8 = -128; }
  unrealizedPnl :group { mantissa @11 :Int64; exponent @12 :Int8 = -128; }
  marginType @13 :Text;  # as spelled: cross, isolated, CROSSED, ...
  isolatedWallet :group { mantissa @14 :Int64; exponent @15 :Int8 = -128; }
  isolatedMargin :group { mantissa @16 :Int64; exponent @17 :Int8 = -128; }
  markPrice :group { mantissa @18 :Int64; exponent @19 :Int8 = -128; }
  indexPrice :group { mantissa @20 :Int64; exponent @21 :Int8 = -128; }
  liquidationPrice :group { mantissa @22 :Int64; exponent @23 :Int8 = -128; }
  leverage :group { mantissa @24 :Int64; exponent @25 :Int8 = -128; }
  maxLeverage :group { mantissa @26 :Int64; exponent @27 :Int8 = -128; }
  notional :group { mantissa @28 :Int64; exponent @29 :Int8 = -128; }
  maxNotional :group { mantissa @30 :Int64; exponent @31 :Int8 = -128; }
  initialMargin :group { mantissa @32 :Int64; exponent @33 :Int8 = -128; }
  initialMarginWithOrders :group { mantissa @34 :Int64; exponent @35 :Int8 = -128; }
  maintenanceMargin :group { mantissa @36 :Int64; exponent @37 :Int8 = -128; }
  returnOnEquity :group { mantissa @38 :Int64; exponent @39 :Int8 = -128; }
  unrealizedFunding :group { mantissa @40 :Int64; exponent @41 :Int8 = -128; }
  pnlCurrency @42 :Text;
  marginAsset @43 :Text;
  autoAddMargin @44 :Tri;
  adlQuantile @45 :Int32 = -1;
  updatedAt @46 :Int64;
  receivedAt @47 :Int64;  # in a State: of the event that said so last
  closing @48 :Bool;  # in a State: the last list of open positions lacks it, and nothing confirms that it is flat
}

struct Positions {
  snapshot @0 :Bool;
  serverAt @1 :Int64;
  user @2 :Text;
  items @3 :List(Position);
}

struct OrderUpdate {
  action @0 :Text;  # execution type, reason or event type, as the venue says
  reason @1 :Text;
  removed @2 :Tri;  # the order is gone (filled, cancelled, rejected)
  user @3 :Text;
  order @4 :Order;
  lastFillQuantity :group { mantissa @5 :Int64; exponent @6 :Int8 = -128; }
  lastFillPrice :group { mantissa @7 :Int64; exponent @8 :Int8 = -128; }
  fee :group { mantissa @9 :Int64; exponent @10 :Int8 = -128; }
  feeCurrency @11 :Text;
  fillId @12 :Text;
  maker @13 :Tri;
  realizedPnl :group { mantissa @14 :Int64; exponent @15 :Int8 = -128; }
  filledAt @16 :Int64;
}

struct Order {
  orderId @0 :Text;
  clientOrderId @1 :Text;
  symbol @2 :Text;
  side @3 :Side;
  positionSide @4 :Text;
  type @5 :Text;
  originalType @6 :Text;
  status @7 :Text;
  timeInForce @8 :Text;
  limitPrice :group { mantissa @9 :Int64; exponent @10 :Int8 = -128; }
  stopPrice :group { mantissa @11 :Int64; exponent @12 :Int8 = -128; }
  averagePrice :group { mantissa @13 :Int64; exponent @14 :Int8 = -128; }
  quantity :group { mantissa @15 :Int64; exponent @16 :Int8 = -128; }  # original quantity, where the venue gives it
  filled :group { mantissa @17 :Int64; exponent @18 :Int8 = -128; }  # cumulative
  remaining :group { mantissa @19 :Int64; exponent @20 :Int8 = -128; }  # open remainder, where the venue gives it
  quoteFilled :group { mantissa @21 :Int64; exponent @22 :Int8 = -128; }
  reduceOnly @23 :Tri;
  closePosition @24 :Tri;
  priceProtect @25 :Tri;
  triggerSignal @26 :Text;  # last, mark, spot; CONTRACT_PRICE, MARK_PRICE
  activationPrice :group { mantissa @27 :Int64; exponent @28 :Int8 = -128; }
  callbackRate :group { mantissa @29 :Int64; exponent @30 :Int8 = -128; }
  trailingDeviation :group { mantissa @31 :Int64; exponent @32 :Int8 = -128; }
  trailingUnit @33 :Text;
  limitPriceOffset :group { mantissa @34 :Int64; exponent @35 :Int8 = -128; }
  limitPriceOffsetUnit @36 :Text;
  selfTradePrevention @37 :Text;
  priceMatch @38 :Text;
  bidsNotional :group { mantissa @39 :Int64; exponent @40 :Int8 = -128; }
  asksNotional :group { mantissa @41 :Int64; exponent @42 :Int8 = -128; }
  goodTillAt @43 :Int64;
  createdAt @44 :Int64;
  updatedAt @45 :Int64;
  algoId @46 :Text;
  algoType @47 :Text;
  receivedAt @48 :Int64;  # in a State: of the event that said so last
}

struct OpenOrders {
  snapshot @0 :Bool;
  serverAt @1 :Int64;
  user @2 :Text;
  items @3 :List(Order);
}

struct Balances {
  snapshot @0 :Bool;
  serverAt @1 :Int64;
  user @2 :Text;
  timestampAt @3 :Int64;
  holding @4 :List(AssetAmount);
  wallets @5 :List(Wallet);  # one collateral each
  multiCollateral @6 :MultiCollateral;
  assets @7 :List(AssetBalance);
  marginAccounts @8 :List(Wallet);  # the legacy list of margin accounts
  cashValue :group { mantissa @9 :Int64; exponent @10 :Int8 = -128; }
  unrealizedPnlCashValue :group { mantissa @11 :Int64; exponent @12 :Int8 = -128; }
}

struct AssetAmount {
  asset @0 :Text;
  amount :group { mantissa @1 :Int64; exponent @2 :Int8 = -128; }
  receivedAt @3 :Int64;  # in a State: of the event that said so last
}

struct Wallet {
  name @0 :Text;
  type @1 :Text;
  pair @2 :Text;
  unit @3 :Text;
  balance :group { mantissa @4 :Int64; exponent @5 :Int8 = -128; }
  portfolioValue :group { mantissa @6 :Int64; exponent @7 :Int8 = -128; }
  available :group { mantissa @8 :Int64; exponent @9 :Int8 = -128; }
  initialMargin :group { mantissa @10 :Int64; exponent @11 :Int8 = -128; }
  maintenanceMargin :group { mantissa @12 :Int64; exponent @13 :Int8 = -128; }
  liquidationThreshold :group { mantissa @14 :Int64; exponent @15 :Int8 = -128; }
  terminationThreshold :group { mantissa @16 :Int64; exponent @17 :Int8 = -128; }
  unrealizedFunding :group { mantissa @18 :Int64; exponent @19 :Int8 = -128; }
  pnl :group { mantissa @20 :Int64; exponent @21 :Int8 = -128; }
  cashValue :group { mantissa @22 :Int64; exponent @23 :Int8 = -128; }
  usdValue :group { mantissa @24 :Int64; exponent @25 :Int8 = -128; }
  balances @26 :List(AssetAmount);
  triggerInitialMargin :group { mantissa @27 :Int64; exponent @28 :Int8 = -128; }
  triggerMaintenanceMargin :group { mantissa @29 :Int64; exponent @30 :Int8 = -128; }
  triggerLiquidation :group { mantissa @31 :Int64; exponent @32 :Int8 = -128; }
  triggerTermination :group { mantissa @33 :Int64; exponent @34 :Int8 = -128; }
  receivedAt @35 :Int64;  # in a State: of the event that said so last
}

struct MultiCollateral {
  currencies @0 :List(CollateralCurrency);
  isolated @1 :List(MarginFigures);
  isolatedGiven @2 :Bool;  # the member was there, so an empty list means none
  cross @3 :MarginFigures;
  balanceValue :group { mantissa @4 :Int64; exponent @5 :Int8 = -128; }
  portfolioValue :group { mantissa @6 :Int64; exponent @7 :Int8 = -128; }
  collateralValue :group { mantissa @8 :Int64; exponent @9 :Int8 = -128; }
  initialMargin :group { mantissa @10 :Int64; exponent @11 :Int8 = -128; }  # of positions alone
  initialMarginWithOrders :group { mantissa @12 :Int64; exponent @13 :Int8 = -128; }  # whatever the venue calls it (venues name them crosswise)
  maintenanceMargin :group { mantissa @14 :Int64; exponent @15 :Int8 = -128; }
  pnl :group { mantissa @16 :Int64; exponent @17 :Int8 = -128; }
  unrealizedFunding :group { mantissa @18 :Int64; exponent @19 :Int8 = -128; }
  totalUnrealized :group { mantissa @20 :Int64; exponent @21 :Int8 = -128; }
  totalUnrealizedAsMargin :group { mantissa @22 :Int64; exponent @23 :Int8 = -128; }
  marginEquity :group { mantissa @24 :Int64; exponent @25 :Int8 = -128; }
  availableMargin :group { mantissa @26 :Int64; exponent @27 :Int8 = -128; }
  totalPositionSize :group { mantissa @28 :Int64; exponent @29 :Int8 = -128; }
  unifiedBalances @30 :Tri;
  receivedAt @31 :Int64;  # in a State: of the event that said so last
}

struct CollateralCurrency {
  asset @0 :Text;
  quantity :group { mantissa @1 :Int64; exponent @2 :Int8 = -128; }
  value :group { mantissa @3 :Int64; exponent @4 :Int8 = -128; }
  collateralValue :group { mantissa @5 :Int64; exponent @6 :Int8 = -128; }
  available :group { mantissa @7 :Int64; exponent @8 :Int8 = -128; }
  haircut :group { mantissa @9 :Int64; exponent @10 :Int8 = -128; }
  conversionSpread :group { mantissa @11 :Int64; exponent @12 :Int8 = -128; }
}

struct MarginFigures {
  symbol @0 :Text;
  initialMargin :group { mantissa @1 :Int64; exponent @2 :Int8 = -128; }
  initialMarginWithOrders :group { mantissa @3 :Int64; exponent @4 :Int8 = -128; }
  maintenanceMargin :group { mantissa @5 :Int64; exponent @6 :Int8 = -128; }
  pnl :group { mantissa @7 :Int64; exponent @8 :Int8 = -128; }
  unrealizedFunding :group { mantissa @9 :Int64; exponent @10 :Int8 = -128; }
  totalUnrealized :group { mantissa @11 :Int64; exponent @12 :Int8 = -128; }
  totalUnrealizedAsMargin :group { mantissa @13 :Int64; exponent @14 :Int8 = -128; }
  balanceValue :group { mantissa @15 :Int64; exponent @16 :Int8 = -128; }
  portfolioValue :group { mantissa @17 :Int64; exponent @18 :Int8 = -128; }
  collateralValue :group { mantissa @19 :Int64; exponent @20 :Int8 = -128; }
  marginEquity :group { mantissa @21 :Int64; exponent @22 :Int8 = -128; }
  availableMargin :group { mantissa @23 :Int64; exponent @24 :Int8 = -128; }
  effectiveLeverage :group { mantissa @25 :Int64; exponent @26 :Int8 = -128; }
  totalPositionSize :group { mantissa @27 :Int64; exponent @28 :Int8 = -128; }
}

struct MarginCall {
  crossWalletBalance :group { mantissa @0 :Int64; exponent @1 :Int8 = -128; }
  positions @2 :List(Position);
}

struct AccountConfig {
  symbol @0 :Text;
  leverage :group { mantissa @1 :Int64; exponent @2 :Int8 = -128; }
  multiAssets @3 :Tri;
  hedgeMode @4 :Tri;
  maxLeverage :group { mantissa @5 :Int64; exponent @6 :Int8 = -128; }
  pnlCurrency @7 :Text;
  serverAt @8 :Int64;
  preferences @9 :List(Preference);  # an answer that lists several symbols
  receivedAt @10 :Int64;  # in a State: of the event that said so last
}

struct Preference {
  symbol @0 :Text;
  maxLeverage :group { mantissa @1 :Int64; exponent @2 :Int8 = -128; }
  pnlCurrency @3 :Text;
}

struct AccountLog {
  snapshot @0 :Bool;
  user @1 :Text;
  items @2 :List(AccountLogEntry);
}

struct AccountLogEntry {
  id @0 :Text;
  loggedAt @1 :Int64;
  asset @2 :Text;
  contract @3 :Text;
  info @4 :Text;
  bookingUid @5 :Text;
  marginAccount @6 :Text;
  oldBalance :group { mantissa @7 :Int64; exponent @8 :Int8 = -128; }
  newBalance :group { mantissa @9 :Int64; exponent @10 :Int8 = -128; }
  oldAverageEntryPrice :group { mantissa @11 :Int64; exponent @12 :Int8 = -128; }
  newAverageEntryPrice :group { mantissa @13 :Int64; exponent @14 :Int8 = -128; }
  tradePrice :group { mantissa @15 :Int64; exponent @16 :Int8 = -128; }
  markPrice :group { mantissa @17 :Int64; exponent @18 :Int8 = -128; }
  realizedPnl :group { mantissa @19 :Int64; exponent @20 :Int8 = -128; }
  fee :group { mantissa @21 :Int64; exponent @22 :Int8 = -128; }
  execution @23 :Text;
  collateral @24 :Text;
  fundingRate :group { mantissa @25 :Int64; exponent @26 :Int8 = -128; }
  realizedFunding :group { mantissa @27 :Int64; exponent @28 :Int8 = -128; }
  conversionSpread :group { mantissa @29 :Int64; exponent @30 :Int8 = -128; }
  liquidationFee :group { mantissa @31 :Int64; exponent @32 :Int8 = -128; }
}

struct FundFlows {
  snapshot @0 :Bool;
  serverAt @1 :Int64;
  user @2 :Text;
  items @3 :List(FundFlow);
}

struct FundFlow {
  id @0 :Text;
  type @1 :Text;
  asset @2 :Text;
  symbol @3 :Text;
  amount :group { mantissa @4 :Int64; exponent @5 :Int8 = -128; }
  status @6 :Text;
  info @7 :Text;
  tradeId @8 :Text;
  flowAt @9 :Int64;
}

struct Level {
  price :group { mantissa @0 :Int64; exponent @1 :Int8 = -128; }
  quantity :group { mantissa @2 :Int64; exponent @3 :Int8 = -128; }  # absolute size of the level; 0 removes it
}

# Levels as tape files hold them where all prices have one exponent and all quantities have one,
# instead of the list (README.md, "Packed levels"). What leaves a tape has the list; checkpoints stay as they are.
struct PackedLevels {
  priceExponent @0 :Int8;
  quantityExponent @1 :Int8;
  count @2 :UInt32;
  levels @3 :Data;
}

struct BookSnapshot {
  bids @0 :List(Level);  # best first
  asks @1 :List(Level);
  updateId @2 :UInt64;  # the venue's own number of this picture
  firstUpdateId @3 :UInt64;
  previousUpdateId @4 :UInt64;
  partial @5 :Bool;  # the best levels only
  tickSize :group { mantissa @6 :Int64; exponent @7 :Int8 = -128; }
  eventAt @8 :Int64;
  serverAt @9 :Int64;
  bidsPacked @10 :PackedLevels;
  asksPacked @11 :PackedLevels;
}

struct BookDelta {
  bids @0 :List(Level);
  asks @1 :List(Level);
  updateId @2 :UInt64;
  firstUpdateId @3 :UInt64;
  previousUpdateId @4 :UInt64;
  eventAt @5 :Int64;  # when the venue made the message, where exchangeAt is the matching time
  side @6 :Side;  # a delta of one level: its side; bids and asks are null then
  price :group { mantissa @7 :Int64; exponent @8 :Int8 = -128; }
  quantity :group { mantissa @9 :Int64; exponent @10 :Int8 = -128; }
  bidsPacked @11 :PackedLevels;
  asksPacked @12 :PackedLevels;
}

struct BestQuote {
  bid :group { mantissa @0 :Int64; exponent @1 :Int8 = -128; }
  bidQuantity :group { mantissa @2 :Int64; exponent @3 :Int8 = -128; }
  ask :group { mantissa @4 :Int64; exponent @5 :Int8 = -128; }
  askQuantity :group { mantissa @6 :Int64; exponent @7 :Int8 = -128; }
  updateId @8 :UInt64;
  eventAt @9 :Int64;
}

struct Trade {
  tradeId @0 :Text;  # an identity that is not a number
  number @1 :UInt64;  # an identity that is one
  firstNumber @2 :UInt64;  # an aggregate's first and last trade
  lastNumber @3 :UInt64;
  sequence @4 :UInt64;
  side @5 :Side;  # of the taker
  price :group { mantissa @6 :Int64; exponent @7 :Int8 = -128; }
  quantity :group { mantissa @8 :Int64; exponent @9 :Int8 = -128; }
  normalQuantity :group { mantissa @10 :Int64; exponent @11 :Int8 = -128; }
  type @12 :Text;
  tradedAt @13 :Int64;
  symbol @14 :Text;  # inside a list that repeats it
}

struct TradeSnapshot {
  serverAt @0 :Int64;
  items @1 :List(Trade);
}

struct Ticker {
  symbol @0 :Text;
  pair @1 :Text;
  tag @2 :Text;
  bid :group { mantissa @3 :Int64; exponent @4 :Int8 = -128; }
  bidQuantity :group { mantissa @5 :Int64; exponent @6 :Int8 = -128; }
  ask :group { mantissa @7 :Int64; exponent @8 :Int8 = -128; }
  askQuantity :group { mantissa @9 :Int64; exponent @10 :Int8 = -128; }
  last :group { mantissa @11 :Int64; exponent @12 :Int8 = -128; }
  lastQuantity :group { mantissa @13 :Int64; exponent @14 :Int8 = -128; }
  markPrice :group { mantissa @15 :Int64; exponent @16 :Int8 = -128; }
  indexPrice :group { mantissa @17 :Int64; exponent @18 :Int8 = -128; }
  open :group { mantissa @19 :Int64; exponent @20 :Int8 = -128; }
  high :group { mantissa @21 :Int64; exponent @22 :Int8 = -128; }
  low :group { mantissa @23 :Int64; exponent @24 :Int8 = -128; }
  change :group { mantissa @25 :Int64; exponent @26 :Int8 = -128; }
  changePercent :group { mantissa @27 :Int64; exponent @28 :Int8 = -128; }
  weightedAverage :group { mantissa @29 :Int64; exponent @30 :Int8 = -128; }
  volume :group { mantissa @31 :Int64; exponent @32 :Int8 = -128; }
  quoteVolume :group { mantissa @33 :Int64; exponent @34 :Int8 = -128; }
  openInterest :group { mantissa @35 :Int64; exponent @36 :Int8 = -128; }
  premium :group { mantissa @37 :Int64; exponent @38 :Int8 = -128; }
  fundingRate :group { mantissa @39 :Int64; exponent @40 :Int8 = -128; }
  fundingRatePrediction :group { mantissa @41 :Int64; exponent @42 :Int8 = -128; }
  relativeFundingRate :group { mantissa @43 :Int64; exponent @44 :Int8 = -128; }
  relativeFundingRatePrediction :group { mantissa @45 :Int64; exponent @46 :Int8 = -128; }
  nextFundingAt @47 :Int64;
  leverage @48 :Text;
  daysToMaturity @49 :Int64;
  maturityAt @50 :Int64;
  suspended @51 :Tri;
  postOnly @52 :Tri;
  lastAt @53 :Int64;
  openAt @54 :Int64;
  closeAt @55 :Int64;
  firstTrade @56 :UInt64;
  lastTrade @57 :UInt64;
  trades @58 :UInt64;
}

struct Tickers {
  serverAt @0 :Int64;
  items @1 :List(Ticker);
}

struct MarkPrice {
  symbol @0 :Text;  # inside a list
  price :group { mantissa @1 :Int64; exponent @2 :Int8 = -128; }
  averagePrice :group { mantissa @3 :Int64; exponent @4 :Int8 = -128; }
  indexPrice :group { mantissa @5 :Int64; exponent @6 :Int8 = -128; }
  settlePrice :group { mantissa @7 :Int64; exponent @8 :Int8 = -128; }
  fundingRate :group { mantissa @9 :Int64; exponent @10 :Int8 = -128; }
  nextFundingAt @11 :Int64;
  eventAt @12 :Int64;
}

struct MarkPrices {
  items @0 :List(MarkPrice);
}

struct Liquidation {
  order @0 :Order;
  lastFillQuantity :group { mantissa @1 :Int64; exponent @2 :Int8 = -128; }
  eventAt @3 :Int64;
}

struct Kline {
  symbol @0 :Text;
  interval @1 :Text;
  openAt @2 :Int64;
  closeAt @3 :Int64;
  open :group { mantissa @4 :Int64; exponent @5 :Int8 = -128; }
  high :group { mantissa @6 :Int64; exponent @7 :Int8 = -128; }
  low :group { mantissa @8 :Int64; exponent @9 :Int8 = -128; }
  close :group { mantissa @10 :Int64; exponent @11 :Int8 = -128; }
  volume :group { mantissa @12 :Int64; exponent @13 :Int8 = -128; }
  quoteVolume :group { mantissa @14 :Int64; exponent @15 :Int8 = -128; }
  takerVolume :group { mantissa @16 :Int64; exponent @17 :Int8 = -128; }
  takerQuoteVolume :group { mantissa @18 :Int64; exponent @19 :Int8 = -128; }
  firstTrade @20 :UInt64;
  lastTrade @21 :UInt64;
  trades @22 :UInt64;
  closed @23 :Bool;
  contractType @24 :Text;
}

struct IndexPrices {
  items @0 :List(IndexPrice);
}

struct IndexPrice {
  symbol @0 :Text;
  price :group { mantissa @1 :Int64; exponent @2 :Int8 = -128; }
  bidBuffer :group { mantissa @3 :Int64; exponent @4 :Int8 = -128; }
  askBuffer :group { mantissa @5 :Int64; exponent @6 :Int8 = -128; }
  bidRate :group { mantissa @7 :Int64; exponent @8 :Int8 = -128; }
  askRate :group { mantissa @9 :Int64; exponent @10 :Int8 = -128; }
  autoExchangeBidBuffer :group { mantissa @11 :Int64; exponent @12 :Int8 = -128; }
  autoExchangeAskBuffer :group { mantissa @13 :Int64; exponent @14 :Int8 = -128; }
  autoExchangeBidRate :group { mantissa @15 :Int64; exponent @16 :Int8 = -128; }
  autoExchangeAskRate :group { mantissa @17 :Int64; exponent @18 :Int8 = -128; }
  eventAt @19 :Int64;
}

struct Heartbeat {
  serverAt @0 :Int64;
}

struct VenueStatus {
  serverAt @0 :Int64;
  indicator @1 :Text;  # of a status page
  description @2 :Text;
  instruments @3 :List(InstrumentStatus);
  incidents @4 :List(Incident);
  components @5 :List(StatusComponent);
  maintenances @6 :List(Incident);  # planned ones
}

struct InstrumentStatus {
  symbol @0 :Text;
  dislocated @1 :Tri;
  dislocationDirection @2 :Text;
  extremeVolatility @3 :Tri;
  initialMarginMultiplier :group { mantissa @4 :Int64; exponent @5 :Int8 = -128; }
}

struct StatusComponent {
  id @0 :Text;
  name @1 :Text;
  status @2 :Text;
  updatedAt @3 :Int64;
}

struct Incident {
  id @0 :Text;
  name @1 :Text;
  status @2 :Text;
  impact @3 :Text;
  startedAt @4 :Int64;
  updatedAt @5 :Int64;
  resolvedAt @6 :Int64;
  scheduledFromAt @7 :Int64;
  scheduledToAt @8 :Int64;
  components @9 :List(StatusComponent);
  updates @10 :List(IncidentUpdate);
}

struct IncidentUpdate {
  id @0 :Text;
  status @1 :Text;
  note @2 :Text;
  displayedAt @3 :Int64;
}

struct Instruments {
  serverAt @0 :Int64;
  items @1 :List(Instrument);
}

struct Instrument {
  symbol @0 :Text;
  type @1 :Text;
  pair @2 :Text;
  base @3 :Text;
  quote @4 :Text;
  marginAsset @5 :Text;
  underlying @6 :Text;
  status @7 :Text;
  tickSize :group { mantissa @8 :Int64; exponent @9 :Int8 = -128; }
  contractSize :group { mantissa @10 :Int64; exponent @11 :Int8 = -128; }
  tradeable @12 :Tri;
  postOnly @13 :Tri;
  maxPosition :group { mantissa @14 :Int64; exponent @15 :Int8 = -128; }
  openingAt @16 :Int64;
  lastTradingAt @17 :Int64;
  pricePrecision @18 :Int32 = -1;
  quantityPrecision @19 :Int32 = -1;
}

struct DeadMansSwitch {
  currentAt @0 :Int64;
  triggerAt @1 :Int64;  # 0 = disarmed
  disarmed @2 :Bool;
  timeout @3 :Int64;  # ns
  symbol @4 :Text;
  serverAt @5 :Int64;
}

struct OrderAnswer {
  status @0 :Text;
  orderId @1 :Text;
  clientOrderId @2 :Text;
  answeredAt @3 :Int64;
  serverAt @4 :Int64;
  orders @5 :List(OrderStep);
}

struct OrderStep {
  type @0 :Text;
  reason @1 :Text;
  order @2 :Order;
  previous @3 :Order;
}

struct Subscription {
  event @0 :Text;  # subscribe, subscribed, unsubscribed, info, pong, challenge, alert, ...
  feed @1 :Text;
  symbols @2 :List(Text);
  streams @3 :List(Text);
  requestId @4 :Text;
  version @5 :Int64;
  message @6 :Text;
  result @7 :Text;
}

struct Request {           # sent by REST without a JSON body: method and target say all; a form's
                           # fields are in the frame
}

struct StreamExpired {
  eventAt @0 :Int64;
}

struct VenueError {
  code @0 :Text;
  message @1 :Text;
  errors @2 :List(ErrorItem);
  requestId @3 :Text;
  serverAt @4 :Int64;
}

struct ErrorItem {
  code @0 :Text;
  message @1 :Text;
}

struct Session {
  recorder @0 :Text;  # program and version
  host @1 :Text;
  bootId @2 :Text;
  processId @3 :UInt32;
  startedAt @4 :Int64;
  monotonicClock @5 :Bool;  # false: times come from a foreign capture
  clockSynchronised @6 :Tri;
  flushInterval @7 :Int64;  # ns; 0 = whenever drained
  syncInterval @8 :Int64;  # ns; 0 = every event, -1 = off
  derived @9 :Bool;  # cut, merged or recovered from other tapes
  previousLink @10 :Data;  # last chain link of the file before, when rotated
  configuration @11 :List(Setting);
  sources @12 :List(Text);
}

struct Setting {
  name @0 :Text;
  value @1 :Text;
}

struct Concerned {         # a feed that a recorder event speaks of
  venue @0 :Text;
  channel @1 :Text;
  symbol @2 :Text;
}

struct ConnectionOpened {
  url @0 :Text;
  attempt @1 :UInt32;
  concerns @2 :List(Concerned);
  downFor @3 :Int64;  # ns since the connection before was lost; 0 = the first
}

struct ConnectionLost {
  url @0 :Text;
  cause @1 :Text;
  closeCode @2 :UInt16;
  lastFrameAt @3 :Int64;
  concerns @4 :List(Concerned);
  stoodFor @5 :Int64;  # ns from its opening to its loss
  closeReason @6 :Text;  # of the peer's close frame
}

struct ReconnectAttempt {
  url @0 :Text;
  attempt @1 :UInt32;
  delay @2 :Int64;
  outcome @3 :Text;
}

enum GapKind { missing @0; repeated @1; reset @2; }

struct Gap {
  kind @0 :GapKind;
  concerns @1 :Concerned;
  expected @2 :UInt64;
  got @3 :UInt64;
  missing @4 :UInt64;  # how many numbers; 0 where it cannot be counted
}

struct Resynchronised {
  concerns @0 :Concerned;
  sequence @1 :UInt64;
  after @2 :Int64;  # ns since the gap
}

struct RequestFailed {
  method @0 :Text;
  target @1 :Text;
  status @2 :UInt16;
  bytes @3 :UInt64;
  cause @4 :Text;
}

struct Stalled {
  concerns @0 :List(Concerned);
  sinceAt @1 :Int64;  # of the last event before the silence
  what @2 :Text;  # silent; only heartbeats: the connection lives, its feeds do not; moved: the silence is over
  silence @3 :Int64;  # ns without an event so far; of moved: the whole length
  limit @4 :Int64;  # ns of silence that the feed's history makes unusual
}

struct Clock {
  what @0 :Text;  # step, drift, synchronised, lost
  offsetBefore @1 :Int64;
  offsetAfter @2 :Int64;
}

struct Health {            # of the recorder, and one for each of its connections
  loopLag @0 :Int64;  # ns by which a timer fired late: the longest since the last of these events, as for queue and latencies
  queueDepth @1 :UInt64;
  roundTrip @2 :Int64;
  retransmits @3 :UInt32;
  flushLatency @4 :Int64;
  syncLatency @5 :Int64;
  diskFree @6 :UInt64;
  clockOffset @7 :Int64;  # ns that the kernel still has to correct, as NTP told it
  queueCapacity @8 :UInt64;
  rss @9 :UInt64;  # bytes of memory of the recorder
  clockMaxError @10 :Int64;  # ns by which the clock may be wrong, as the kernel estimates
  clockSynchronised @11 :Tri;
  link @12 :Text;  # roundTrip and retransmits are of this link, which event.connection numbers; empty: of the recorder
  reason @13 :Text;  # interval, or what changed: start, loop lag, queue, disk, clock
  version @14 :Text;  # program and version
}

struct Probe {
  target @0 :Text;
  ok @1 :Bool;
  latency @2 :Int64;
  cause @3 :Text;
}

struct Dropped {
  events @0 :UInt64;
  bytes @1 :UInt64;
  firstOrdinal @2 :UInt64;
  lastOrdinal @3 :UInt64;
  firstAt @4 :Int64;
  lastAt @5 :Int64;
  cause @6 :Text;
  concerns @7 :List(Concerned);
}

struct End {
  reason @0 :Text;  # finished, signal, rotated, limit, error, ...
  nextFile @1 :Text;
  events @2 :UInt64;  # in this file, this one included
}

# Events of a run follow one another. Their receivedAt is that of the state; at the head of a cut that of the event behind
# them, so that the cut spans no more time than its events do.
struct Checkpoint {
  state :union {
    begin @0 :Void;
    part @1 :State;
    end @2 :CheckpointEnd;
  }
  # The part holds one entry only, with what the lists of the entry before have not held yet: it was too large for one
  # event. Else a part goes on behind the entries of the parts before it.
  continues @3 :Bool;
}

struct CheckpointEnd {
  parts @0 :UInt64;
  sha256 @1 :Data;  # of the canonical form of the whole State
}

# What a consumer knows after some events. Lists are sorted by their keys, so that equal states are equal bytes.
struct State {
  stateAt @0 :Int64;  # receivedAt of the last event applied
  session @1 :UInt64;
  ordinal @2 :UInt64;
  books @3 :List(BookState);  # by venue, symbol
  accounts @4 :List(AccountState);  # by venue, account
  venues @5 :List(VenueState);  # by venue
  markets @6 :List(MarketState);  # by venue, symbol
}

enum Trust { unverifiable @0; verified @1; suspect @2; }

struct BookState {
  venue @0 :Text;
  symbol @1 :Text;
  bids @2 :List(Level);  # best first
  asks @3 :List(Level);
  sequence @4 :UInt64;
  exchangeAt @5 :Int64;
  receivedAt @6 :Int64;
  trust @7 :Trust;
  reason @8 :Text;  # why not verified
  complete @9 :Bool;  # rebuilt from a snapshot; else only the levels touched since the start
  updates @10 :UInt64;  # snapshots and deltas that were applied
  sinceAt @11 :Int64;  # since when trust is what it is, and the event that made it so
  sinceSession @12 :UInt64;
  sinceOrdinal @13 :UInt64;
  snapshotAt @14 :Int64;  # when the last snapshot that was applied was received
  gaps @15 :UInt64;  # breaks in the sequence
  dropped @16 :UInt64;  # repeated or late deltas that were not applied
  staleAt @17 :Int64;  # since when nothing comes any more, as far as is known; 0 = it comes
  resume @18 :BookResume;  # what a reader needs to go on from here; not in views
  # In checkpoints of tapes, instead of bids and asks: the same levels in their order, each run of one price and one quantity
  # exponent (schemas/README.md, "Packed levels").
  bidRuns @19 :List(PackedLevels);
  askRuns @20 :List(PackedLevels);
}

struct AccountState {
  venue @0 :Text;
  account @1 :Text;
  balances @2 :List(AssetBalance);
  positions @3 :List(Position);
  receivedAt @4 :Int64;
  trust @5 :Trust;
  reason @6 :Text;
  findings @7 :List(Finding);  # what contradicts the values since the last snapshot, by rule, subject
  complete @8 :Bool;  # a snapshot of the whole account was seen; else only what changed since the start
  sinceAt @9 :Int64;  # as in BookState
  sinceSession @10 :UInt64;
  sinceOrdinal @11 :UInt64;
  snapshotAt @12 :Int64;
  updates @13 :UInt64;
  hedgeMode @14 :Tri;
  multiAssets @15 :Tri;
  parts @16 :List(PartState);  # by part; trust and reason above are those of the worst
  orders @17 :List(Order);  # open ones, by id
  closedOrders @18 :List(ClosedOrder);  # the last ones, in the order of their end
  fills @19 :List(FillState);  # the last ones, in the order they were first seen
  fillCounts @20 :FillCounts;
  holding @21 :List(AssetAmount);  # by asset
  wallets @22 :List(Wallet);  # by name
  marginAccounts @23 :List(Wallet);  # by name
  multiCollateral @24 :MultiCollateral;
  cashValue :group { mantissa @25 :Int64; exponent @26 :Int8 = -128; }
  unrealizedPnlCashValue :group { mantissa @27 :Int64; exponent @28 :Int8 = -128; }
  totals @29 :AccountUpdate;  # its figures alone
  config @30 :List(AccountConfig);  # by symbol
  marginCalls @31 :List(MarginCallState);  # the last ones; advice of the venue, no state
  flows @32 :List(FlowState);  # the last deposits, withdrawals and transfers
  chains @33 :List(LogChain);  # of the account log, by margin account, asset
  late @34 :UInt64;  # entries older than the ones held, not taken
  partialLists @35 :Bool;  # the lists of open positions turned out not to name all
  resume @36 :AccountResume;  # what a reader needs to go on from here; not in views
}

# What is known of a venue as a whole.
struct VenueState {
  venue @0 :Text;
  receivedAt @1 :Int64;  # of its last event
  connectionsLost @2 :UInt64;
  lostAt @3 :Int64;  # of the last loss
  lostCause @4 :Text;
  gaps @5 :UInt64;  # recorded ones
  notifications @6 :UInt64;  # received, repeated ones included
  notifiedAt @7 :Int64;  # when the last one was received
  notification @8 :Notification;  # the last one
  outage @9 :OutageState;
  notices @10 :List(NotificationState);  # the last ones, in the order they were first seen
  connections @11 :List(ConnectionState);  # the last ones, in the order they were opened
  feeds @12 :List(FeedState);  # by channel
}

struct Finding {
  rule @0 :Text;
  subject @1 :Text;
  expected :group { mantissa @2 :Int64; exponent @3 :Int8 = -128; }
  found :group { mantissa @4 :Int64; exponent @5 :Int8 = -128; }
  difference :group { mantissa @6 :Int64; exponent @7 :Int8 = -128; }
  receivedAt @8 :Int64;
  session @9 :UInt64;
  ordinal @10 :UInt64;
  expectedText @11 :Text;  # where what is compared is no number
  foundText @12 :Text;
  fromAt @13 :Int64;  # what is missing happened after this and before receivedAt
}


struct BookResume {
  numbered @0 :Bool;
  bridging @1 :Bool;
  chained @2 :Bool;
  lossOnly @3 :Bool;
  snapshotNumber @4 :UInt64;
  droppedRunning @5 :UInt64;
  unknownRemovals @6 :UInt64;
  crossedRunning @7 :UInt64;
  crossed @8 :Finding;
  session @9 :UInt64;
  connection @10 :UInt32;
  snapshotChannel @11 :Text;
  deltaChannel @12 :Text;
  kept @13 :Data;  # deltas that a snapshot to come may need (schemas/README.md, "Kept deltas")
  keptBase @14 :UInt64;  # their update ids count from here
}

# One kind of knowledge about an account, with a feed and a trust of its own.
struct PartState {
  part @0 :Text;  # balances, positions, orders, fills, log
  trust @1 :Trust;
  reason @2 :Text;
  sinceAt @3 :Int64;
  sinceSession @4 :UInt64;
  sinceOrdinal @5 :UInt64;
  staleAt @6 :Int64;  # since when nothing comes any more; 0 = it comes
  snapshotAt @7 :Int64;
  complete @8 :Bool;
  receivedAt @9 :Int64;
  updates @10 :UInt64;
  channel @11 :Text;  # of the stream
  session @12 :UInt64;
  connection @13 :UInt32;
  streamAt @14 :Int64;  # since when the stream is on
}

struct ClosedOrder {
  order @0 :Order;
  filled @1 :Bool;  # executed completely; else cancelled, rejected, expired, or gone unseen
  reason @2 :Text;
  closedAt @3 :Int64;  # receivedAt of the event that ended it
  session @4 :UInt64;
  ordinal @5 :UInt64;
}

struct FillState {
  number @0 :UInt64;  # counts the fills of the account in the order they were first seen
  fill @1 :Fill;
  receivedAt @2 :Int64;  # first seen
  session @3 :UInt64;
  ordinal @4 :UInt64;
  orderStream @5 :UInt32;  # how often it came with an order of the stream
  fillStream @6 :UInt32;  # in a message of the stream about fills
  pictures @7 :UInt32;  # in snapshots of the stream
  answers @8 :UInt32;  # in REST answers
  connection @9 :UInt32;  # of the stream's message
  missed @10 :Bool;  # the stream was on and did not bring it
  placed @11 :Bool;  # counted into its position
  doubled @12 :Bool;  # came twice by one way of the stream
  disordered @13 :Bool;  # came on the stream behind a later one
}

# Exact over the whole time; the lists hold the last ones only.
struct FillCounts {
  seen @0 :UInt64;  # different fills
  confirmed @1 :UInt64;  # came by two ways and agree
  doubled @2 :UInt64;  # came twice by one way
  mismatched @3 :UInt64;  # came by two ways that contradict
  missed @4 :UInt64;  # the stream was on and did not bring it
  disordered @5 :UInt64;  # came on the stream behind a later one
  missing @6 :UInt64;  # numbers of the venue that nobody showed
  types @7 :List(NamedCount);  # by fill type
  unknownRemovals @8 :UInt64;  # removals of orders that were not known
}

struct NamedCount {
  name @0 :Text;
  count @1 :UInt64;
}

struct MarginCallState {
  call @0 :MarginCall;
  exchangeAt @1 :Int64;
  receivedAt @2 :Int64;
  session @3 :UInt64;
  ordinal @4 :UInt64;
}

struct FlowState {
  source @0 :Text;  # accountLog, accountUpdate, fundFlow
  flow @1 :FundFlow;
  receivedAt @2 :Int64;
  session @3 :UInt64;
  ordinal @4 :UInt64;
}

struct LogChain {
  marginAccount @0 :Text;
  asset @1 :Text;
  id @2 :UInt64;  # of the newest entry
  balance :group { mantissa @3 :Int64; exponent @4 :Int8 = -128; }  # after it
  entries @5 :UInt64;
  receivedAt @6 :Int64;
}

struct AccountResume {
  sums @0 :List(RunningSum);  # by kind, key
  marginAssets @1 :List(Text);  # whose margin identity held once
  forgottenAt @2 :Int64;  # no fill up to this time is new
  lastFillAt @3 :Int64;  # on the stream
  fillNumbers @4 :List(NamedCount);  # the venue's last number, by symbol
}

# What fills add up to, held against what the venue states.
struct RunningSum {
  kind @0 :Text;  # order, position
  key @1 :Text;
  side @2 :Text;
  base :group { mantissa @3 :Int64; exponent @4 :Int8 = -128; }  # stated when it was last right
  sum :group { mantissa @5 :Int64; exponent @6 :Int8 = -128; }  # of the fills since
  stated :group { mantissa @7 :Int64; exponent @8 :Int8 = -128; }  # last
  baseAt @9 :Int64;  # venue time of base
  statedAt @10 :Int64;  # venue time of stated
  fromAt @11 :Int64;  # receivedAt of base
  touchedAt @12 :Int64;
  session @13 :UInt64;
  ordinal @14 :UInt64;
  pending @15 :Bool;
}

struct MarketState {
  venue @0 :Text;
  symbol @1 :Text;
  receivedAt @2 :Int64;
  ticker @3 :Ticker;
  tickerAt @4 :Int64;  # when received, as all of these
  mark @5 :MarkPrice;
  markAt @6 :Int64;
  index @7 :IndexPrice;
  indexAt @8 :Int64;
  quote @9 :BestQuote;
  quoteAt @10 :Int64;
  trade @11 :Trade;
  tradeAt @12 :Int64;
}

enum OutageStatus { normal @0; announced @1; degraded @2; down @3; postOnly @4; resumed @5; }

struct Evidence {
  receivedAt @0 :Int64;
  session @1 :UInt64;
  ordinal @2 :UInt64;
}

struct OutageState {
  status @0 :OutageStatus;
  since @1 :Evidence;
  reason @2 :Text;
  localFault @3 :Evidence;  # a neutral place cannot be reached either; null = it can
  resumed @4 :Evidence;  # of the last end of post-only or of an outage: flag or note
  confirmed @5 :Evidence;  # and the first trade after it
  healthy @6 :Evidence;  # the first frame after the failures
  announcements @7 :List(Announcement);  # whose time has not gone by
  products @8 :List(ProductStatus);  # whose flags are known, by symbol
  channels @9 :List(ChannelHealth);  # by name
  flagsAfter @10 :Int64;  # flags that still say otherwise are believed from here on
}

struct Announcement {
  key @0 :Text;
  startAt @1 :Int64;
  endAt @2 :Int64;
  evidence @3 :Evidence;
}

struct ProductStatus {
  symbol @0 :Text;
  postOnly @1 :Tri;
  suspended @2 :Tri;
  since @3 :Evidence;
}

struct ChannelHealth {
  name @0 :Text;  # websocket, rest
  failures @1 :UInt64;  # since it last worked
  first @2 :Evidence;
  lastAt @3 :Int64;
}

struct NotificationState {
  notification @0 :Notification;
  receivedAt @1 :Int64;  # first seen
  session @2 :UInt64;
  ordinal @3 :UInt64;
  seen @4 :UInt64;
}

struct ConnectionState {
  session @0 :UInt64;
  connection @1 :UInt32;
  url @2 :Text;
  openedAt @3 :Int64;
  lostAt @4 :Int64;  # 0 = it stands
  cause @5 :Text;
  receivedAt @6 :Int64;  # of its last event
}

struct FeedState {
  channel @0 :Text;
  receivedAt @1 :Int64;
  events @2 :UInt64;
  session @3 :UInt64;
  connection @4 :UInt32;
  lostAt @5 :Int64;  # 0 = it comes
  stalledAt @6 :Int64;
  gaps @7 :UInt64;
  resynchronisedAt @8 :Int64;
}
