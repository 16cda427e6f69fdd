# Raw sockets for what no Subscriber does; the sample consumers, which tests/e2e runs.
target_link_libraries(test_bus PRIVATE PkgConfig::ZMQ)
add_subdirectory(${PROJECT_SOURCE_DIR}/samples/consumers ${PROJECT_BINARY_DIR}/samples/consumers)
