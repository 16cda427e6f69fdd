# Exchanges are shown what a served tape would show them.
target_link_libraries(test_venue PRIVATE zstd::libzstd_shared tape_serve)
