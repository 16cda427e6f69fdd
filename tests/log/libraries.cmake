# The tests hold tapes against zstd itself.
target_link_libraries(test_log PRIVATE zstd::libzstd_shared)
