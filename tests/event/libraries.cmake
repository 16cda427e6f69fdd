# The JSON of the writer is read back by an independent parser.
target_link_libraries(test_event PRIVATE simdjson::simdjson fmt::fmt)
target_sources(test_event PRIVATE ${CMAKE_CURRENT_LIST_DIR}/sample_events.cpp)
