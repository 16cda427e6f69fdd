#include <tape/base/error.h>
#include <tape/bus/intake.h>

#include <catch2/catch.hpp>
#include <support/folder.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.hpp>

#include <array>
#include <filesystem>
#include <string>

using namespace tape;

TEST_CASE("messages of several programs come one by one, their parts joined") {
  const Folder folder;
  bus::Intake intake("ipc://" + folder.path + "/desk", 1000);
  zmq::context_t context;
  zmq::socket_t one(context, zmq::socket_type::push);
  one.connect(intake.endpoint());
  one.send(zmq::str_buffer("{\"raw\":"), zmq::send_flags::sndmore);
  one.send(zmq::str_buffer("\"x\"}"), zmq::send_flags::none);
  one.send(zmq::str_buffer("second"), zmq::send_flags::none);
  CHECK(intake.next(10 * kSecond).value() == "{\"raw\":\"x\"}");
  CHECK(intake.next(10 * kSecond).value() == "second");
  CHECK_FALSE(intake.next(0));
}

TEST_CASE("the socket is for its owner alone and goes with the intake") {
  const Folder folder;
  const auto path = folder.path + "/desk";
  {
    const bus::Intake intake("ipc://" + path, 1000);
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    CHECK_THROWS_AS(bus::Intake("ipc://" + path, 1000), Error);
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a message that is too large is refused, others come in") {
  bus::Intake intake("tcp://127.0.0.1:*", 100);
  zmq::context_t context;
  zmq::socket_t large(context, zmq::socket_type::push);
  large.connect(intake.endpoint());
  large.set(zmq::sockopt::linger, 0);
  large.send(zmq::message_t(std::string(200, 'x')), zmq::send_flags::none);
  CHECK_FALSE(intake.next(200 * kMillisecond));
  zmq::socket_t small(context, zmq::socket_type::push);
  small.connect(intake.endpoint());
  small.send(zmq::str_buffer("fits"), zmq::send_flags::none);
  CHECK(intake.next(10 * kSecond).value() == "fits");
}

TEST_CASE("a bad endpoint is wrong usage") { CHECK_THROWS_AS(bus::Intake("nonsense", 100), Error); }
