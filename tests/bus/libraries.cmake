# Raw sockets for what no Subscriber does; the sample consumers and their test.
target_link_libraries(test_bus PRIVATE PkgConfig::ZMQ)
add_subdirectory(${PROJECT_SOURCE_DIR}/samples/consumers ${PROJECT_BINARY_DIR}/samples/consumers)

if(TARGET tape-replay AND TARGET tape-record)
  # Debian's Python: it has python3-zmq.
  add_test(NAME "bus: consumers" COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/bus/consumers_test.py
    ${PROJECT_BINARY_DIR}/bin ${PROJECT_SOURCE_DIR} $<TARGET_FILE:tape_consumer>)
  set_tests_properties("bus: consumers" PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)
endif()
