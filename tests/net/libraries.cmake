# Servers of the tests in Python and JavaScript (.ci/packages installs their packages).
target_compile_definitions(test_net PRIVATE TAPE_PYTHON="${Python3_EXECUTABLE}")
