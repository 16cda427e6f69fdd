# Man pages and bash completion, made from each tool's --help so that they cannot drift from it.
find_program(HELP2MAN help2man)
if(NOT HELP2MAN)
  message(WARNING "help2man is missing: no man pages (TAPE_DOCS=OFF silences this)")
endif()

set(documents)
foreach(program ${programs})
  if(HELP2MAN)
    set(page ${PROJECT_BINARY_DIR}/man/${program}.1)
    add_custom_command(OUTPUT ${page} DEPENDS ${program} ${CMAKE_CURRENT_SOURCE_DIR}/manpage.sh VERBATIM
      COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/manpage.sh $<TARGET_FILE:${program}> ${page})
    install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    list(APPEND documents ${page})
  endif()
  set(completion ${PROJECT_BINARY_DIR}/completion/${program})
  add_custom_command(OUTPUT ${completion} DEPENDS ${program} ${CMAKE_CURRENT_SOURCE_DIR}/completion.sh VERBATIM
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/completion.sh $<TARGET_FILE:${program}> ${completion})
  install(FILES ${completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  list(APPEND documents ${completion})
endforeach()
add_custom_target(docs ALL DEPENDS ${documents})
