# What an event allocates is counted, through tape-cat's work too.
target_link_libraries(test_flow PRIVATE tape_cli zstd::libzstd_shared)
target_sources(test_flow PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/support/allocations.cpp)
