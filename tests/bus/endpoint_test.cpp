#include <tape/base/error.h>
#include <tape/bus/endpoint.h>

#include <catch2/catch.hpp>

#include <string>

namespace tape::bus {
namespace {

Fault fault_of(const std::string& endpoint, Attach attach) {
  try {
    check_endpoint(endpoint, attach);
  } catch (const Error& error) {
    return error.fault;
  }
  return Fault::internal;  // none
}

}  // namespace

TEST_CASE("endpoints on this machine are taken") {
  for (const std::string endpoint :
       {"tcp://127.0.0.1:5555", "tcp://127.9.8.7:1", "tcp://localhost:65535", "tcp://[::1]:5555",
        "ipc:///tmp/x", "ipc://relative.socket"}) {
    INFO(endpoint);
    CHECK_NOTHROW(check_endpoint(endpoint, Attach::bind));
    CHECK_NOTHROW(check_endpoint(endpoint, Attach::connect));
  }
  CHECK_NOTHROW(check_endpoint("tcp://127.0.0.1:*", Attach::bind));
  CHECK(fault_of("tcp://127.0.0.1:*", Attach::connect) == Fault::usage);
}

TEST_CASE("endpoints that reach further, or are none, are wrong usage") {
  for (const std::string endpoint :
       {"tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://10.0.0.1:5555", "tcp://eth0:5555",
        "tcp://127.0.0.1.evil.org:1", "tcp://127.0.0.256:1", "tcp://127.0.0:1", "tcp://127.0.0.1",
        "tcp://127.0.0.1:", "tcp://127.0.0.1:70000", "tcp://127.0.0.1:5x", "tcp://[::]:5555",
        "ipc://", "ipc://@abstract", "inproc://x", "udp://127.0.0.1:1", "", "127.0.0.1:5555",
        "pgm://127.0.0.1;239.1.1.1:1"}) {
    INFO(endpoint);
    CHECK(fault_of(endpoint, Attach::bind) == Fault::usage);
    CHECK(fault_of(endpoint, Attach::connect) == Fault::usage);
  }
}

}  // namespace tape::bus
