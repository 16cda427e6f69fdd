target_link_libraries(test_serve PRIVATE fmt::fmt)
