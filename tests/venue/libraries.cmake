target_link_libraries(test_venue PRIVATE zstd::libzstd_shared)
