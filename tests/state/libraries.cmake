# Whole books from captures through tape-record and tape-state, held against a rebuild in plain Python.
add_test(NAME "state: books and accounts of the captures agree with the oracle"
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/oracle_test.py
    ${PROJECT_BINARY_DIR}/bin ${PROJECT_SOURCE_DIR}/samples)
set_tests_properties("state: books and accounts of the captures agree with the oracle" PROPERTIES TIMEOUT 600)

# Frames become events by the venues' own decoders.
target_link_libraries(test_state PRIVATE tape_venue zstd::libzstd_shared)
