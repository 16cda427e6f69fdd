# What stands in the skippable frames of a tape: preamble, chunk note, summary. README.md draws the file byte by byte.
# Everything here but the preamble's promises can be rebuilt by a scan of the chunks.
@0xe0b6f4d92a7c1853;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tape::schema");

struct Preamble {
  recorder @0 :Text;          # program and version that wrote the file
  session @1 :UInt64;         # of the recording; 0 in a derived file of several sessions
  startedAt @2 :Int64;        # ns since 1970
  flushInterval @3 :Int64;    # ns; 0 = whenever drained
  syncInterval @4 :Int64;     # ns; 0 = every event, -1 = off
  derived @5 :Bool;           # cut, merged or recovered from other tapes; else recorded
  previousLink @6 :Data;      # last chain link of the file before it, when rotated; else empty
}

struct ChunkNote {
  events @0 :UInt32;
  flags @1 :UInt32;           # bit 0: a checkpoint stands first
  firstSession @2 :UInt64;    # of the first event; sessions may mix in derived files
  firstOrdinal @3 :UInt64;
  lastOrdinal @4 :UInt64;
  minReceivedAt @5 :Int64;
  maxReceivedAt @6 :Int64;
  plainSize @7 :UInt64;       # of the chunk, decompressed
  compressedSize @8 :UInt64;  # of the chunk's zstd frame
  previousNote @9 :UInt64;    # bytes from the start of this note back to the start of the note before; 0 = first
  rawDigest @10 :UInt64;      # XXH64 over (length as UInt64 little-endian, bytes) of every frame in the chunk, seed 0
  link @11 :Data;             # 32 bytes: SHA-256(link before, SHA-256(chunk), this note with 32 zero bytes as its link)
}

struct Summary {
  rows @0 :List(Row);         # one a chunk, in file order
  counts @1 :List(Count);     # sorted by venue, account, channel, symbol, kind
  events @2 :UInt64;
  rawBytes @3 :UInt64;        # of all frames
  plainBytes @4 :UInt64;      # of all chunks, decompressed
  compressedBytes @5 :UInt64; # of all chunks
  firstReceivedAt @6 :Int64;  # least and greatest, over all events
  lastReceivedAt @7 :Int64;
  firstOrdinal @8 :UInt64;
  lastOrdinal @9 :UInt64;
  session @10 :UInt64;        # of the first event
  sessions @11 :UInt32;       # how many there are
  lastLink @12 :Data;

  struct Row {
    offset @0 :UInt64;        # of the chunk's zstd frame, from the start of the preamble
    firstOrdinal @1 :UInt64;
    minReceivedAt @2 :Int64;
    maxReceivedAt @3 :Int64;
    flags @4 :UInt32;
    events @5 :UInt32;
    compressedSize @6 :UInt64;
  }

  struct Count {
    venue @0 :Text;
    account @1 :Text;
    channel @2 :Text;
    symbol @3 :Text;
    kind @4 :UInt16;          # the member of Event.body: its index there
    raw @5 :UInt16;           # the member of Event.raw: its index there
    events @6 :UInt64;
    rawBytes @7 :UInt64;
    firstReceivedAt @8 :Int64;
    lastReceivedAt @9 :Int64;
    missing @10 :UInt64;      # sequence numbers that gap events of this row count as missing
  }
}
